FROM sessions FINAL WHERE project_id = {project_id:String} AND {{in_interval}} AND (empty({chosen:Array(String)}) OR session_id IN {chosen:Array(String)}) /*narrowed*/
