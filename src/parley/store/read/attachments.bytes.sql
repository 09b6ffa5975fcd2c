-- Some bytes of an attachment, as Base64: a column of text would be read as UTF-8. first: from 1.
SELECT base64Encode(substring(data, {first:UInt64}, {length:UInt64}))
FROM attachments
WHERE project_id = {project_id:String} AND hash = toFixedString(unhex({hash:String}), 32)
LIMIT 1
