(SELECT session_id FROM {{live_spans_among}} WHERE session_id != '' AND /*where*/ GROUP BY session_id HAVING /*having*/ SETTINGS do_not_merge_across_partitions_select_final = 1)
