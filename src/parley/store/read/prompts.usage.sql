-- Runs of each application since a time: how many turns, how many failed, what they cost together. A run
-- is known by its first span, which has the application in its name; its turn has what it came to. Only
-- sessions whose id came the way that a run tells it are looked at.
SELECT application, count(), countIf(failed), sum(cost_usd), countIf(cost_usd IS NULL)
FROM (
    SELECT DISTINCT runs.application AS application, t.session_id AS session_id, t.turn_id AS turn_id, t.failed AS failed, t.cost_usd AS cost_usd
    FROM (
        SELECT session_id, lower(hex(trace_id)) AS trace_id, substring(toString(name), length({prefix:String}) + 1) AS application
        FROM {{live_spans}}
        WHERE session_id IN (
                SELECT session_id FROM sessions FINAL
                WHERE project_id = {project_id:String} AND session_source = {source:String}
                    AND last_activity_at >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')
            )
            AND scope_name = {scope:String} AND startsWith(name, {prefix:String})
    ) AS runs
    INNER JOIN (
        SELECT session_id, turn_id, failed, cost_usd, arrayJoin(trace_ids) AS trace_id
        FROM turns FINAL
        WHERE project_id = {project_id:String} AND started_at >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')
    ) AS t ON runs.session_id = t.session_id AND runs.trace_id = t.trace_id
)
GROUP BY application
SETTINGS max_execution_time = 3
