-- What people say of a session: a title, tags, a bookmark. A row for each thing said, so that two who say
-- different things at once lose neither; the latest of each holds. kind: title (value has it), tag (name
-- has it) or bookmark.
CREATE TABLE IF NOT EXISTS labels (
    project_id LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    name String CODEC(ZSTD(1)),
    version UInt64,
    is_deleted UInt8,
    value String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, kind, name)
SETTINGS index_granularity = 512, min_rows_to_fsync_after_merge = 1, fsync_after_insert = 1, fsync_part_directory = 1;

-- The row of a session has them all, so that a list needs no join; own_tags are among its tags.
ALTER TABLE sessions
    ADD COLUMN IF NOT EXISTS title String,
    ADD COLUMN IF NOT EXISTS bookmarked UInt8,
    ADD COLUMN IF NOT EXISTS own_tags Array(String);

-- They as one JSON array beside the card, '' for the most: rows of before stay as they are.
ALTER TABLE sessions
    ADD COLUMN IF NOT EXISTS labels String MATERIALIZED if(title = '' AND NOT bookmarked AND empty(own_tags), '', formatRowNoNewline('JSONCompactEachRow', title, bookmarked, own_tags)) CODEC(LZ4);
