(SELECT session_id FROM {{live_spans}} WHERE session_id != '' /*among*/ AND /*where*/ GROUP BY session_id HAVING /*having*/ SETTINGS do_not_merge_across_partitions_select_final = 1)
