-- Sessions of every project whose row is older than what was said of them: rows are not synced, so a power
-- cut may take one that labels, which are, went into.
SELECT project_id, session_id
FROM sessions FINAL
INNER JOIN (
    SELECT project_id, session_id, max(version) AS said FROM labels GROUP BY project_id, session_id
) AS labelled USING (project_id, session_id)
WHERE (project_id, session_id) IN (SELECT project_id, session_id FROM labels) AND sessions.version < said
