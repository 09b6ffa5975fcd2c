-- The sessions that were summed last, each with the version of its row.
SELECT session_id, max(version) AS latest
FROM sessions
WHERE project_id = {project_id:String} AND version > {after:UInt64}
GROUP BY session_id
ORDER BY latest DESC
LIMIT 1000
