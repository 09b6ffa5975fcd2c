-- Spans as received: every OTLP field, nothing interpreted. Engine Null: the conventions view
-- (rendered from parley.conventions) reads it, and so does a rebuild of stored spans.
CREATE TABLE received_spans (
    project_id LowCardinality(String),
    version UInt64,
    received_at UInt64,
    source LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    start_time DateTime64(9, 'UTC'),
    start_time_unix_nano UInt64,
    end_time_unix_nano UInt64,
    name LowCardinality(String),
    otel_kind Int32,
    status_code Int32,
    status_message String,
    trace_state String,
    flags UInt32,
    attributes Map(LowCardinality(String), String),
    attribute_types Map(LowCardinality(String), LowCardinality(String)),
    dropped_attributes_count UInt32,
    events Array(Tuple(time_unix_nano UInt64, name String, attributes Map(String, String), attribute_types Map(String, String), dropped_attributes_count UInt32)),
    dropped_events_count UInt32,
    links Array(Tuple(trace_id String, span_id String, trace_state String, attributes Map(String, String), attribute_types Map(String, String), dropped_attributes_count UInt32, flags UInt32)),
    dropped_links_count UInt32,
    resource_attributes Map(LowCardinality(String), String),
    resource_attribute_types Map(LowCardinality(String), LowCardinality(String)),
    resource_dropped_attributes_count UInt32,
    resource_entity_refs Array(Tuple(schema_url String, type String, id_keys Array(String), description_keys Array(String))),
    resource_schema_url LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String),
    scope_attribute_types Map(LowCardinality(String), LowCardinality(String)),
    scope_dropped_attributes_count UInt32,
    scope_schema_url LowCardinality(String),
    notes Array(LowCardinality(String))
) ENGINE = Null;

-- The one table of spans, laid out by conversation. session_id is what the trace resolved to so
-- far; own_* is what the span itself said. Identity is the sort key: sending again changes nothing.
CREATE TABLE spans (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16),
    span_id FixedString(8),
    version UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    received_at UInt64 CODEC(Delta, ZSTD(1)),
    source LowCardinality(String),
    parent_span_id FixedString(8),
    start_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    end_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    otel_kind Int32,
    status_code Int32,
    status_message String CODEC(ZSTD(1)),
    trace_state String,
    flags UInt32,
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32,
    events Array(Tuple(time_unix_nano UInt64, name String, attributes Map(String, String), attribute_types Map(String, String), dropped_attributes_count UInt32)) CODEC(ZSTD(1)),
    dropped_events_count UInt32,
    links Array(Tuple(trace_id String, span_id String, trace_state String, attributes Map(String, String), attribute_types Map(String, String), dropped_attributes_count UInt32, flags UInt32)) CODEC(ZSTD(1)),
    dropped_links_count UInt32,
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    resource_attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    resource_dropped_attributes_count UInt32,
    resource_entity_refs Array(Tuple(schema_url String, type String, id_keys Array(String), description_keys Array(String))) CODEC(ZSTD(1)),
    resource_schema_url LowCardinality(String),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    scope_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    scope_attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    scope_dropped_attributes_count UInt32,
    scope_schema_url LowCardinality(String),
    notes Array(LowCardinality(String)),
    own_session String CODEC(ZSTD(1)),
    own_rank UInt16,
    own_source LowCardinality(String),
    kind LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    provider LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    input_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    cached_tokens Nullable(UInt64),
    cache_write_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    cost_usd Nullable(Float64),
    ttft_ms Nullable(Float64),
    user_id String CODEC(ZSTD(1)),
    environment LowCardinality(String),
    source_project LowCardinality(String),
    tool_name LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD(1)),
    INDEX trace_ids trace_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, session_id, start_time, trace_id, span_id)
SETTINGS index_granularity = 512, index_granularity_bytes = 1048576, fsync_after_insert = 1, fsync_part_directory = 1;

-- Between the conventions view and the tables, so that each span is decoded once.
CREATE TABLE understood_spans AS spans ENGINE = Null;

CREATE MATERIALIZED VIEW store_spans TO spans AS SELECT * FROM understood_spans;

-- Which session a trace belongs to: the smallest (rank, start, span) wins whatever the order of
-- arrival. named: every id that spans of the trace may be stored under.
CREATE TABLE trace_sessions (
    project_id LowCardinality(String),
    trace_id FixedString(16),
    best SimpleAggregateFunction(min, Tuple(rank UInt16, start_time DateTime64(9, 'UTC'), span_id FixedString(8), session_id String, source String)),
    named SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    first_start SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last_start SimpleAggregateFunction(max, DateTime64(9, 'UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (project_id, trace_id)
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

-- A span without an id ranks last (65535) with an empty session.
CREATE MATERIALIZED VIEW note_trace_sessions TO trace_sessions AS
SELECT
    project_id,
    trace_id,
    min(CAST((own_rank, start_time, span_id, own_session, own_source), 'Tuple(rank UInt16, start_time DateTime64(9, \'UTC\'), span_id FixedString(8), session_id String, source String)')) AS best,
    groupUniqArrayArray(if(own_session = '', [], [own_session])) AS named,
    min(start_time) AS first_start,
    max(start_time) AS last_start
FROM understood_spans
GROUP BY project_id, trace_id;

-- The work list of derivation. touched_at is the time of loading, not of receiving: a segment
-- replayed late must be derived again. Done rows leave after an hour; should an older row of the
-- same trace come back by that, it is derived once more, which changes nothing.
CREATE TABLE touched (
    project_id LowCardinality(String),
    trace_id FixedString(16),
    touched_at UInt64,
    done UInt8,
    marked_at DateTime DEFAULT now()
) ENGINE = ReplacingMergeTree(touched_at)
ORDER BY (project_id, trace_id)
TTL marked_at + INTERVAL 1 HOUR DELETE WHERE done = 1
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW note_touched TO touched AS
SELECT DISTINCT project_id, trace_id, toUInt64(toUnixTimestamp64Nano(now64(9))) AS touched_at, toUInt8(0) AS done, now() AS marked_at
FROM understood_spans;

-- A project's own session attributes, asked before the built-in list.
CREATE TABLE session_keys (
    project_id LowCardinality(String),
    rank UInt16,
    key String,
    version UInt64,
    is_deleted UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, rank, key);
