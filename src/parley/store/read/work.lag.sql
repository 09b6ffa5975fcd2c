-- When the longest waiting trace of a project was touched, and how many wait. What waits has an
-- undone row; of the few that have one (merges remove it with its done successor) FINAL tells.
SELECT min(touched_at), count()
FROM touched FINAL
WHERE done = 0 AND project_id = {project_id:String}
    AND trace_id IN (SELECT trace_id FROM touched WHERE project_id = {project_id:String} AND done = 0)
