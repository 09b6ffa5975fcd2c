-- How many attachments that were written before a time no message names, and their bytes.
SELECT count(), sum(size)
FROM (
    SELECT hash, any(size_bytes) AS size
    FROM attachments
    WHERE project_id = {project_id:String} AND version < {before:UInt64} AND hash NOT IN ({{attachments_named}})
    GROUP BY hash
)
