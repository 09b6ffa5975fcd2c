-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- The attribute names of the spans of some sessions, with how many spans have each and one of them;
-- of a list's members one name. Of the maps only their keys are read; what takes too long is left off.
SELECT
    replaceRegexpAll(key, '\\.[0-9]+(\\.|$)', '.N\\1') AS name,
    max(spans) AS most, argMax(example, spans)
FROM (
    SELECT key, count() AS spans, any((lower(hex(trace_id)), lower(hex(span_id)), toString(scope_name), toString(service))) AS example
    FROM (
        SELECT trace_id, span_id, scope_name, service, arrayJoin(keys) AS key
        FROM {{live_spans_keys}}
        WHERE session_id IN {sessions:Array(String)} AND start_time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')
    )
    GROUP BY key
)
GROUP BY name
ORDER BY most DESC, name
LIMIT {limit:UInt32}
SETTINGS optimize_move_to_prewhere_if_final = 1, max_execution_time = 3, timeout_overflow_mode = 'break'
