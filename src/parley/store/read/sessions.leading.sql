-- The sessions that lead by each of some numbers, as arrays of (number with its sign turned, session):
-- one reading for all of them. Of equal ones the first by id, as in sessions.keys.
SELECT /*leads*/
FROM sessions FINAL
WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
