SELECT
    session_id, toUnixTimestamp64Nano(started_at), toUnixTimestamp64Nano(last_activity_at),
    turns, traces, spans, llm_calls, tool_calls, errors, span_errors,
    input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, usage_complete,
    cost_usd, cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50,
    users, models, environments, tags, metadata, source_project, session_source, first_input, last_output, last_error
FROM sessions FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
