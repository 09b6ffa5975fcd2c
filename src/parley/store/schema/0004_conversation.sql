-- What derivation makes of spans. Every row is a pure function of stored spans; a key no longer
-- produced gets a tombstone. version = when it was derived (docs/adr/0002).

-- One row per trace of a session: what later traces are aligned with (tail: hashes of what the
-- trace itself said), whether it opens a turn, and what a bare call asks (0: no bare call).
CREATE TABLE traces (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    trace_id FixedString(16),
    version UInt64,
    is_deleted UInt8,
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    opens UInt8,
    question UInt64,
    tail Array(UInt64) CODEC(ZSTD(1)),
    turn_ids Array(String) CODEC(ZSTD(1)),
    spans UInt32
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, trace_id)
SETTINGS index_granularity = 1024;

CREATE TABLE turns (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    turn_id String CODEC(ZSTD(1)),
    version UInt64,
    is_deleted UInt8,
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_ids Array(String) CODEC(ZSTD(1)),
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    failed UInt8,
    error String CODEC(ZSTD(1)),
    models Array(LowCardinality(String)),
    spans UInt32,
    llm_calls UInt32,
    tool_calls UInt32,
    span_errors UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cached_tokens UInt64,
    cache_write_tokens UInt64,
    reasoning_tokens UInt64,
    usage_complete UInt8,
    cost_usd Nullable(Decimal(18, 9)),
    cost_complete UInt8,
    ttft_ms Nullable(Float64),
    users Array(String) CODEC(ZSTD(1)),
    environments Array(LowCardinality(String)),
    tags Array(String) CODEC(ZSTD(1)),
    metadata Map(String, String) CODEC(ZSTD(1)),
    source_project LowCardinality(String),
    session_source LowCardinality(String),
    conversation_ids Array(String) CODEC(ZSTD(1)),
    resent_messages UInt32
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, turn_id)
SETTINGS index_granularity = 512;

-- parts is '' for a message that is one text: most are, and it stands in `text` already.
CREATE TABLE messages (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    turn_started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16),
    span_started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ordinal UInt32,
    version UInt64,
    is_deleted UInt8,
    turn_id String CODEC(ZSTD(1)),
    span_id FixedString(8),
    time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    role LowCardinality(String),
    text String CODEC(ZSTD(1)),
    parts String CODEC(ZSTD(1)),
    content_hash UInt64,
    model LowCardinality(String),
    folded UInt8
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, turn_started_at, trace_id, span_started_at, ordinal)
SETTINGS index_granularity = 512;

CREATE TABLE sessions (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    version UInt64,
    is_deleted UInt8,
    started_at DateTime64(9, 'UTC'),
    last_activity_at DateTime64(9, 'UTC'),
    turns UInt32,
    traces UInt32,
    spans UInt32,
    llm_calls UInt32,
    tool_calls UInt32,
    errors UInt32,
    span_errors UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cached_tokens UInt64,
    cache_write_tokens UInt64,
    reasoning_tokens UInt64,
    usage_complete UInt8,
    cost_usd Nullable(Decimal(18, 9)),
    cost_complete UInt8,
    latency_ms_sum Float64,
    latency_ms_p50 Float64,
    latency_ms_p95 Float64,
    ttft_ms_p50 Nullable(Float64),
    users Array(String),
    models Array(LowCardinality(String)),
    environments Array(LowCardinality(String)),
    tags Array(String),
    metadata Map(String, String),
    source_project LowCardinality(String),
    session_source LowCardinality(String),
    first_input String CODEC(ZSTD(1)),
    last_output String CODEC(ZSTD(1)),
    last_error String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id)
SETTINGS index_granularity = 512;

-- Small facts about the store itself: rebuild generation, the hash of the conventions view.
CREATE TABLE store_facts (
    name String,
    value String,
    version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY name;
