(SELECT trace_id, count() AS errors FROM {{live_spans_failed}} GROUP BY trace_id) AS bad ON known.trace_id = bad.trace_id
