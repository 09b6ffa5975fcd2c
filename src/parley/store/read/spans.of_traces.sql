-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Columns as in query/spans.py. Sessions and times come from traces.resolve.
SELECT {{span_columns}}
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
LIMIT {most:UInt32}
{{keys_first}}
