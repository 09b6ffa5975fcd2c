-- Touches the traces whose messages name an attachment that is not there: it is derived again from
-- their spans. Another process may have named one in the moment in which it was dropped.
INSERT INTO touched (project_id, trace_id, touched_at, done, again)
SELECT DISTINCT project_id, trace_id, {at:UInt64}, 0, 1
FROM (
    SELECT project_id, trace_id, toFixedString(unhex(arrayJoin(extractAll(parts, '"hash":"([0-9a-f]{64})"'))), 32) AS named
    FROM messages FINAL
    WHERE project_id = {project_id:String} AND parts != ''
)
WHERE named NOT IN (SELECT hash FROM attachments WHERE project_id = {project_id:String})
