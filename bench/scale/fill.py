"""Fills a store: spans through the view that every span goes through, derived rows as derivation
would write them. The test derives all of it again and finds nothing changed.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.scale.plan import Plan
from bench.scale.words import VOCABULARY, WORDS_EACH
from parley.store import Store, StoreBusy
from parley.store.engine import Engine

__all__ = ["fill_store", "fill_tables"]

RARE_WORDS = 100_000
BATCH_SPANS = 40_000  # more does not fit the memory that the engine has
SUMMARISE_SESSIONS = 2000
SETTINGS = (
    "SETTINGS max_insert_threads = 1, max_threads = 2, max_block_size = 4096, "
    "min_insert_block_size_rows = 20000, min_insert_block_size_bytes = 40000000"
)
SPANS = """INSERT INTO received_spans (project_id, version, received_at, source, trace_id, span_id,
    parent_span_id, start_time, start_time_unix_nano, end_time_unix_nano, name, otel_kind, status_code,
    status_message, attributes, attribute_types, resource_attributes, scope_name)
SELECT project_id, start_ns + 2000000000 AS version, version AS received_at, 'bench' AS source, trace_id,
    reinterpretAsFixedString(sipHash64('span', s, t, toUInt32(i))) AS span_id,
    if(i = 0, toFixedString('', 8), root_id) AS parent_span_id,
    fromUnixTimestamp64Nano(toInt64(start_ns), 'UTC') AS start_time,
    start_ns AS start_time_unix_nano,
    end_ms * 1000000 AS end_time_unix_nano,
    name, 1 AS otel_kind, is_error ? 2 : 0 AS status_code, message AS status_message,
    mapConcat(attributes, map('session.id', session_id, 'app.release', '2026.11.3', 'app.region', environment,
        'app.request', lower(hex(sipHash128(place, i))), 'app.feature', concat('flow-', toString(place % 17)))) AS attributes,
    mapFilter((k, v) -> v != '', map('gen_ai.usage.input_tokens', if(mapContains(attributes, 'gen_ai.usage.input_tokens'), 'int', ''))) AS attribute_types,
    map('service.name', 'assistant', 'deployment.environment.name', environment, 'service.version', '4.2.1',
        'host.name', concat('node-', toString(s % 40)), 'telemetry.sdk.language', 'python') AS resource_attributes,
    'bench.scale' AS scope_name
FROM (
    SELECT *, start_ms * 1000000 AS start_ns FROM (
        SELECT *, 0 AS i, T AS start_ms, T + D AS end_ms, 'assistant' AS name, 0 AS is_error, '' AS message,
            map('gen_ai.operation.name', 'invoke_agent', 'gen_ai.agent.name', 'assistant', 'user.id', user_id,
                'tag.tags', concat('["', tag, '"]'), 'metadata', concat('{"tenant": "t', toString(s % 50), '"}')) AS attributes
        FROM ({turns})
        UNION ALL
        SELECT * EXCEPT (last, question, answer, asked, told), if(last, K - 1, 1) AS i,
            if(last, T + intDiv(D * (K - 1), K), T + 10) AS start_ms,
            if(last, T + D - 5, T + 10 + intDiv(D, 2 * K)) AS end_ms,
            concat('chat ', model) AS name, last AND failed AS is_error, if(is_error, 'the provider took too long', '') AS message,
            mapConcat(
                map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', provider, 'gen_ai.request.model', model,
                    'gen_ai.response.model', concat(model, '-2026-08-01'), 'gen_ai.response.id', lower(hex(sipHash128('response', place, last))),
                    'gen_ai.request.temperature', '0.2', 'gen_ai.input.messages',
                    concat('[', {history}, {user}, if(last, concat(', ', {call}, ', ', {result}), ''), ']')),
                if(is_error, map('error.type', 'TimeoutError'), map(
                    'gen_ai.output.messages', concat('[', if(last, {assistant}, {call}), ']'),
                    'gen_ai.usage.input_tokens', toString(given), 'gen_ai.usage.output_tokens', toString(if(last, got, 20)),
                    'llm.cost.total', {cost},
                    'gen_ai.response.time_to_first_chunk', {wait}))) AS attributes
        FROM (SELECT *, {question} AS question, {answer} AS answer, {asked} AS asked, {told} AS told,
            arrayJoin([0, 1]) AS last FROM ({turns}))
        UNION ALL
        SELECT * EXCEPT (j), j + 2 AS i, T + intDiv(D * i, K) AS start_ms, start_ms + intDiv(D, K) AS end_ms,
            'execute_tool look_up' AS name, stumbles AND j = 0 AS is_error, if(is_error, 'no such order', '') AS message,
            map('gen_ai.operation.name', 'execute_tool', 'gen_ai.tool.name', 'look_up',
                'gen_ai.tool.call.id', concat('call-', toString(place)),
                'input.value', {tool_input}, 'output.value', {tool_output}) AS attributes
        FROM (SELECT *, arrayJoin(range(K - 3)) AS j FROM ({turns}))
    )
)
{settings}"""
TURNS = """INSERT INTO turns (project_id, session_id, turn_id, version, is_deleted, started_at, ended_at,
    trace_ids, input, output, failed, error, models, spans, llm_calls, tool_calls, span_errors,
    input_tokens, output_tokens, usage_complete, cost_usd, cost_complete, ttft_ms, users, environments,
    tags, metadata, session_source, resent_messages, messages, usage_providers, usage_models,
    usage_response_models, usage_cost_sources, usage_cost_reasons, usage_calls, usage_input_tokens,
    usage_output_tokens, usage_cached_tokens, usage_cache_write_tokens, usage_reasoning_tokens, usage_costs_usd, span_kinds)
SELECT project_id, session_id, concat(lower(hex(trace_id)), '.0'), {{version:UInt64}}, 0,
    fromUnixTimestamp64Milli(toInt64(T), 'UTC'), fromUnixTimestamp64Milli(toInt64(T + D), 'UTC'),
    [lower(hex(trace_id))], {question}, if(failed, '', {answer}), failed,
    if(failed, 'TimeoutError: the provider took too long', ''), [model], K, 2, K - 3, failed + stumbles,
    if(failed, given, 2 * given), 20 + if(failed, 0, got), 1,
    cost, 1, toFloat64({wait}) * 1000, [user_id], [environment], [tag], map('tenant', concat('t', toString(s % 50))),
    'session.id', if(t = 0, 0, if(failed_before, 1, 2)), 4 - failed,
    arrayResize([provider], 1 + failed, provider), arrayResize([model], 1 + failed, model),
    arrayResize([concat(model, '-2026-08-01')], 1 + failed, concat(model, '-2026-08-01')),
    if(failed, ['client', ''], ['client']), if(failed, ['', 'failed'], ['']), if(failed, [1, 1], [2]),
    if(failed, [given, 0], [2 * given]), if(failed, [20, 0], [20 + got]), if(failed, [0, 0], [0]),
    if(failed, [0, 0], [0]), if(failed, [0, 0], [0]),
    if(failed, [cost, NULL], [cost]),
    mapFilter((kind, number) -> number > 0, map('agent', 1, 'llm', 2, 'tool', K - 3))
FROM (SELECT *, toDecimal64(price * (if(failed, given, 2 * given) + 4 * (20 + if(failed, 0, got))), 9) / 1000000000 AS cost
    FROM ({turns})) {settings}"""
MESSAGES = """INSERT INTO messages (project_id, session_id, turn_started_at, trace_id, span_started_at,
    ordinal, version, is_deleted, turn_id, span_id, time, role, text, parts, content_hash, model, folded)
SELECT project_id, session_id, fromUnixTimestamp64Milli(toInt64(T), 'UTC'), trace_id,
    fromUnixTimestamp64Milli(toInt64(if(n < 2, T + 10, T + intDiv(D * (K - 1), K))), 'UTC'), n, {{version:UInt64}}, 0,
    concat(lower(hex(trace_id)), '.0'), reinterpretAsFixedString(sipHash64('span', s, t, toUInt32(if(n < 2, 1, K - 1)))),
    fromUnixTimestamp64Milli(toInt64([T + 10, T + 10 + intDiv(D, 2 * K), T + intDiv(D * (K - 1), K), T + D - 5][n + 1]), 'UTC'),
    ['user', 'assistant', 'tool', 'assistant'][n + 1],
    [question, '', told, answer][n + 1],
    ['',
     concat('[{{"kind":"tool_call","name":"look_up","call_id":"call-', toString(place), '","arguments":"{{\\\\"order\\\\": \\\\"', asked, '\\\\"}}"}}]'),
     concat('[{{"kind":"tool_result","text":"', told, '","call_id":"call-', toString(place), '"}}]'),
     ''][n + 1],
    bitAnd(sipHash64('message', place, n), 18446744073709551612) + [1, 2, 3, 2][n + 1], if(n IN (1, 3), model, ''), 0
FROM (SELECT *, {question} AS question, {answer} AS answer, {asked} AS asked, {told} AS told,
    arrayJoin(if(failed, [0, 1, 2], [0, 1, 2, 3])) AS n FROM ({turns})) {settings}"""
TRACES = """INSERT INTO traces (project_id, session_id, trace_id, version, is_deleted, started_at, ended_at,
    opens, question, tail, turn_ids, spans)
SELECT project_id, session_id, trace_id, {{version:UInt64}}, 0, fromUnixTimestamp64Milli(toInt64(T), 'UTC'),
    fromUnixTimestamp64Milli(toInt64(T + D), 'UTC'), 1, 0,
    arrayMap(n -> bitAnd(sipHash64('message', place, n), 18446744073709551612) + [1, 2, 3, 2][n + 1], if(failed, [0, 1, 2], [0, 1, 2, 3])),
    [concat(lower(hex(trace_id)), '.0')], K
FROM ({turns}) {settings}"""
DONE = """INSERT INTO touched (project_id, trace_id, touched_at, done)
SELECT project_id, trace_id, max(touched_at), 1 FROM touched
WHERE project_id = {project:String} AND done = 0 AND touched_at >= {since:UInt64} GROUP BY project_id, trace_id"""


def words_sql(seed: str, count: str) -> str:
    """Returns SQL of some words in the language of a turn."""
    return (
        f"arrayStringConcat(arrayMap(w -> {VOCABULARY}[1 + lang * {WORDS_EACH} + "
        f"intHash64({seed} + w * 7919) % {WORDS_EACH}], range({count})), ' ')"
    )


def text_sql(place: str, kind: str) -> str:
    """Returns SQL of what was said: most texts are short, some are long."""
    match kind:
        case "question":
            # The last word is rare: one in 100,000 questions has it.
            words = words_sql(f"{place} * 8", f"4 + intHash32({place}) % 24")
            return f"concat({words}, ' ref', toString(({place}) % {RARE_WORDS}))"
        case "answer":
            return words_sql(f"{place} * 8 + 1", f"10 + intHash32({place} + 1) % 90")
        case "asked":
            return words_sql(f"{place} * 8 + 2", "3")
        case _:
            return words_sql(f"{place} * 8 + 3", f"8 + intHash32({place} + 3) % 40")


def parts_of(plan: Plan) -> dict[str, str]:
    """Returns the pieces of SQL that the statements are made of."""
    before = "(place - 1)"
    return {
        "turns": plan.turns_sql(),
        "settings": SETTINGS,
        "question": text_sql("place", "question"),
        "answer": text_sql("place", "answer"),
        "asked": text_sql("place", "asked"),
        "told": text_sql("place", "told"),
        "wait": "toString((80 + intHash32(place + 5) % 900) / 1000)",
        "cost": "toString(toDecimal64(price * (given + 4 * if(last, got, 20)), 9) / 1000000000)",
        "user": """concat('{"role": "user", "parts": [{"type": "text", "content": "', question, '"}]}')""",
        "assistant": """concat('{"role": "assistant", "parts": [{"type": "text", "content": "', answer, '"}]}')""",
        "call": """concat('{"role": "assistant", "parts": [{"type": "tool_call", "id": "call-', toString(place), '", "name": "look_up", "arguments": {"order": "', asked, '"}}]}')""",
        "result": """concat('{"role": "tool", "parts": [{"type": "tool_call_response", "id": "call-', toString(place), '", "result": "', told, '"}]}')""",
        "history": f"""if(t = 0, '', concat('{{"role": "user", "parts": [{{"type": "text", "content": "', {text_sql(before, "question")}, '"}}]}}, ',
            if(failed_before, '', concat('{{"role": "assistant", "parts": [{{"type": "text", "content": "', {text_sql(before, "answer")}, '"}}]}}, '))))""",
        "tool_input": words_sql("place * 8 + 4 + i * 31", "8 + intHash32(place + i) % 20"),
        "tool_output": words_sql("place * 8 + 5 + i * 37", "20 + intHash32(place + i + 9) % 60"),
    }


def fill(text: str, parts: dict[str, str]) -> str:
    """Returns a statement with its `{pieces}` filled in; `{name:Type}` are bound by the engine."""
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part)
    return text


def batches(plan: Plan) -> Iterator[dict[str, int]]:
    """Returns ranges of sessions and turns with about BATCH_SPANS spans each."""
    size = max(BATCH_SPANS * plan.sessions // max(plan.ordinary_spans, 1), 1)
    for first in range(0, plan.ordinary, size):
        count = min(size, plan.ordinary - first)
        yield {"first": first, "count": count, "begin": 0, "end": 1_000_000}
    for session in range(plan.ordinary, plan.sessions):
        turns, spans = plan.giant_of(session)
        step = max(BATCH_SPANS // max(spans, 8), 1)
        for begin in range(0, turns, step):
            yield {"first": session, "count": 1, "begin": begin, "end": begin + step}


def fill_store(folder: Path, plan: Plan, tell: Callable[[str], None]) -> None:
    """Fills an empty store in `folder`. Takes about ten minutes for 10 M spans on two cores."""
    store = Store.open(folder)
    try:
        fill_tables(store, plan, tell)
    finally:
        store.close()


def insert(engine: Engine, text: str, values: dict[str, int]) -> None:
    """Inserts a batch; while merges take the engine's memory it waits and inserts it once more."""
    for wait in (1, 2, 5, 10, 20):
        try:
            engine.command(text, values)
        except StoreBusy:
            time.sleep(wait)
        else:
            return
    engine.command(text, values)


def fill_tables(store: Store, plan: Plan, tell: Callable[[str], None]) -> None:
    """Inserts the spans and what is derived from them."""
    engine = store._engine  # these statements are no questions that the store knows
    parts = parts_of(plan)
    statements = {
        name: fill(text.replace("{{", "{").replace("}}", "}"), parts)
        for name, text in (
            ("traces", TRACES), ("turns", TURNS), ("messages", MESSAGES), ("spans", SPANS),
        )
    }  # fmt: skip
    version = time.time_ns()
    began = told = time.monotonic()
    for place, where in enumerate(batches(plan)):
        since = time.time_ns()
        for text in statements.values():
            insert(engine, text, {**where, "version": version})
        engine.command(DONE, {"project": plan.project, "since": since})
        if time.monotonic() - told > 15:
            told = time.monotonic()
            tell(f"batch {place + 1}, {told - began:.0f} s")
    # In the order of the key: neighbours are read together.
    ids = sorted(plan.id_of(session) for session in range(plan.sessions))
    for first in range(0, len(ids), SUMMARISE_SESSIONS):
        store.run(
            "sessions.summarise",
            project_id=plan.project,
            sessions=ids[first : first + SUMMARISE_SESSIONS],
            version=version,
        )
    tell(f"filled in {time.monotonic() - began:.0f} s")
