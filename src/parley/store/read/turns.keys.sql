-- Turns that some traces took part in when they were last derived.
SELECT session_id, turn_id
FROM turns FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)} AND hasAny(trace_ids, {trace_ids:Array(String)})
