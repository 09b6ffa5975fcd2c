-- Turns by time, from the copies that session rows keep: rows of each bucket, then of each period as a
-- whole, then of both. A turn opens its session in a bucket when the turn before it started in another
-- one. The period before the interval is one bucket. Both in one go: reading is what costs.
SELECT
    grouping(is_before) * 2 + grouping(bucket) AS level, is_before, bucket,
    if(level = 0, sum(opens), sum(enters)), uniqExactIf(session, failed = 1), count(), sum(failed),
    sum(tokens), sum(cached), sum(cost), quantilesTDigest(0.5, 0.95)(latency)
FROM (
    SELECT
        cityHash64(session_id) AS session,
        start < {from_ns:Int64} AS is_before,
        if(is_before, 0, intDiv(start, {step_ns:Int64}) * {step_ns:Int64}) AS bucket,
        last < if(is_before, {before_ns:Int64}, {from_ns:Int64}) AS enters,
        enters OR (NOT is_before AND intDiv(last, {step_ns:Int64}) * {step_ns:Int64} != bucket) AS opens,
        latency, failed, tokens, cached, cost
    FROM sessions FINAL
    ARRAY JOIN
        turn_starts AS start,
        arrayPushFront(arrayPopBack(turn_starts), toInt64(-9223372036854775808)) AS last,
        turn_latencies_ms AS latency,
        turn_failed AS failed,
        turn_tokens AS tokens,
        turn_cached_tokens AS cached,
        turn_costs_usd AS cost
    WHERE project_id = {project_id:String}
        AND {{in_series}} /*narrowed*/
        AND start BETWEEN {before_ns:Int64} AND {to_ns:Int64}
)
GROUP BY is_before, bucket WITH ROLLUP
ORDER BY level, is_before, bucket
