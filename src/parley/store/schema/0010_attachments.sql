-- What stood in messages as data: images, sound, video, files, known by the SHA-256 of their bytes.
-- Every version of a row holds the same bytes, so any of them may be read: no FINAL. One granule of
-- 64 kB or one large value is unpacked for a row; LZ4, because most of it is compressed already.
CREATE TABLE attachments (
    project_id LowCardinality(String),
    hash FixedString(32),
    media_type LowCardinality(String),
    size_bytes UInt64,
    data String CODEC(LZ4),
    version UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, hash)
SETTINGS index_granularity = 64, index_granularity_bytes = 65536, min_rows_to_fsync_after_merge = 1, fsync_after_insert = 1;
