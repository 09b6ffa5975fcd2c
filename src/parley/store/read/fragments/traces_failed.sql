(SELECT trace_id, count() AS errors FROM {{live_spans_failed}} WHERE start_time >= fromUnixTimestamp64Nano({margin_ns:Int64}, 'UTC') GROUP BY trace_id) AS bad ON known.trace_id = bad.trace_id
