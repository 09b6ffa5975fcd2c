-- Sends a project's stored spans through the conventions view once more, version + 1. Read in small
-- blocks: each span has its resource, and some have large ones. Months are partitions, and a project
-- may have any number of them.
INSERT INTO received_spans
SELECT
    project_id, version + 1, received_at, source, trace_id, span_id, parent_span_id, start_time,
    start_time_unix_nano, end_time_unix_nano, name, otel_kind, status_code, status_message,
    trace_state, flags, attributes, attribute_types, dropped_attributes_count, events,
    dropped_events_count, links, dropped_links_count, resource_attributes, resource_attribute_types,
    resource_dropped_attributes_count, resource_entity_refs, resource_schema_url, scope_name,
    scope_version, scope_attributes, scope_attribute_types, scope_dropped_attributes_count,
    scope_schema_url, notes
FROM {{live_spans}}
SETTINGS max_block_size = /*rows*/, max_partitions_per_insert_block = 0
