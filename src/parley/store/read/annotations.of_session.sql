-- What was said of a session, newest first. Of what was said of the same target under the same name by
-- the same author and source, the newest holds.
SELECT * FROM (
    SELECT
        id, session_id, turn_id, trace_id, span_id, name, kind, number, text, comment, source, author,
        toUnixTimestamp64Nano(created_at) AS created_ns,
        row_number() OVER (PARTITION BY turn_id, trace_id, span_id, name, source, author ORDER BY created_at DESC, id DESC) = 1 AS is_current
    FROM annotations FINAL
    WHERE project_id = {project_id:String} AND session_id = {session_id:String}
)
WHERE (created_ns, id) < ({before_ns:Int64}, {before_id:String})
ORDER BY created_ns DESC, id DESC
LIMIT {limit:UInt32}
