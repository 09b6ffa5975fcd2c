-- The newest row of some ids: what was said under each, or that it was removed.
SELECT
    id, session_id, turn_id, trace_id, span_id, name, kind, number, text, comment, source, author,
    toUnixTimestamp64Nano(created_at), is_deleted
FROM annotations
WHERE project_id = {project_id:String} AND id IN {ids:Array(String)}
ORDER BY version DESC
LIMIT 1 BY id
