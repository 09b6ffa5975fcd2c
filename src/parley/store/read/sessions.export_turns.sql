-- Which sessions are exported as conversations, and how long each is.
SELECT session_id, turns {{exported}} /*page*/
{{as_export}}
