-- Sessions by the values of a dimension, '' for none: those of the list, and their turns that start in
-- the interval. A session with several values is in several groups. The largest come first.
SELECT
    name, count(), countIf(failures > 0) AS failed_sessions, sum(turns_inside) AS turns, sum(failures) AS failed, sum(tokens) AS tokens,
    sumArray(costs) AS cost, countIf(NOT cost_complete), quantilesTDigestArray(0.5, 0.95)(latencies), count() OVER ()
FROM (
    SELECT
        arrayJoin(if(empty(/*dimension*/), [''], arrayDistinct(/*dimension*/))) AS name,
        arrayMap(start -> start BETWEEN {from_ns:Int64} AND {to_ns:Int64}, turn_starts) AS inside,
        arraySum(inside) AS turns_inside,
        arraySum((failed, i) -> failed * i, turn_failed, inside) AS failures,
        arraySum((tokens, i) -> tokens * i, turn_tokens, inside) AS tokens,
        arrayFilter((cost, i) -> i, turn_costs_usd, inside) AS costs,
        arrayFilter((latency, i) -> i, turn_latencies_ms, inside) AS latencies,
        cost_complete
    FROM sessions FINAL
    WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
)
GROUP BY name
ORDER BY /*rank*/ DESC NULLS LAST, count() DESC, name
LIMIT {most:UInt32}
