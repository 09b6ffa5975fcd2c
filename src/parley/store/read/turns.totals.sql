SELECT
    uniqExact(t.session_id), count(), sum(t.failed), sum(t.input_tokens + t.output_tokens), sum(t.cached_tokens),
    sum(t.cost_usd), quantileTDigest(0.5)({{turn_latency_ms}}), quantileTDigest(0.95)({{turn_latency_ms}})
FROM turns AS t FINAL
WHERE t.project_id = {project_id:String} AND {{turn_in_interval}}
