-- What people and programs say about sessions: rows are added, never changed; one that is taken back
-- gets a row of the same id that says so. They may precede their session. Acknowledged when they are on
-- disk. by_id: an id is looked up without its session when it is sent again, or removed.
CREATE TABLE IF NOT EXISTS annotations (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    id String CODEC(ZSTD(1)),
    version UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    created_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    turn_id String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    kind LowCardinality(String),
    number Float64,
    text String CODEC(ZSTD(1)),
    comment String CODEC(ZSTD(1)),
    source LowCardinality(String),
    author String CODEC(ZSTD(1)),
    INDEX by_id id TYPE bloom_filter GRANULARITY 1
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, id)
SETTINGS index_granularity = 512, min_rows_to_fsync_after_merge = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- The newest number of each name that was said of the session as a whole; written with the row.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS scores Map(String, Float64) CODEC(LZ4) AFTER last_error;
