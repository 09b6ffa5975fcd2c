-- One page of the users of the sessions of a list, their sessions added up as they are.
SELECT name, value, total, sessions, failed_sessions, turns, errors, tokens, cost, unpriced, first_ns, last_ns
FROM (
    SELECT
        name, count() AS sessions, countIf(errors_in > 0) AS failed_sessions, sum(turns_in) AS turns, sum(errors_in) AS errors,
        sum(tokens_in) AS tokens, sum(cost_in) AS cost, countIf(NOT cost_complete) AS unpriced,
        min(first_in) AS first_ns, max(last_in) AS last_ns, toFloat64(ifNull(/*sort_value*/, -1)) AS value, count() OVER () AS total
    FROM (
        SELECT
            arrayJoin(arrayDistinct(users)) AS name, turns AS turns_in, errors AS errors_in, input_tokens + output_tokens AS tokens_in,
            cost_usd AS cost_in, cost_complete, toUnixTimestamp64Nano(started_at) AS first_in, toUnixTimestamp64Nano(last_activity_at) AS last_in
        FROM sessions FINAL
        WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
    )
    WHERE positionCaseInsensitiveUTF8(name, {search:String}) > 0
    GROUP BY name
)
WHERE 1 /*page*/
LIMIT {limit:UInt32}
