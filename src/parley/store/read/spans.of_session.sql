-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Columns as in query/spans.py.
SELECT {{span_columns}}
FROM {{live_spans}}
WHERE session_id = {session_id:String}
{{keys_first}}
