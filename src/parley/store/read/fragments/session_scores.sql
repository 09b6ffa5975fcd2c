LEFT JOIN (
    SELECT session_id, CAST(arraySlice(arraySort(groupArray((name, score))), 1, 1000), 'Map(String, Float64)') AS scores
    FROM (
        SELECT session_id, name, argMaxIf(held.2, held.3, held.1 != 'text') AS score
        FROM (
            SELECT session_id, name, argMax((kind, number, (created_at, id)), (created_at, id)) AS held
            FROM annotations FINAL
            WHERE project_id = {project_id:String} AND session_id IN {sessions:Array(String)} AND turn_id = '' AND trace_id = ''
            GROUP BY session_id, name, source, author
        )
        GROUP BY session_id, name
        HAVING countIf(held.1 != 'text') > 0
    )
    GROUP BY session_id
) AS scored USING (session_id)
