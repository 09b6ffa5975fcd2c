-- Which models the calls of a turn used, and where the price of each came from: arrays of one length,
-- one entry for each (provider, model, answering model, source of the price, reason without one).
ALTER TABLE turns
    ADD COLUMN IF NOT EXISTS usage_providers Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS usage_models Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS usage_response_models Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS usage_cost_sources Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS usage_cost_reasons Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS usage_calls Array(UInt32),
    ADD COLUMN IF NOT EXISTS usage_input_tokens Array(UInt64),
    ADD COLUMN IF NOT EXISTS usage_output_tokens Array(UInt64),
    ADD COLUMN IF NOT EXISTS usage_cached_tokens Array(UInt64),
    ADD COLUMN IF NOT EXISTS usage_cache_write_tokens Array(UInt64),
    ADD COLUMN IF NOT EXISTS usage_reasoning_tokens Array(UInt64),
    ADD COLUMN IF NOT EXISTS usage_costs_usd Array(Nullable(Decimal(18, 9)));

-- again: derived before, and only touched because a price changed. What is new goes first.
ALTER TABLE touched ADD COLUMN IF NOT EXISTS again UInt8;

-- Traces that derivation could not make a conversation of, and why; gone once it can.
CREATE TABLE IF NOT EXISTS trace_notes (
    project_id LowCardinality(String),
    trace_id FixedString(16),
    version UInt64,
    is_deleted UInt8,
    noted_at DateTime64(9, 'UTC'),
    reason String
) ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, trace_id)
SETTINGS index_granularity = 512;

-- Rows of before know nothing of these columns: everything is derived once more, in the background.
INSERT INTO touched (project_id, trace_id, touched_at, done, again)
SELECT project_id, trace_id, greatest(toUInt64(toUnixTimestamp64Nano(now64(9))), (SELECT max(touched_at) FROM touched) + 1), 0, 1 FROM trace_sessions GROUP BY project_id, trace_id;
