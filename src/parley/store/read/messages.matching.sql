-- Of each session the message that says most of what is searched for, the earliest of those; a very
-- long one from about where the first word is.
SELECT session_id, role, turn_id, substringUTF8(text, if(length(text) < 20000, 1, toUInt64(greatest(1, toInt64(positionCaseInsensitiveUTF8(text, {first:String})) - 500))), 20000)
FROM messages FINAL
PREWHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)}
WHERE role != 'system' AND (/*some*/)
ORDER BY session_id, /*hits*/ DESC, role = 'tool', folded, turn_started_at, span_started_at, ordinal
LIMIT 1 BY session_id
