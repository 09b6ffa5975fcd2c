(SELECT trace_id FROM spans FINAL PREWHERE project_id = {project_id:String} AND start_time >= fromUnixTimestamp64Nano({margin_ns:Int64}, 'UTC') AND (status_code = 2 OR error_type != ''))
