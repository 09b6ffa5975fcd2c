(SELECT session_id FROM turns AS t FINAL PREWHERE project_id = {project_id:String} /*among*/ WHERE /*where*/ GROUP BY session_id HAVING /*having*/)
