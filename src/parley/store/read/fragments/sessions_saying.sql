(SELECT session_id FROM messages PREWHERE project_id = {project_id:String} WHERE role != 'system' AND (/*some*/) GROUP BY session_id HAVING /*every*/ AND session_id NOT IN {{replaced}}
UNION ALL
SELECT session_id FROM messages FINAL PREWHERE project_id = {project_id:String} AND session_id IN {{replaced}} WHERE role != 'system' AND (/*some*/) GROUP BY session_id HAVING /*every*/)
