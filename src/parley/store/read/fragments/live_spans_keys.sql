(SELECT session_id, start_time, trace_id, span_id, scope_name, resource_attributes['service.name'] AS service, attributes.keys AS keys, notes FROM spans FINAL WHERE project_id = {project_id:String})
