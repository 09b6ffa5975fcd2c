-- Log records of some traces that tell messages, as they were written. Those of one writer may share
-- a time: Semantic Kernel numbers them, of others the place in the request tells.
SELECT
    lower(hex(trace_id)),
    lower(hex(span_id)),
    if(event_name = '', attributes['event.name'], event_name) AS name,
    if(body_type IN ('array', 'kvlist', 'bytes'), hex(body), body),
    body_type,
    mapApply((k, v) -> (k, if(attribute_types[k] IN ('array', 'kvlist', 'bytes'), hex(v), v)), CAST(attributes, 'Map(String, String)')),
    CAST(attribute_types, 'Map(String, String)')
FROM logs FINAL
WHERE project_id = {project_id:String}
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
    AND name IN {records:Array(String)}
ORDER BY trace_id, span_id, time, toUInt32OrZero(attributes['CHAT_MESSAGE_INDEX']), observed_time_unix_nano, place, log_id
