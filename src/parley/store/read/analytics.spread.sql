-- How many sessions there are, and how cost and length of a session and latency of a turn are spread:
-- each number is put below the first edge that is above it.
SELECT
    count(), countIf(failures > 0), countIf(NOT cost_complete), countIf(isNull(cost)),
    sumMap([arrayCount(edge -> cost >= edge, {cost_edges:Array(Float64)})], [toUInt64(isNotNull(cost))]),
    quantilesTDigestIf(0.5, 0.95)(ifNull(cost, 0), isNotNull(cost)),
    sumMap([arrayCount(edge -> turns >= edge, {turn_edges:Array(Float64)})], [toUInt64(1)]),
    quantilesTDigest(0.5, 0.95)(turns),
    sumMap(arrayMap(latency -> arrayCount(edge -> latency >= edge, {latency_edges:Array(Float64)}), latencies), arrayMap(latency -> toUInt64(1), latencies)),
    quantilesTDigestArray(0.5, 0.95)(latencies)
FROM (
    SELECT
        turns, cost_complete, toFloat64(cost_usd) AS cost,
        arrayMap(start -> start BETWEEN {from_ns:Int64} AND {to_ns:Int64}, turn_starts) AS inside,
        arraySum((failed, i) -> failed * i, turn_failed, inside) AS failures,
        arrayFilter((latency, i) -> i, turn_latencies_ms, inside) AS latencies
    FROM sessions FINAL
    WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
)
