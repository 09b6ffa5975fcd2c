-- Which projects have annotations, and when the last one was written.
SELECT project_id, max(version) FROM annotations GROUP BY project_id
