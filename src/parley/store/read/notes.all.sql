SELECT project_id, lower(hex(trace_id)) FROM trace_notes FINAL
