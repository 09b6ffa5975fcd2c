-- keys_first: every condition is on the sorting key, which all versions of a row share.
-- Which managed prompt answered, of the traces of a session that say so. The attributes are looked at
-- behind FINAL (HAVING): a tombstone has none.
SELECT
    lower(hex(trace_id)),
    anyIf(attributes['ag.refs.application.slug'], attributes['ag.refs.application.slug'] != '') AS application,
    anyIf(attributes['ag.refs.variant.slug'], attributes['ag.refs.application.slug'] != ''),
    anyIf(attributes['ag.refs.variant.version'], attributes['ag.refs.application.slug'] != ''),
    anyIf(attributes['ag.refs.environment.slug'], attributes['ag.refs.application.slug'] != '')
FROM {{live_spans}}
WHERE session_id = {session_id:String}
    AND start_time BETWEEN fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
GROUP BY trace_id
HAVING application != ''
{{keys_first}}
