SELECT toFixedString(unhex(arrayJoin(extractAll(parts, '"hash":"([0-9a-f]{64})"'))), 32) FROM messages FINAL WHERE project_id = {project_id:String} AND parts != ''
