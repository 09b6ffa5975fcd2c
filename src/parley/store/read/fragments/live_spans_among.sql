(SELECT * FROM spans FINAL PREWHERE project_id = {project_id:String} /*among*/)
