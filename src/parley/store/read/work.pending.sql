-- Traces that derivation has not seen since they were last touched, longest waiting first; those that
-- are only priced again come last. Only of
-- those that have an undone row at all it has to be found out which row is the last one.
SELECT project_id, lower(hex(trace_id)), touched_at
FROM touched FINAL
WHERE done = 0
    AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM touched WHERE done = 0)
ORDER BY again, touched_at
LIMIT {limit:UInt32}
