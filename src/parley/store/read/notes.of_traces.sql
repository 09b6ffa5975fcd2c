-- Traces of a project that could not be derived, the latest first.
SELECT lower(hex(trace_id)), toUnixTimestamp64Nano(noted_at), reason
FROM trace_notes FINAL
WHERE project_id = {project_id:String}
ORDER BY noted_at DESC
LIMIT {limit:UInt32}
