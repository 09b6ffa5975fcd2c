-- keys_first: every condition is on the sorting key, which all versions of a row share.
SELECT session_id, toUnixTimestamp64Nano(turn_started_at), lower(hex(trace_id)), toUnixTimestamp64Nano(span_started_at), ordinal, content_hash
FROM messages FINAL
WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
{{keys_first}}
