-- Log records, joined to spans by trace and span id in any order of arrival. Identity is the
-- record's own content.
CREATE TABLE logs (
    project_id LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    log_id UInt128,
    version UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    received_at UInt64 CODEC(Delta, ZSTD(1)),
    source LowCardinality(String),
    time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    observed_time_unix_nano UInt64 CODEC(Delta, ZSTD(1)),
    severity_number Int32,
    severity_text LowCardinality(String),
    event_name LowCardinality(String),
    body String CODEC(ZSTD(1)),
    body_type LowCardinality(String),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1)),
    dropped_attributes_count UInt32,
    flags UInt32,
    raw_trace_id String,
    raw_span_id String,
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
    scope_schema_url LowCardinality(String)
) ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, trace_id, span_id, time, log_id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW note_touched_by_logs TO touched AS
SELECT DISTINCT project_id, trace_id, toUInt64(toUnixTimestamp64Nano(now64(9))) AS touched_at, toUInt8(0) AS done, now() AS marked_at
FROM logs
WHERE trace_id != toFixedString('', 16);
