-- keys_first: every condition before FINAL is on the sorting key, which all versions of a row share.
-- Which managed prompt answered, of the traces of a session that a run of ours left. The attributes are
-- looked at behind FINAL (HAVING): a tombstone has none.
SELECT
    lower(hex(trace_id)),
    anyIf(attributes['ag.refs.application.slug'], scope_name = {scope:String}) AS application,
    anyIf(attributes['ag.refs.variant.slug'], scope_name = {scope:String}),
    anyIf(attributes['ag.refs.variant.version'], scope_name = {scope:String}),
    anyIf(attributes['ag.refs.environment.slug'], scope_name = {scope:String})
FROM {{live_spans}}
WHERE session_id = {session_id:String}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
GROUP BY trace_id
HAVING application != ''
{{keys_first}}
