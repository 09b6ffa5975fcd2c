-- Touches the traces of turns whose calls used certain models (provider, model and answering model in
-- three lines each) in an interval, unless the client told the cost itself or there is nothing to price.
INSERT INTO touched (project_id, trace_id, touched_at, done, again)
SELECT DISTINCT project_id, toFixedString(unhex(arrayJoin(trace_ids)), 16), {at:UInt64}, 0, 1
FROM turns FINAL
WHERE project_id = {project_id:String}
    AND ended_at >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND started_at < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')
    AND arrayExists((provider, model, answered, source, reason) -> source != 'client' AND reason NOT IN ('no_usage', 'no_model')
            AND has({keys:Array(String)}, concat(provider, '\n', model, '\n', answered)),
        usage_providers, usage_models, usage_response_models, usage_cost_sources, usage_cost_reasons)
