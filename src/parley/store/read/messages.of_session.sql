SELECT
    turn_id, lower(hex(trace_id)), lower(hex(span_id)), toUnixTimestamp64Nano(time), ordinal, role, text, parts, model, folded
FROM messages FINAL
WHERE project_id = {project_id:String} AND session_id = {session_id:String}
ORDER BY turn_started_at, trace_id, ordinal
