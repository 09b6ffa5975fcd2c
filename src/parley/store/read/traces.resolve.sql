-- The session each trace belongs to, every id its spans may be stored under, and when they start.
SELECT
    lower(hex(trace_id)),
    (min(best) AS winner).session_id,
    groupUniqArrayArray(named),
    toUnixTimestamp64Nano(min(first_start)),
    toUnixTimestamp64Nano(max(last_start))
FROM trace_sessions
WHERE project_id = {project_id:String} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
GROUP BY trace_id
