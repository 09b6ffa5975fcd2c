SELECT DISTINCT project_id FROM trace_sessions ORDER BY project_id
