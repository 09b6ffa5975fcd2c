-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Moves the spans of traces to their session: one insert holds the live row and the tombstone of
-- the old key, so that no crash leaves a span twice or nowhere.
INSERT INTO spans
SELECT * EXCEPT (tombstone) REPLACE (
    if(tombstone = 1, session_id, transform(lower(hex(trace_id)), {trace_ids:Array(String)}, {targets:Array(String)}, session_id)) AS session_id,
    version + 1 AS version,
    tombstone AS is_deleted,
    if(tombstone = 1, map(), attributes) AS attributes,
    if(tombstone = 1, map(), resource_attributes) AS resource_attributes,
    if(tombstone = 1, [], events) AS events
)
FROM (
    SELECT * EXCEPT (tombstones), arrayJoin(tombstones) AS tombstone FROM (
        SELECT *, CAST([0, 1], 'Array(UInt8)') AS tombstones
        FROM {{live_spans}}
        WHERE session_id IN {sessions:Array(String)}
            AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
            AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
            AND session_id != transform(lower(hex(trace_id)), {trace_ids:Array(String)}, {targets:Array(String)}, session_id)
    )
)
{{keys_first}}
