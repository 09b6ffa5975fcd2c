-- Columns as in query/spans.py.
SELECT {{span_columns}}
FROM {{live_spans}}
WHERE session_id = {session_id:String}
