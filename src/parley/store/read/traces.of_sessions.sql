-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- What later traces need to know of a session's derived traces: those whose place may change
-- (between the earliest and the latest start that a trace of this batch has or had), and `margin`
-- more on either side. A session may have any number of traces.
SELECT session_id, length(ordered), lower(hex(trace.2)), trace.1, trace.3, trace.4, trace.5
FROM (
    SELECT
        session_id,
        arraySort(one -> (one.1, one.2), groupArray((start_ns, trace_id, opens, question, tail))) AS ordered,
        min(if(is_touched, least(start_ns, from_ns), from_ns)) AS first_ns,
        max(if(is_touched, greatest(start_ns, to_ns), to_ns)) AS last_ns,
        arrayCount(one -> one.1 < first_ns, ordered) AS before,
        arrayCount(one -> one.1 <= last_ns, ordered) AS upto,
        greatest(toInt64(before) - {margin:Int64}, 0) AS skipped,
        arrayJoin(arraySlice(ordered, skipped + 1, upto + {margin:Int64} - skipped)) AS trace
    FROM (
        SELECT
            session_id,
            trace_id,
            toUnixTimestamp64Nano(started_at) AS start_ns,
            opens,
            question,
            tail,
            transform(session_id, {sessions:Array(String)}, {from_ns:Array(Int64)}, toInt64(0)) AS from_ns,
            transform(session_id, {sessions:Array(String)}, {to_ns:Array(Int64)}, toInt64(0)) AS to_ns,
            trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16)) AS is_touched
        FROM traces FINAL
        WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
    )
    GROUP BY session_id
)
{{keys_first}}
