(SELECT session_id FROM messages FINAL WHERE project_id = {project_id:String} AND (/*some*/) GROUP BY session_id HAVING /*every*/)
