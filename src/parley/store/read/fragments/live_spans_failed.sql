(SELECT trace_id, start_time FROM spans FINAL PREWHERE project_id = {project_id:String} AND (status_code = 2 OR error_type != ''))
