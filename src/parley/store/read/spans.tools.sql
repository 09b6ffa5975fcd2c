-- Which tools the calls of some sessions offered to the model, as their clients wrote it.
SELECT DISTINCT session_id, mapFilter((k, v) -> k = 'gen_ai.tool.definitions' OR startsWith(k, 'llm.tools.') OR startsWith(k, 'llm.request.functions.'), CAST(attributes, 'Map(String, String)')) AS tools
FROM {{live_spans}}
WHERE session_id IN {sessions:Array(String)} AND kind = 'llm' AND notEmpty(tools)
{{keys_first}}
