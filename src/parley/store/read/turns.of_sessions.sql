-- The turns of some sessions in order, and the traces of each in order.
SELECT session_id, turn_id, trace_ids
FROM turns FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
ORDER BY session_id, started_at, turn_id
{{keys_first}}
