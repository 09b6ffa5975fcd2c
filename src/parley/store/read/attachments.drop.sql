-- Drops them, from disk too when it returns.
ALTER TABLE attachments
DELETE WHERE project_id = {project_id:String} AND version < {before:UInt64} AND hash NOT IN ({{attachments_named}})
SETTINGS mutations_sync = 2
