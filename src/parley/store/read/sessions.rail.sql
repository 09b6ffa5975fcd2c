-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- What each turn of a session took and cost and whether it failed, in order of time.
SELECT turn_latencies_ms, turn_failed, turn_costs_usd
FROM sessions FINAL
WHERE project_id = {project_id:String} AND session_id = {session_id:String}
{{keys_first}}
