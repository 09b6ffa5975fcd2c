AND session_id IN (SELECT session_id FROM sessions FINAL WHERE project_id = {project_id:String} AND /*cheaper*/)
