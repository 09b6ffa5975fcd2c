-- Touches what was touched in an interval of a clock that was set back: among rows of one trace the
-- latest wins, so a row that is older than a done one would never be derived.
INSERT INTO touched (project_id, trace_id, touched_at, done)
SELECT DISTINCT project_id, trace_id, {later:UInt64}, 0
FROM touched
WHERE done = 0 AND touched_at BETWEEN {from_ns:UInt64} AND {to_ns:UInt64}
