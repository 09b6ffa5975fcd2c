-- The sessions of a project with the latest activity.
SELECT session_id, spans, toUnixTimestamp64Nano(last_activity_at)
FROM sessions FINAL
WHERE project_id = {project_id:String}
ORDER BY last_activity_at DESC
LIMIT {limit:UInt32}
