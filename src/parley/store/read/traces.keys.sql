-- One page of the traces of a project that began in an interval, and how many there are: those of
-- sessions by their derived rows, those without one by the primary-key range of no session, which begins
-- a while before the interval so that no trace is cut. The start is asked before FINAL (10 M spans, a week
-- of 90 days: 70 ms instead of 180): tombstones pass, and a start that late spans moved out of the interval
-- counts until its rows are merged.
SELECT count(), groupArraySortedIf({limit:UInt32})((/*sort_value*/, trace_id, named, start_ns, end_ns, spans), /*after*/)
FROM (
    SELECT trace_id, session_id AS named, toUnixTimestamp64Nano(started_at) AS start_ns, toUnixTimestamp64Nano(ended_at) AS end_ns, toUInt64(spans) AS spans
    FROM traces FINAL
    PREWHERE project_id = {project_id:String} AND {with_sessions:UInt8} = 1
        AND (is_deleted = 1 OR started_at BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC'))
    UNION ALL
    SELECT trace_id, '' AS named, toInt64(min({{shown_start_ns}})) AS start_ns, toInt64(max({{shown_end_ns}})) AS end_ns, count() AS spans
    FROM {{live_spans}}
    WHERE session_id = '' AND start_time >= fromUnixTimestamp64Nano({margin_ns:Int64}, 'UTC')
    GROUP BY trace_id
    HAVING start_ns BETWEEN {from_ns:Int64} AND {to_ns:Int64}
) AS known
/*failed*/
