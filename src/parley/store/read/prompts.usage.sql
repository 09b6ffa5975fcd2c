-- Runs of each application since a time: how many turns, how many failed, what they cost together. A run
-- is known by its first span, which has the application in its name; its turn has what it came to.
-- live_spans_of_runs: a tombstone keeps scope, name and time of its span, so they may be asked before FINAL.
SELECT application, count(), countIf(failed), sum(cost_usd), countIf(cost_usd IS NULL)
FROM (
    SELECT DISTINCT runs.application AS application, t.session_id AS session_id, t.turn_id AS turn_id, t.failed AS failed, t.cost_usd AS cost_usd
    FROM {{live_spans_of_runs}} AS runs
    INNER JOIN (
        SELECT session_id, turn_id, failed, cost_usd, arrayJoin(trace_ids) AS trace_id
        FROM turns FINAL
        WHERE project_id = {project_id:String} AND session_id IN (SELECT session_id FROM {{live_spans_of_runs}})
    ) AS t ON runs.session_id = t.session_id AND runs.trace_id = t.trace_id
)
GROUP BY application
SETTINGS max_execution_time = 3
