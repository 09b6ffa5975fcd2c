SELECT
    (SELECT count() FROM {{live_spans}}),
    (SELECT count() FROM sessions FINAL WHERE project_id = {project_id:String}),
    (SELECT count() FROM messages FINAL WHERE project_id = {project_id:String})
