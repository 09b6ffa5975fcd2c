SELECT
    intDiv(toUnixTimestamp64Nano(t.started_at), {step_ns:Int64}) * {step_ns:Int64} AS bucket,
    uniqExact(t.session_id), uniqExactIf(t.session_id, t.failed = 1), count(), sum(t.failed),
    sum(t.input_tokens + t.output_tokens), sum(t.cost_usd), quantileTDigest(0.5)({{turn_latency_ms}}), quantileTDigest(0.95)({{turn_latency_ms}})
FROM turns AS t FINAL
WHERE t.project_id = {project_id:String} AND {{turn_in_interval}}
GROUP BY bucket
ORDER BY bucket
