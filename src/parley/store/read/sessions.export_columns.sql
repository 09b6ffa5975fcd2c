-- The fields of a session in types of their own, in the order of the API.
SELECT
    session_id, {project_id:String} AS project, started_at, last_activity_at,
    (toUnixTimestamp64Nano(last_activity_at) - toUnixTimestamp64Nano(started_at)) / 1e6 AS duration_ms,
    turns, traces, spans, llm_calls, tool_calls, errors, span_errors, input_tokens, output_tokens, cached_tokens,
    cache_write_tokens, reasoning_tokens, input_tokens + output_tokens AS total_tokens, toBool(usage_complete) AS usage_complete,
    cost_usd, toBool(cost_complete) AS cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50,
    users, CAST(models, 'Array(String)') AS models, CAST(environments, 'Array(String)') AS environments, tags, metadata,
    toString(source_project) AS source_project, first_input, last_output, last_error, toString(session_source) AS session_source,
    scores,
    nullIf(title, '') AS title, toBool(bookmarked) AS bookmarked, own_tags
{{exported}} /*page*/
{{as_export}}
