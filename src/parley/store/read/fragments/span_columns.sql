-- Values in hex: some hold bytes of OTLP. To ask each for its type would copy all types for each.
lower(hex(trace_id)), lower(hex(span_id)), lower(hex(parent_span_id)), session_id, name, kind, otel_kind,
    {{shown_start_ns}} AS start_ns, {{shown_end_ns}} AS end_ns, status_code, status_message,
    if(request_model != '', request_model, response_model), provider, input_tokens, output_tokens, cached_tokens, reasoning_tokens,
    cost_usd, ttft_ms, if(own_session != session_id, own_session, ''), resource_attributes['service.name'], scope_name, scope_version,
    mapApply((k, v) -> (k, hex(v)), CAST(attributes, 'Map(String, String)')),
    CAST(attribute_types, 'Map(String, String)'),
    mapApply((k, v) -> (k, hex(v)), CAST(resource_attributes, 'Map(String, String)')),
    CAST(resource_attribute_types, 'Map(String, String)'),
    arrayMap(e -> (e.time_unix_nano, e.name, mapApply((k, v) -> (k, hex(v)), e.attributes), e.attribute_types), events),
    arrayMap(l -> (l.trace_id, l.span_id, mapApply((k, v) -> (k, hex(v)), l.attributes), l.attribute_types), links),
    notes, error_type, error_message, trace_state, flags, dropped_attributes_count, dropped_events_count, dropped_links_count, details
