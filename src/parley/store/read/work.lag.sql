-- When the longest waiting trace of a project was touched, and how many wait.
SELECT min(touched_at), count()
FROM touched FINAL
WHERE done = 0 AND project_id = {project_id:String}
