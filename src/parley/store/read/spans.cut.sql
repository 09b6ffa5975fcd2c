-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- When the first span of a trace starts that is too many; no row when there are not so many.
SELECT toUnixTimestamp64Nano(start_time)
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
ORDER BY start_time
LIMIT 1 OFFSET {most:UInt32}
{{keys_first}}
