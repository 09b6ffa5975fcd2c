-- One page of a narrowed list, and how many there are: what is dear to find is found once.
SELECT session_id, value, total
FROM (
    SELECT session_id, /*sort_value*/ AS value, count() OVER () AS total
    FROM sessions FINAL
    WHERE project_id = {project_id:String} AND {{in_interval}} /*narrowed*/
)
WHERE 1 /*page*/
LIMIT {limit:UInt32}
