(SELECT * FROM spans FINAL WHERE project_id = {project_id:String})
