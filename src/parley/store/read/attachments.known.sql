-- Which of some attachments a project has already.
SELECT DISTINCT lower(hex(hash))
FROM attachments
WHERE project_id = {project_id:String} AND hash IN (SELECT toFixedString(unhex(arrayJoin({hashes:Array(String)})), 32))
