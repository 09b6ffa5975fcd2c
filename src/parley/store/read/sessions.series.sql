-- Turns by time, from the copies that session rows keep; the last row is the whole interval. A turn
-- opens its session in a bucket when the turn before it started in another one.
SELECT
    grouping(bucket) AS is_whole, bucket, if(is_whole = 1, sum(enters), sum(opens)), uniqExactIf(session, failed = 1), count(), sum(failed),
    sum(tokens), sum(cached), sum(cost), quantilesTDigest(0.5, 0.95)(latency)
FROM (
    SELECT
        cityHash64(session_id) AS session, intDiv(start, {step_ns:Int64}) * {step_ns:Int64} AS bucket,
        before < {from_ns:Int64} AS enters,
        enters OR intDiv(before, {step_ns:Int64}) * {step_ns:Int64} != bucket AS opens,
        latency, failed, tokens, cached, cost
    FROM sessions FINAL
    ARRAY JOIN
        turn_starts AS start,
        arrayPushFront(arrayPopBack(turn_starts), toInt64(-9223372036854775808)) AS before,
        turn_latencies_ms AS latency,
        turn_failed AS failed,
        turn_tokens AS tokens,
        turn_cached_tokens AS cached,
        turn_costs_usd AS cost
    WHERE project_id = {project_id:String} AND {{in_interval}} AND start BETWEEN {from_ns:Int64} AND {to_ns:Int64}
)
GROUP BY bucket WITH ROLLUP
ORDER BY is_whole, bucket
