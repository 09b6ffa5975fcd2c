-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Those of some sessions that are there, each with the tags that people gave it.
SELECT session_id, groupArrayIf(labels.name, labels.kind = 'tag')
FROM (
    SELECT session_id FROM sessions FINAL
    WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
) AS known
LEFT JOIN (
    SELECT session_id, kind, name FROM labels FINAL
    WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
) AS labels USING (session_id)
GROUP BY session_id
{{keys_first}}
