-- How many traces of a project were touched at a time, and how many of them still wait.
SELECT count(), countIf(done = 0)
FROM touched FINAL
WHERE project_id = {project_id:String}
    AND trace_id IN (SELECT trace_id FROM touched WHERE project_id = {project_id:String} AND touched_at = {at:UInt64})
    AND touched_at = {at:UInt64}
