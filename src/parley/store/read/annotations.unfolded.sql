-- Sessions whose row may be older than what was said of them: said less than a minute before the row
-- was written, or after. A row that is summed once too often is the same.
SELECT session_id
FROM sessions FINAL
INNER JOIN (
    SELECT session_id, max(annotations.version) AS said
    FROM annotations
    WHERE project_id = {project_id:String}
    GROUP BY session_id
) AS annotated USING (session_id)
WHERE project_id = {project_id:String} AND said + 60000000000 > sessions.version
