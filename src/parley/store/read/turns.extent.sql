SELECT if(count() = 0, NULL, toUnixTimestamp64Nano(min(started_at))), if(count() = 0, NULL, toUnixTimestamp64Nano(max(started_at)))
FROM turns FINAL
WHERE project_id = {project_id:String}
