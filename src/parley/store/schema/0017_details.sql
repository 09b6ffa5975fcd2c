-- What a call tells beyond the counts that every call has (tokens of sound and images, its service
-- tier): one map, empty of most spans, so that none of them pays for columns of its own.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS details Map(LowCardinality(String), String) CODEC(ZSTD(1));

ALTER TABLE understood_spans ADD COLUMN IF NOT EXISTS details Map(LowCardinality(String), String);

DROP VIEW IF EXISTS store_spans;

CREATE MATERIALIZED VIEW store_spans TO spans AS SELECT * FROM understood_spans;
