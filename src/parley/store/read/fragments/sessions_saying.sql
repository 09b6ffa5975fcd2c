(SELECT session_id FROM messages FINAL PREWHERE project_id = {project_id:String} /*among*/ WHERE role != 'system' AND (/*some*/) GROUP BY session_id HAVING /*every*/)
