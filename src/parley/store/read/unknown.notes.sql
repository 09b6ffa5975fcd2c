-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- What was noted of the spans of some sessions when they were stored: odd ids and times.
SELECT note, count() AS spans, any((lower(hex(trace_id)), lower(hex(span_id)), toString(scope_name), toString(service))) AS example
FROM (
    SELECT trace_id, span_id, scope_name, service, arrayJoin(notes) AS note
    FROM {{live_spans_keys}}
    WHERE session_id IN {sessions:Array(String)}
)
GROUP BY note
ORDER BY spans DESC, note
LIMIT {limit:UInt32}
SETTINGS optimize_move_to_prewhere_if_final = 1, max_execution_time = 3, timeout_overflow_mode = 'break'
