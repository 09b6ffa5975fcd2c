SELECT session_id FROM sessions FINAL WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
{{keys_first}}
