SELECT count() FROM (SELECT 1 FROM sessions FINAL WHERE project_id = {project_id:String} AND {{in_interval}} LIMIT {most:UInt32})
