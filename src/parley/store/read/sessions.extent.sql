-- When the first turn of a project started, and when the last one did.
SELECT if(count() = 0, NULL, toUnixTimestamp64Nano(min(started_at))), if(count() = 0, NULL, max(turn_starts[-1]))
FROM sessions FINAL
WHERE project_id = {project_id:String}
