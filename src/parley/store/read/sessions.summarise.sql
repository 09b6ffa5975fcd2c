-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Session rows summed from their turns, with what people say of them; a session without turns gets a
-- tombstone: no ghosts. Scores are looked up where a project has annotations.
INSERT INTO sessions
SELECT
    {project_id:String} AS project_id,
    session_id,
    {version:UInt64} AS version,
    if(turns = 0, 1, 0) AS is_deleted,
    started_at, last_activity_at, turns, traces, spans, llm_calls, tool_calls, errors, span_errors,
    input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, usage_complete,
    cost_usd, cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50,
    users, models, environments, tags, metadata, source_project, session_source, first_input, last_output, last_error,
    mapConcat(CAST(map(), 'Map(String, Float64)') /*scores*/),
    messages, turn_starts, turn_latencies_ms, turn_failed, turn_tokens, turn_cached_tokens, turn_costs_usd,
    title, bookmarked, own_tags,
    span_kinds
FROM (
    SELECT arrayJoin({sessions:Array(String)}) AS session_id
) AS known
LEFT JOIN (
    SELECT
        session_id,
        min(t.started_at) AS started_at,
        max(t.ended_at) AS last_activity_at,
        count() AS turns,
        uniqExactArray(t.trace_ids) AS traces,
        sum(t.spans) AS spans,
        sum(t.llm_calls) AS llm_calls,
        sum(t.tool_calls) AS tool_calls,
        sum(t.failed) AS errors,
        sum(t.span_errors) AS span_errors,
        sum(t.input_tokens) AS input_tokens,
        sum(t.output_tokens) AS output_tokens,
        sum(t.cached_tokens) AS cached_tokens,
        sum(t.cache_write_tokens) AS cache_write_tokens,
        sum(t.reasoning_tokens) AS reasoning_tokens,
        min(t.usage_complete) AS usage_complete,
        sum(t.cost_usd) AS cost_usd,
        min(t.cost_complete) AS cost_complete,
        sum(toUnixTimestamp64Nano(t.ended_at) - toUnixTimestamp64Nano(t.started_at)) / 1e6 AS latency_ms_sum,
        quantileExactInclusive(0.5)({{turn_latency_ms}}) AS latency_ms_p50,
        quantileExactInclusive(0.95)({{turn_latency_ms}}) AS latency_ms_p95,
        quantileExactInclusiveOrNull(0.5)(t.ttft_ms) AS ttft_ms_p50,
        argMaxIf(t.source_project, (t.started_at, t.turn_id), t.source_project != '') AS source_project,
        argMinIf(t.session_source, (t.started_at, t.turn_id), t.session_source != '') AS session_source,
        leftUTF8(argMinIf(t.input, (t.started_at, t.turn_id), t.input != ''), 500) AS first_input,
        leftUTF8(argMaxIf(t.output, (t.started_at, t.turn_id), t.output != ''), 500) AS last_output,
        leftUTF8(argMax(t.error, (t.started_at, t.turn_id)), 500) AS last_error,
        sum(t.messages) AS messages,
        arraySort(turn -> turn.1, groupArray((toUnixTimestamp64Nano(t.started_at), toFloat32({{turn_latency_ms}}), t.failed, t.input_tokens + t.output_tokens, t.cached_tokens, t.cost_usd))) AS charted,
        charted.1 AS turn_starts,
        charted.2 AS turn_latencies_ms,
        charted.3 AS turn_failed,
        charted.4 AS turn_tokens,
        charted.5 AS turn_cached_tokens,
        charted.6 AS turn_costs_usd,
        sumMap(t.span_kinds) AS span_kinds
    FROM turns AS t FINAL
    WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
    GROUP BY session_id
) AS summed USING (session_id)
LEFT JOIN (
    -- In order of first appearance; of metadata the last value. A session may have any number of
    -- turns: nothing here holds a turn's lists longer than it takes to count them in.
    SELECT
        session_id,
        arraySlice(arrayMap(label -> label.2, arraySort(groupArrayIf((first, name), kind = 'user'))), 1, 1000) AS users,
        arraySlice(arrayMap(label -> label.2, arraySort(groupArrayIf((first, name), kind = 'model'))), 1, 1000) AS models,
        arraySlice(arrayMap(label -> label.2, arraySort(groupArrayIf((first, name), kind = 'environment'))), 1, 1000) AS environments,
        arraySort(groupArrayIf(name, kind = 'own tag')) AS own_tags,
        arrayDistinct(arrayConcat(arraySlice(arrayMap(label -> label.2, arraySort(groupArrayIf((first, name), kind = 'tag'))), 1, 1000), own_tags)) AS tags,
        anyIf(value, kind = 'own title') AS title,
        toUInt8(countIf(kind = 'own bookmark') > 0) AS bookmarked,
        CAST(arraySlice(arraySort(groupArrayIf((name, value), kind = 'metadata')), 1, 1000), 'Map(String, String)') AS metadata
    FROM (
        SELECT
            session_id,
            label.1 AS kind,
            label.2 AS name,
            min((started_at, turn_id, label.4)) AS first,
            argMax(label.3, (started_at, turn_id)) AS value
        FROM (
            SELECT session_id, started_at, turn_id, arrayJoin(arrayConcat(
                arrayMap((name, place) -> ('user', name, '', place), users, arrayEnumerate(users)),
                arrayMap((name, place) -> ('model', CAST(name, 'String'), '', place), models, arrayEnumerate(models)),
                arrayMap((name, place) -> ('environment', CAST(name, 'String'), '', place), environments, arrayEnumerate(environments)),
                arrayMap((name, place) -> ('tag', name, '', place), tags, arrayEnumerate(tags)),
                arrayMap((name, value) -> ('metadata', name, value, toUInt32(0)), mapKeys(metadata), mapValues(metadata)))) AS label
            FROM turns FINAL
            WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
            UNION ALL
            SELECT session_id, toDateTime64(0, 9, 'UTC'), '', (concat('own ', kind), name, value, toUInt32(0))
            FROM labels FINAL
            WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
        )
        GROUP BY session_id, kind, name
    )
    GROUP BY session_id
) AS labelled USING (session_id)
/*scored*/
{{keys_first}}
