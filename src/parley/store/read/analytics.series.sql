-- Turns by time and by the groups that are named: place 1 and on, 0 for sessions that are in none of
-- them. A turn opens its session in a bucket when the turn before it started in another one.
SELECT
    place, bucket, sum(opens), count(), sum(failed), sum(tokens), sum(cost), quantilesTDigest(0.5, 0.95)(latency)
FROM (
    SELECT
        arrayJoin(places) AS place,
        intDiv(start, {step_ns:Int64}) * {step_ns:Int64} AS bucket,
        last < {from_ns:Int64} OR intDiv(last, {step_ns:Int64}) * {step_ns:Int64} != bucket AS opens,
        latency, failed, tokens, cost
    FROM (
        SELECT
            arrayDistinct(arrayFilter(place -> place > 0, arrayMap(value -> indexOf({names:Array(String)}, value), if(empty(/*dimension*/), [''], /*dimension*/)))) AS named,
            if(empty(named), [toUInt64(0)], named) AS places,
            turn_starts, turn_latencies_ms, turn_failed, turn_tokens, turn_costs_usd
        FROM sessions FINAL
        WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
    )
    ARRAY JOIN
        turn_starts AS start,
        arrayPushFront(arrayPopBack(turn_starts), toInt64(-9223372036854775808)) AS last,
        turn_latencies_ms AS latency,
        turn_failed AS failed,
        turn_tokens AS tokens,
        turn_costs_usd AS cost
    WHERE start BETWEEN {from_ns:Int64} AND {to_ns:Int64}
)
GROUP BY place, bucket
ORDER BY place, bucket
