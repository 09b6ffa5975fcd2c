-- What an attachment is, without its bytes.
SELECT media_type, size_bytes
FROM attachments
WHERE project_id = {project_id:String} AND hash = toFixedString(unhex({hash:String}), 32)
LIMIT 1
