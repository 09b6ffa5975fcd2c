-- keys_first: every condition is on the sorting key, which all versions of a row share.
SELECT
    turn_id, lower(hex(trace_id)), lower(hex(span_id)), toUnixTimestamp64Nano(time), ordinal, role, text, parts, model, folded
FROM messages FINAL
WHERE project_id = {project_id:String} AND session_id = {session_id:String}
    AND turn_started_at BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
ORDER BY turn_started_at, trace_id, ordinal
{{keys_first}}
