-- Records of one writer may share a time, to the millisecond from JavaScript: then their place in
-- the request is their order. And two that are alike in one request are two, not one sent again.
ALTER TABLE logs ADD COLUMN IF NOT EXISTS place UInt32 AFTER log_id;

DROP VIEW IF EXISTS decode_logs;

CREATE MATERIALIZED VIEW decode_logs TO logs AS
SELECT
    project_id,
    toFixedString(if(length(l.trace_id) = 16, l.trace_id, ''), 16) AS trace_id,
    toFixedString(if(length(l.span_id) = 8, l.span_id, ''), 8) AS span_id,
    if(shown_nano >= 946684800000000000 AND shown_nano < 4102444800000000000, fromUnixTimestamp64Nano(toInt64(shown_nano), 'UTC'), toDateTime64('2000-01-01 00:00:00', 9, 'UTC')) AS time,
    reinterpret(sipHash128(l.time_unix_nano, l.observed_time_unix_nano, l.event_name, l.severity_number, multiIf(l.body.value = 'string', toValidUTF8(l.body.string_value), l.body.value = 'int', toString(l.body.int_value), l.body.value = 'double', toString(l.body.double_value), l.body.value = 'bool', if(l.body.bool_value, 'true', 'false'), l.body.value = 'array', l.body.array_value, l.body.value = 'kvlist', l.body.kvlist_value, l.body.value = 'bytes', l.body.bytes_value, l.body.value = 'strindex', toString(l.body.string_value_strindex), ''), toString(l.attributes), l.trace_id, l.span_id), 'UInt128') + (occurrence - 1) AS log_id,
    place,
    received_at AS version,
    0 AS is_deleted,
    received_at,
    source,
    l.time_unix_nano AS time_unix_nano,
    l.observed_time_unix_nano AS observed_time_unix_nano,
    l.severity_number AS severity_number,
    toValidUTF8(l.severity_text) AS severity_text,
    toValidUTF8(l.event_name) AS event_name,
    multiIf(l.body.value = 'string', toValidUTF8(l.body.string_value), l.body.value = 'int', toString(l.body.int_value), l.body.value = 'double', toString(l.body.double_value), l.body.value = 'bool', if(l.body.bool_value, 'true', 'false'), l.body.value = 'array', l.body.array_value, l.body.value = 'kvlist', l.body.kvlist_value, l.body.value = 'bytes', l.body.bytes_value, l.body.value = 'strindex', toString(l.body.string_value_strindex), '') AS body,
    toString(l.body.value) AS body_type,
    CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), l.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), l.attributes)), 'Map(LowCardinality(String), String)') AS attributes,
    CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', l.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', l.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS attribute_types,
    l.dropped_attributes_count AS dropped_attributes_count,
    l.flags AS flags,
    lower(hex(l.trace_id)) AS raw_trace_id,
    lower(hex(l.span_id)) AS raw_span_id,
    resource_attributes, resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, resource_schema_url,
    scope_name, scope_version, scope_attributes, scope_attribute_types, scope_dropped_attributes_count, scope_schema_url
FROM (
    SELECT
        project_id, received_at, source, resource_attributes, resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, resource_schema_url,
        toValidUTF8(sl.scope.name) AS scope_name,
        toValidUTF8(sl.scope.version) AS scope_version,
        CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), sl.scope.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), sl.scope.attributes)), 'Map(LowCardinality(String), String)') AS scope_attributes,
        CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', sl.scope.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', sl.scope.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS scope_attribute_types,
        sl.scope.dropped_attributes_count AS scope_dropped_attributes_count,
        toValidUTF8(sl.schema_url) AS scope_schema_url,
        l, place, occurrence,
        if(l.time_unix_nano = 0, l.observed_time_unix_nano, l.time_unix_nano) AS shown_nano
    FROM (
        SELECT
            project_id, received_at, source,
            CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), rl.resource.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), rl.resource.attributes)), 'Map(LowCardinality(String), String)') AS resource_attributes,
            CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', rl.resource.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', rl.resource.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS resource_attribute_types,
            rl.resource.dropped_attributes_count AS resource_dropped_attributes_count,
            rl.resource.entity_refs AS resource_entity_refs,
            toValidUTF8(rl.schema_url) AS resource_schema_url,
            arrayJoin(rl.scope_logs) AS sl
        FROM (SELECT project_id, received_at, source, arrayJoin(request.resource_logs) AS rl FROM otlp_logs)
    )
    ARRAY JOIN
        sl.log_records AS l,
        arrayEnumerate(sl.log_records) AS place,
        arrayEnumerateUniq(arrayMap(r -> sipHash64(r.time_unix_nano, r.observed_time_unix_nano, r.event_name, r.severity_number, toString(r.body), toString(r.attributes), r.trace_id, r.span_id), sl.log_records)) AS occurrence
);
