-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- What derivation needs of the spans of some traces: columns, and the payload only of spans that
-- may hold words of the conversation (LLM calls and roots). Columns as in derive/spans.py.
SELECT
    session_id,
    lower(hex(trace_id)),
    lower(hex(span_id)),
    lower(hex(parent_span_id)),
    name,
    kind,
    {{shown_start_ns}} AS start_ns,
    {{shown_end_ns}} AS end_ns,
    version,
    status_code,
    status_message,
    error_type,
    error_message,
    own_session,
    own_source,
    request_model,
    response_model,
    provider,
    response_id,
    input_tokens,
    output_tokens,
    cached_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost_usd,
    ttft_ms,
    details,
    user_id,
    environment,
    source_project,
    if(kind = 'llm' OR request_model != '' OR response_model != '' OR parent_span_id = toFixedString('', 8) OR {all_payloads:UInt8} = 1,
        mapApply((k, v) -> (k, if(attribute_types[k] IN ('array', 'kvlist', 'bytes'), hex(v), v)),
            mapFilter((k, v) -> k IN {keys:Array(String)} OR arrayExists(prefix -> startsWith(k, prefix), {prefixes:Array(String)}) OR (length(v) > {document_bytes:UInt32} AND k IN {documents:Array(String)}), CAST(attributes, 'Map(String, String)'))),
        CAST(map(), 'Map(String, String)')) AS payload,
    if(notEmpty(payload), CAST(attribute_types, 'Map(String, String)'), CAST(map(), 'Map(String, String)')) AS payload_types,
    if(kind = 'llm' OR request_model != '' OR response_model != '' OR parent_span_id = toFixedString('', 8) OR {all_payloads:UInt8} = 1,
        arrayMap(e -> (e.name, mapApply((k, v) -> (k, if(e.attribute_types[k] IN ('array', 'kvlist', 'bytes'), hex(v), v)), e.attributes), e.attribute_types),
            arrayFilter(e -> e.name IN {records:Array(String)}, events)),
        []) AS told
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
{{keys_first}}
