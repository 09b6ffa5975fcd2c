-- keys_first: every condition is on the sorting key, which all versions of a row share.
SELECT
    turn_id, toUnixTimestamp64Nano(started_at), toUnixTimestamp64Nano(ended_at), trace_ids, input, output,
    failed, error, models, spans, llm_calls, tool_calls, span_errors, input_tokens, output_tokens,
    cached_tokens, reasoning_tokens, usage_complete, cost_usd, cost_complete, ttft_ms, conversation_ids, resent_messages,
    usage_providers, usage_models, usage_response_models, usage_cost_sources, usage_cost_reasons, usage_calls,
    usage_input_tokens, usage_output_tokens, usage_cached_tokens, usage_cache_write_tokens, usage_reasoning_tokens,
    usage_costs_usd
FROM turns FINAL
WHERE project_id = {project_id:String} AND session_id = {session_id:String}
ORDER BY started_at, turn_id
LIMIT {limit:UInt32} OFFSET {before:UInt32}
{{keys_first}}
