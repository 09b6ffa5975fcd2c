-- Spans are counted where they are shown: in their session, or in none.
SELECT
    sum(spans) + (SELECT count() FROM {{live_spans}} WHERE session_id = ''), count(), sum(messages)
FROM sessions FINAL
WHERE project_id = {project_id:String}
