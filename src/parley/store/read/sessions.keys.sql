-- One page of a list: keys first, the wide rows are read for them alone.
SELECT session_id, /*sort_value*/
FROM sessions FINAL
WHERE project_id = {project_id:String} AND {{in_interval}}
/*page*/
LIMIT {limit:UInt32}
