-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- What a list shows of some traces, from their spans: the root is the first span without a parent, else
-- the first of all. Usage is that of the calls; of an agent only where no call reports any.
SELECT
    lower(hex(trace_id)),
    argMin((toString(name), resource_attributes['service.name']), (parent_span_id != toFixedString('', 8), start_time, span_id)) AS root,
    count(),
    countIf(status_code = 2 OR error_type != '') AS errors,
    argMinIf(if(error_message != '', error_message, status_message), start_time, status_code = 2 OR error_type != '') AS error,
    arraySort(groupUniqArrayIf(5)(toString(if(request_model != '', request_model, response_model)), request_model != '' OR response_model != '')) AS models,
    if(countIf(kind = 'llm' AND input_tokens > 0) > 0, sumIf(input_tokens, kind = 'llm'), max(input_tokens)) AS input,
    if(countIf(kind = 'llm' AND output_tokens > 0) > 0, sumIf(output_tokens, kind = 'llm'), max(output_tokens)) AS output,
    if(countIf(kind = 'llm' AND cost_usd IS NOT NULL) > 0, sumIf(cost_usd, kind = 'llm'), max(cost_usd)) AS cost
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
GROUP BY trace_id
{{keys_first}}
