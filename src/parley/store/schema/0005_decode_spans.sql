-- Structure only: OTLP's tree to one row per span, ids and times made safe, nothing interpreted.
-- A cast that could fail would block the segment, so there is none: ids of wrong length get derived
-- ids (a pure function of the span's bytes), odd times sort at 2000-01-01, the raw bytes are kept.
CREATE MATERIALIZED VIEW decode_spans TO received_spans AS
SELECT
    project_id,
    received_at AS version,
    received_at,
    source,
    toFixedString(multiIf(good_trace, s.trace_id, s.trace_id = '' OR s.trace_id = unhex('00000000000000000000000000000000'),
        reinterpret(sipHash128('trace', s.span_id, s.parent_span_id, s.name, s.start_time_unix_nano, s.end_time_unix_nano, toString(span_attributes)), 'FixedString(16)'),
        reinterpret(sipHash128('trace', s.trace_id), 'FixedString(16)')), 16) AS trace_id,
    toFixedString(multiIf(good_span, s.span_id, s.span_id = '' OR s.span_id = unhex('0000000000000000'),
        reinterpret(sipHash64('span', s.trace_id, s.parent_span_id, s.name, s.start_time_unix_nano, s.end_time_unix_nano, toString(span_attributes)), 'FixedString(8)'),
        reinterpret(sipHash64('span', s.span_id), 'FixedString(8)')), 8) AS span_id,
    toFixedString(multiIf(length(s.parent_span_id) = 8, s.parent_span_id, s.parent_span_id = '', '',
        reinterpret(sipHash64('span', s.parent_span_id), 'FixedString(8)')), 8) AS parent_span_id,
    if(good_start, fromUnixTimestamp64Nano(toInt64(s.start_time_unix_nano), 'UTC'), toDateTime64('2000-01-01 00:00:00', 9, 'UTC')) AS start_time,
    s.start_time_unix_nano AS start_time_unix_nano,
    s.end_time_unix_nano AS end_time_unix_nano,
    toValidUTF8(s.name) AS name,
    s.kind AS otel_kind,
    s.status.code AS status_code,
    toValidUTF8(s.status.message) AS status_message,
    toValidUTF8(s.trace_state) AS trace_state,
    s.flags AS flags,
    mapConcat(span_attributes,
        if(good_trace, map(), map('parley.raw_trace_id', hex(s.trace_id))),
        if(good_span, map(), map('parley.raw_span_id', hex(s.span_id))),
        if(length(s.parent_span_id) IN (0, 8), map(), map('parley.raw_parent_span_id', hex(s.parent_span_id)))) AS attributes,
    CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', s.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', s.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS attribute_types,
    s.dropped_attributes_count AS dropped_attributes_count,
    arrayMap(e -> (e.time_unix_nano, toValidUTF8(e.name), CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), e.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), e.attributes)), 'Map(String, String)'), CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', e.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', e.attributes))), 'Map(String, String)'), e.dropped_attributes_count), s.events) AS events,
    s.dropped_events_count AS dropped_events_count,
    arrayMap(l -> (lower(hex(l.trace_id)), lower(hex(l.span_id)), toValidUTF8(l.trace_state), CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), l.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), l.attributes)), 'Map(String, String)'), CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', l.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', l.attributes))), 'Map(String, String)'), l.dropped_attributes_count, l.flags), s.links) AS links,
    s.dropped_links_count AS dropped_links_count,
    resource_attributes, resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, resource_schema_url,
    scope_name, scope_version, scope_attributes, scope_attribute_types, scope_dropped_attributes_count, scope_schema_url,
    arrayFilter(n -> n != '', [
        if(good_trace, '', concat('trace id of ', toString(length(s.trace_id)), ' bytes or all zero')),
        if(good_span, '', concat('span id of ', toString(length(s.span_id)), ' bytes or all zero')),
        if(length(s.parent_span_id) IN (0, 8), '', 'parent span id of wrong length'),
        if(good_start, '', 'start time outside 2000 to 2100'),
        if(s.end_time_unix_nano >= s.start_time_unix_nano, '', 'ends before it starts')]) AS notes
FROM (
    SELECT
        project_id, received_at, source,
        resource_attributes, resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, resource_schema_url,
        scope_name, scope_version, scope_attributes, scope_attribute_types, scope_dropped_attributes_count, scope_schema_url,
        s,
        length(s.trace_id) = 16 AND s.trace_id != unhex('00000000000000000000000000000000') AS good_trace,
        length(s.span_id) = 8 AND s.span_id != unhex('0000000000000000') AS good_span,
        s.start_time_unix_nano >= 946684800000000000 AND s.start_time_unix_nano < 4102444800000000000 AS good_start,
        CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), s.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), s.attributes)), 'Map(LowCardinality(String), String)') AS span_attributes
    FROM (
        SELECT
            project_id, received_at, source, resource_attributes, resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, resource_schema_url,
            toValidUTF8(ss.scope.name) AS scope_name,
            toValidUTF8(ss.scope.version) AS scope_version,
            CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), ss.scope.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), ss.scope.attributes)), 'Map(LowCardinality(String), String)') AS scope_attributes,
            CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', ss.scope.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', ss.scope.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS scope_attribute_types,
            ss.scope.dropped_attributes_count AS scope_dropped_attributes_count,
            toValidUTF8(ss.schema_url) AS scope_schema_url,
            arrayJoin(ss.spans) AS s
        FROM (
            SELECT
                project_id, received_at, source,
                CAST((arrayMap(a -> if(a.key = '' AND a.key_strindex != 0, concat('strindex:', toString(a.key_strindex)), toValidUTF8(a.key)), rs.resource.attributes), arrayMap(a -> multiIf(a.value.value = 'string', toValidUTF8(a.value.string_value), a.value.value = 'int', toString(a.value.int_value), a.value.value = 'double', toString(a.value.double_value), a.value.value = 'bool', if(a.value.bool_value, 'true', 'false'), a.value.value = 'array', a.value.array_value, a.value.value = 'kvlist', a.value.kvlist_value, a.value.value = 'bytes', a.value.bytes_value, a.value.value = 'strindex', toString(a.value.string_value_strindex), ''), rs.resource.attributes)), 'Map(LowCardinality(String), String)') AS resource_attributes,
                CAST((arrayMap(a -> toValidUTF8(a.key), arrayFilter(a -> a.value.value != 'string', rs.resource.attributes)), arrayMap(a -> toString(a.value.value), arrayFilter(a -> a.value.value != 'string', rs.resource.attributes))), 'Map(LowCardinality(String), LowCardinality(String))') AS resource_attribute_types,
                rs.resource.dropped_attributes_count AS resource_dropped_attributes_count,
                rs.resource.entity_refs AS resource_entity_refs,
                toValidUTF8(rs.schema_url) AS resource_schema_url,
                arrayJoin(rs.scope_spans) AS ss
            FROM (SELECT project_id, received_at, source, arrayJoin(request.resource_spans) AS rs FROM otlp_traces)
        )
    )
);
