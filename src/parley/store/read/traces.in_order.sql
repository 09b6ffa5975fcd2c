-- The traces of a session in order of start, and how many spans each has.
SELECT lower(hex(trace_id)), toUnixTimestamp64Nano(started_at), spans
FROM traces FINAL
WHERE project_id = {project_id:String} AND session_id = {session_id:String}
ORDER BY started_at, trace_id
