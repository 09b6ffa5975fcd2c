-- What makes lists and charts cheap to read, measured on 10 M spans in 250,000 sessions.

-- Smaller granules and blocks: the 100 wide rows of a page lie in 100 places (88 ms before, 38 after).
DROP TABLE IF EXISTS sessions_again;

CREATE TABLE sessions_again AS sessions
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id)
SETTINGS index_granularity = 128, min_compress_block_size = 4096;

-- The turns of a session in order of start, for the strip and the chart: one row a session is kept
-- apart from its older versions six times faster than one row a turn. LZ4, because every chart reads
-- all of it: ZSTD doubles the time and saves 5 bytes a turn.
ALTER TABLE sessions_again
    ADD COLUMN IF NOT EXISTS messages UInt32,
    ADD COLUMN IF NOT EXISTS turn_starts Array(Int64) CODEC(LZ4),
    ADD COLUMN IF NOT EXISTS turn_latencies_ms Array(Float32) CODEC(LZ4),
    ADD COLUMN IF NOT EXISTS turn_failed Array(UInt8) CODEC(LZ4),
    ADD COLUMN IF NOT EXISTS turn_tokens Array(UInt64) CODEC(LZ4),
    ADD COLUMN IF NOT EXISTS turn_cached_tokens Array(UInt64) CODEC(LZ4),
    ADD COLUMN IF NOT EXISTS turn_costs_usd Array(Nullable(Decimal(18, 9))) CODEC(LZ4);

-- All that a list shows of a session, as one JSON array: a page of 100 sessions then reads one column
-- in 100 places instead of 32 (LZ4: a whole granule is unpacked for one row). Order as in query/sessions.py.
ALTER TABLE sessions_again
    ADD COLUMN IF NOT EXISTS card String MATERIALIZED formatRowNoNewline('JSONCompactEachRow', session_id, toUnixTimestamp64Nano(started_at), toUnixTimestamp64Nano(last_activity_at), turns, traces, spans, llm_calls, tool_calls, errors, span_errors, input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, usage_complete, cost_usd, cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50, users, models, environments, tags, metadata, source_project, session_source, first_input, last_output, last_error) CODEC(LZ4);

INSERT INTO sessions_again (project_id, session_id, version, is_deleted, started_at, last_activity_at, turns, traces, spans, llm_calls, tool_calls, errors, span_errors, input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, usage_complete, cost_usd, cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50, users, models, environments, tags, metadata, source_project, session_source, first_input, last_output, last_error)
SELECT project_id, session_id, version, is_deleted, started_at, last_activity_at, turns, traces, spans, llm_calls, tool_calls, errors, span_errors, input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, usage_complete, cost_usd, cost_complete, latency_ms_sum, latency_ms_p50, latency_ms_p95, ttft_ms_p50, users, models, environments, tags, metadata, source_project, session_source, first_input, last_output, last_error
FROM sessions;

EXCHANGE TABLES sessions AND sessions_again;

DROP TABLE sessions_again;

-- Derivation sums sessions anew wherever they lie: of 1.7 M turns those of 1,000 sessions took 2.0 s
-- with 512 rows in a granule, 0.8 s with 64 and the keys read first.
DROP TABLE IF EXISTS turns_again;

CREATE TABLE turns_again AS turns
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, session_id, turn_id)
SETTINGS index_granularity = 64, min_compress_block_size = 4096;

INSERT INTO turns_again SELECT * FROM turns;

EXCHANGE TABLES turns AND turns_again;

DROP TABLE turns_again;

ALTER TABLE turns ADD COLUMN IF NOT EXISTS messages UInt32;

-- Rows of before know nothing of these columns: everything is derived once more, in the background.
INSERT INTO touched (project_id, trace_id, touched_at, done)
SELECT project_id, trace_id, toUInt64(toUnixTimestamp64Nano(now64(9))), 0 FROM trace_sessions GROUP BY project_id, trace_id;
