-- Columns as in query/spans.py. Sessions and times come from traces.resolve.
SELECT {{span_columns}}
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
