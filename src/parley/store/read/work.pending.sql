-- Traces that derivation has not seen since they were last touched, longest waiting first.
SELECT project_id, lower(hex(trace_id)), touched_at
FROM touched FINAL
WHERE done = 0
ORDER BY touched_at
LIMIT {limit:UInt32}
