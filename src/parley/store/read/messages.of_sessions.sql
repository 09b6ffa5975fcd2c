-- keys_first: every condition is on the sorting key, which all versions of a row share.
SELECT session_id, turn_id, lower(hex(trace_id)), ordinal, role, text, parts, folded
FROM messages FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
{{keys_first}}
