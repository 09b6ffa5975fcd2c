-- The models that calls of a project used since a time, whose price they have, and the last turn with
-- each. One row for each (provider, model, answering model, source, reason).
SELECT
    used.1 AS provider, used.2 AS model, used.3 AS response_model, used.4 AS source, used.5 AS reason,
    sum(used.6) AS calls, sum(used.7) AS input_tokens, sum(used.8) AS output_tokens, sum(used.9) AS cached_tokens,
    sum(used.10) AS cache_write_tokens, sum(used.11) AS reasoning_tokens, sum(used.12) AS cost_usd,
    toUnixTimestamp64Nano(max(at)) AS last_ns, argMax(session, at) AS last_session
FROM (
    SELECT
        started_at AS at, session_id AS session,
        arrayJoin(arrayZip(usage_providers, usage_models, usage_response_models, usage_cost_sources, usage_cost_reasons,
            usage_calls, usage_input_tokens, usage_output_tokens, usage_cached_tokens, usage_cache_write_tokens,
            usage_reasoning_tokens, usage_costs_usd)) AS used
    FROM turns FINAL
    WHERE project_id = {project_id:String} AND started_at >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')
)
GROUP BY provider, model, response_model, source, reason
ORDER BY calls DESC
LIMIT {limit:UInt32}
