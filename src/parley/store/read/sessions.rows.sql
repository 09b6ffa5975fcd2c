-- keys_first: every condition is on the sorting key, which all versions of a row share.
SELECT card, scores, labels
FROM sessions FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
{{keys_first}}
