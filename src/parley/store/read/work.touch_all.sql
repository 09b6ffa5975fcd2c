INSERT INTO touched (project_id, trace_id, touched_at, done)
SELECT project_id, trace_id, greatest(toUInt64(toUnixTimestamp64Nano(now64(9))), (SELECT max(touched_at) FROM touched) + 1), 0 FROM trace_sessions GROUP BY project_id, trace_id
