(SELECT session_id FROM turns AS t FINAL WHERE project_id = {project_id:String} /*among*/ AND /*where*/ GROUP BY session_id HAVING /*having*/)
