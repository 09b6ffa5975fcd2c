-- What later traces need to know of a session's derived traces, in no order.
SELECT session_id, lower(hex(trace_id)), toUnixTimestamp64Nano(started_at), opens, question, tail
FROM traces FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
