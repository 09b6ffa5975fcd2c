"""Random filters give what Python finds in the answers about the same sessions."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.model import Session, SessionQuery, Span, Turn, from_iso
from parley.query import find_sessions, narrow, open_session, read_series, read_spans
from parley.query.filters import parse_filter
from parley.query.filters.tree import Comparison, Connective, Flag, Negation, Quantified, Unknown
from tests.derive.test_conversation import START, Script, said
from tests.storing import Loading

NOW = START + 3600 * 10**9
NAMES = ["ada", "Ada Lovelace", "bob", "o'neil", 'q"x', "back\\slash", "{x}", "straße"]


@pytest.fixture(scope="module")
def sessions(
    store, tmp_path_factory
) -> tuple[Loading, list[tuple[Session, list[Turn], list[Span]]]]:
    loading = Loading(store, tmp_path_factory.mktemp("random"))
    script = Script(loading)
    bodies = []
    for place in range(14):
        for turn in range(1 + place % 4):
            attributes: dict[str, Any] = {
                "user.id": NAMES[place % len(NAMES)],
                "gen_ai.request.model": ["gpt-4o", "made-up"][(place + turn) % 2],
                "tag.tags": json.dumps(NAMES[: place % 3]),
                "metadata": json.dumps({"tier": ["pro", "free"][place % 2], "level": place})
                if place % 3
                else "{}",
            }
            if place % 5:
                attributes["gen_ai.usage.input_tokens"] = 10 * place
                attributes["gen_ai.usage.output_tokens"] = turn + 1
            call: dict[str, Any] = {
                "input": [said("user", f"{NAMES[turn]} asks")],
                "attributes": attributes,
                "for": 1 + (place * 7 + turn) % 5,
                "name": "chat",
                "parent": 9,
            }
            call |= (
                {"error": "HTTP 500"}
                if (place + turn) % 6 == 5
                else {"output": said("assistant", f"answer {turn}")}
            )
            tools = [
                {
                    "name": f"execute_tool t{n}",
                    "id": 20 + n,
                    "parent": 9,
                    "attributes": {
                        "gen_ai.operation.name": "execute_tool",
                        "gen_ai.tool.name": f"t{n}",
                    },
                }
                for n in range(place % 3)
            ]
            root = {
                "id": 9,
                "name": "agent",
                "for": 6,
                "attributes": {"gen_ai.operation.name": "invoke_agent"},
            }
            bodies.append(
                script.trace(1 + place * 10 + turn, root, call, *tools, session=f"r{place}")
            )
    script.send(*bodies)
    store._engine.command("OPTIMIZE TABLE turns FINAL")  # the index of words is made by merges
    known = []
    for session in find_sessions(store, loading.project_id, SessionQuery(limit=500)).sessions:
        detail = open_session(store, loading.project_id, session.session_id)
        page = read_spans(store, loading.project_id, session.session_id)
        assert detail is not None
        assert page is not None
        known.append((session, detail.turns, [span for tree in page.traces for span in tree.spans]))
    assert len(known) == 14
    return loading, known


ALIASES = {"user": "users", "model": "models", "environment": "environments", "tag": "tags"}


def value_of(name: str, key: str | None, row: Any) -> Any:
    """Returns what the API says about a field of a session, a turn or a span."""
    short = name.rpartition(".")[2]
    match name:
        case "failed":
            return row.errors > 0
        case "started_at" | "last_activity_at" | "turn.started_at":
            return from_iso(getattr(row, short))
        case "turn.failed":
            return row.error is not None
        case "turn.total_tokens":
            return row.input_tokens + row.output_tokens
        case "span.error":
            return row.failed
        case "span.model":
            return row.model
        case "span.attributes":
            found = row.attributes.get(key)
            return None if found is None else str(found)
        case "metadata":
            return row.metadata.get(key)
        case _:
            return getattr(row, ALIASES.get(short, short))


def compare(value: Any, operator: str, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(compare(one, operator, wanted) for one in value)
    if value is None:
        return False
    if operator == "~":
        return wanted.lower() in value.lower()
    if isinstance(wanted, float) and isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return False
    return {
        "=": value == wanted, ">": value > wanted, ">=": value >= wanted,
        "<": value < wanted, "<=": value <= wanted,
    }[operator] if operator in ("=",) or type(value) is not str else False  # fmt: skip


def holds(node: Any, row: Any, turns: list[Turn], spans: list[Span]) -> bool:
    """Evaluates a filter's tree; written again from docs/filters.md, not from the compiler."""
    match node:
        case Connective(word, items):
            return (all if word == "and" else any)(holds(i, row, turns, spans) for i in items)
        case Negation(item):
            return not holds(item, row, turns, spans)
        case Unknown(field, is_known):
            value = value_of(field.name, field.key, row)
            return (value in (None, "", [])) != is_known
        case Flag(field):
            return bool(value_of(field.name, field.key, row))
        case Quantified():
            rows: list[Any] = spans if "span." in str(node.item) else turns
            hits = sum(holds(node.item, each, [], []) for each in rows)
            if node.word == "any":
                return hits > 0
            if node.word == "all":
                return hits == len(rows)
            assert node.number is not None
            wanted = int(node.number.text)
            return hits != wanted if node.operator == "!=" else compare(hits, node.operator, wanted)
        case Comparison():
            value = value_of(node.field.name, node.field.key, row)
            wanted = [read(given) for given in node.values]
            match node.operator:
                case "in":
                    return any(compare(value, "=", one) for one in wanted)
                case "not in":
                    return not any(compare(value, "=", one) for one in wanted)
                case "!=" | "!~":
                    return not compare(value, {"!=": "=", "!~": "~"}[node.operator], wanted[0])
                case _:
                    return compare(value, node.operator, wanted[0])
    raise AssertionError(node)


def read(value: Any) -> Any:
    match value.kind:
        case "number" if value.unit == "s" and value.text.startswith("-"):
            return NOW + int(float(value.text) * 1e9)
        case "number":
            return float(value.text) * {"": 1.0, "s": 1000.0}[value.unit]
        case "flag":
            return value.text == "true"
        case _:
            return value.text


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


SIGN = st.sampled_from([">", ">=", "<", "<="])
WORD = st.sampled_from(
    [*NAMES, "a", "gpt-4o", "made-up", "pro", "", "ASK", "asks", "SWER 2", "e ask", "%sk"]
).map(quoted)
NUMBER = st.integers(0, 140).map(str)


def numbers(*names: str, values: Any = NUMBER) -> Any:
    plain = st.tuples(st.sampled_from(names), st.one_of(SIGN, st.sampled_from(["=", "!="])), values)
    many = st.tuples(
        st.sampled_from(names), st.sampled_from(["in", "not in"]),
        st.lists(values, min_size=1, max_size=3).map(lambda v: f"({', '.join(v)})"),
    )  # fmt: skip
    return st.one_of(plain, many).map(" ".join)


def texts(*names: str) -> Any:
    plain = st.tuples(st.sampled_from(names), st.sampled_from(["=", "!=", "~", "!~"]), WORD)
    many = st.tuples(
        st.sampled_from(names), st.sampled_from(["in", "not in"]),
        st.lists(WORD, min_size=1, max_size=3).map(lambda v: f"({', '.join(v)})"),
    )  # fmt: skip
    return st.one_of(plain, many).map(" ".join)


SECONDS = st.integers(0, 7).map(lambda n: f"{n}s")
SESSION_LEAF = st.one_of(
    numbers("turns", "spans", "errors", "tool_calls", "llm_calls", "input_tokens", "total_tokens"),
    numbers("duration_ms", "latency_ms_p95", values=SECONDS),
    numbers("cost_usd", values=st.sampled_from(["0", "0.0001", "0.001"])),
    texts("user", "model", "tags", "session_id", "first_input", "last_output", 'metadata["tier"]'),
    numbers('metadata["level"]', values=st.integers(0, 14).map(str)),
    st.tuples(st.sampled_from(["started_at", "last_activity_at"]), SIGN,
              st.integers(0, 3600).map(lambda n: f"-{n}s")).map(" ".join),
    st.sampled_from(["failed", "usage_complete = true", "cost_complete != true", "failed = false"]),
    st.tuples(st.sampled_from(["cost_usd", "metadata['tier']", "tag", "last_output"]),
              st.sampled_from(["is unknown", "is not unknown"])).map(" ".join),
)  # fmt: skip
TURN_LEAF = st.one_of(
    numbers("turn.latency_ms", values=SECONDS),
    numbers("turn.total_tokens", "turn.output_tokens", "turn.tool_calls", "turn.spans"),
    numbers("turn.cost_usd", values=st.sampled_from(["0", "0.0001"])),
    texts("turn.input", "turn.output"),
    st.sampled_from(["turn.failed", "turn.cost_usd is unknown", "turn.failed = false"]),
)
SPAN_LEAF = st.one_of(
    numbers("span.duration_ms", values=SECONDS),
    numbers("span.input_tokens"),
    texts("span.kind", "span.name", "span.model", 'span.attributes["user.id"]'),
    st.sampled_from(["span.error", "span.kind = 'tool'", "span.input_tokens is unknown"]),
)


def trees(leaf: Any) -> Any:
    return st.recursive(
        leaf,
        lambda item: st.one_of(
            st.tuples(item, st.sampled_from([" and ", " or "]), item).map(
                lambda t: f"({t[0]}{t[1]}{t[2]})"
            ),
            item.map(lambda text: f"not ({text})"),
        ),
        max_leaves=3,
    )


EACH = st.one_of(trees(TURN_LEAF), trees(SPAN_LEAF)).flatmap(
    lambda inner: st.one_of(
        st.sampled_from(["any", "all"]).map(lambda word: f"{word}({inner})"),
        st.tuples(st.sampled_from([">", ">=", "<", "<=", "=", "!="]), st.integers(0, 5)).map(
            lambda t: f"count({inner}) {t[0]} {t[1]}"
        ),
    )
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=trees(st.one_of(SESSION_LEAF, EACH)))
def test_the_store_and_python_agree(text: str, sessions: Any) -> None:
    loading, known = sessions
    query = SessionQuery(filter=text, now_ns=NOW, limit=500)
    page = find_sessions(loading.store, loading.project_id, query)
    tree = parse_filter(text)
    wanted = sorted(row.session_id for row, turns, spans in known if holds(tree, row, turns, spans))
    assert sorted(session.session_id for session in page.sessions) == wanted
    assert page.total == len(wanted)
    narrowing = narrow("", text, now_ns=NOW)
    assert read_series(loading.store, loading.project_id, narrowing=narrowing).sessions == len(
        wanted
    )
