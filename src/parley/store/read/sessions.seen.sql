-- What some fields hold in a project: ranges of numbers, the most frequent values of texts.
SELECT /*columns*/
FROM sessions FINAL
WHERE project_id = {project_id:String}
