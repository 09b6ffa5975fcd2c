(SELECT session_id FROM replaced WHERE project_id = {project_id:String})
