-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Under which sessions the spans of some traces are stored now. A primary-key look-up: sessions and
-- times come from traces.resolve.
SELECT lower(hex(trace_id)), session_id, count()
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
GROUP BY trace_id, session_id
{{keys_first}}
