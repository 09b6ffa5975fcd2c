-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Usage of the turns that some traces took part in, and the traces of each.
SELECT trace_ids, input_tokens, output_tokens, cost_usd, cost_complete
FROM turns FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)} AND hasAny(trace_ids, {trace_ids:Array(String)})
