"""Filters as text: what they mean, and where they stop to make sense."""

import pytest

from parley.query import BadFilter, narrow
from parley.query.filters import check_filter, compile_filter, parse_filter

NOW = 1_790_000_000_000_000_000
WRONG = [
    # text, column, length, what is said, what is suggested
    ("", 1, 0, "ends too early", ""),
    ("turns >", 8, 0, "expected a value", ""),
    ("turns > 3 4", 11, 1, "expected `and`, `or` or the end", ""),
    ("turns > 3 and", 14, 0, "expected a field", ""),
    ("(turns > 3", 11, 0, "expected", ""),
    ("turns > 3)", 10, 1, "not expected", ""),
    ("turns ! 3", 7, 1, "expected an operator", ""),
    ("model = gpt-4o", 9, 6, "quotes", '"gpt-4o"'),
    ('model = "gpt', 9, 4, "quotes are not closed", ""),
    ("metadata[tier] = 'x'", 10, 4, "a key in quotes", ""),
    ("5 > turns", 1, 1, "expected a field", ""),
    ("model in 'a'", 10, 3, "expected `(`", ""),
    ("cost_usd is 3", 13, 1, "expected `unknown`", ""),
    ("count(turn.failed)", 19, 0, "comparison such as > 3", ""),
    ("latncy_ms_p95 > 3", 1, 13, "no field latncy_ms_p95", "latency_ms_p95"),
    ("turns > 1 and Models = 'x'", 15, 6, "no field Models", "models"),
    ("turn.latency > 1", 1, 12, "no field turn.latency", "turn.latency_ms"),
    ("any(turn.kind = 'x')", 5, 9, "no field turn.kind", None),
    ("turns > 'x'", 9, 3, "turns is a number, this is text", ""),
    ("model > 'x'", 7, 1, "takes = != ~ !~ in", ""),
    ("model = 4", 9, 1, "model is text, this is a number", '"4"'),
    ("failed = 3", 10, 1, "true or false", ""),
    ("turns", 1, 5, "compare it with something", ""),
    ("cost_usd > 5s", 12, 2, "cost_usd takes no unit", ""),
    ("duration_ms > 5 s", 17, 1, "expected `and`", ""),
    ("duration_ms > 5fortnights", 15, 11, "no unit 'fortnights'", ""),
    ("started_at > 7d", 14, 2, "a time is written -7d", ""),
    ("started_at > '2026-13-01'", 14, 12, "no such time", ""),
    ("started_at > 1969-01-01", 14, 10, "between 1970", ""),
    ("started_at = -7d", 12, 1, "takes > >= < <=", ""),
    ("turns > 1e999", 9, 5, "too large", ""),
    ("turns is unknown", 1, 5, "always known", ""),
    ("metadata = 'x'", 1, 8, "has keys", 'metadata["key"]'),
    ("model['x'] = 'x'", 1, 10, "has no keys", "model"),
    ("metadata['a'] > 'x'", 17, 3, "> does not go with text", ""),
    ("turn.failed", 1, 11, "a session has many", "any(turn.failed …)"),
    ("any(turn.failed and span.error)", 1, 3, "about turns or about spans", ""),
    ("any(turn.failed and any(turn.failed))", 21, 3, "inside another", ""),
    ("any(turns > 3)", 5, 5, "turns is not of a turn", None),
    ("count(turn.failed) > 1.5", 22, 3, "whole number", ""),
    ("count(turn.failed) > 'x'", 22, 3, "whole number", ""),
    ("not " * 21 + "failed", None, 3, "20 levels", ""),
    ("(" * 30 + "failed and turns > 1" + ")" * 30, None, None, None, None),
    ("turns in (" + ",".join("1" * 201) + ")", 1, 0, "201 values", ""),
    ("turns > 3" + " " * 4000, 4001, 9, "longer than 4000", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "length", "said", "suggestion"), WRONG)
def test_an_error_points_at_the_place(
    text: str, column: int | None, length: int | None, said: str | None, suggestion: str | None
) -> None:
    if said is None:  # parentheses alone mean nothing and cost nothing
        narrow("", text, now_ns=NOW)
        return
    with pytest.raises(BadFilter) as caught:
        check_filter(parse_filter(text), now_ns=NOW)
    error = caught.value
    assert said in error.reason
    if column is not None:
        assert (error.column, error.end - error.start) == (column, length)
    if suggestion is not None:
        assert error.suggestion == suggestion
    assert error.field == "filter"
    assert f"(column {error.column})" in str(error)


HOSTILE = [
    "'; DROP TABLE sessions; --",
    "\\",
    "\\'",
    '"',
    "{f0:String}",
    "{{live_spans}}",
    "/*among*/",
    "%",
    "%s",
    "\n\t\x00",
    "') OR 1=1 --",
    "東京🎉",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_values_are_bound_and_never_written(value: str) -> None:
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = (
        f"user = {quoted} and metadata[{quoted}] ~ {quoted} and any(span.name in ({quoted}, 'x'))"
    )
    plain = "user = 'p' and metadata['p'] ~ 'p' and any(span.name in ('p', 'x'))"
    found = compile_filter(check_filter(parse_filter(text), now_ns=NOW))
    same = compile_filter(check_filter(parse_filter(plain), now_ns=NOW))
    assert found.conditions == same.conditions
    assert list(found.values.values()) == [value, value, value, [value, "x"]]


def test_words_of_the_language_may_be_written_large_and_fields_may_begin_with_them() -> None:
    small = narrow("", "failed and not (turns > 3 or errors in (1, 2))", now_ns=NOW)
    large = narrow("", "failed AND NOT (turns > 3 OR errors IN (1, 2))", now_ns=NOW)
    assert small == large
    with pytest.raises(BadFilter, match="no field android"):
        narrow("", "android = 1", now_ns=NOW)


def test_the_same_moment_may_be_written_in_many_ways() -> None:
    day = NOW - 86_400 * 10**9
    for text in ("-1d", "-24h", "-1440min", "-1440m", "-86400s", "-8.64e4s"):
        compiled = compile_filter(check_filter(parse_filter(f"started_at > {text}"), now_ns=NOW))
        assert list(compiled.values.values()) == [day]
    same = {
        str(compile_filter(check_filter(parse_filter(f"started_at > {t}"), now_ns=NOW)).values)
        for t in ("2026-11-22", "'2026-11-22'", "2026-11-22T00:00:00Z", "2026-11-22T02:00+02:00")
    }
    assert len(same) == 1


def test_what_is_cheap_is_asked_first() -> None:
    text = (
        "any(span.name = 't') and any(turn.output ~ 'x') and any(span.kind = 'tool') and turns > 3"
    )
    compiled = compile_filter(check_filter(parse_filter(text), now_ns=NOW))
    assert [cost for cost, _ in compiled.conditions] == [0, 0, 1, 2]
    narrowed = narrow("refund", text, now_ns=NOW).sql(interval="1")
    assert narrowed.index("span_kinds") < narrowed.index("FROM messages")
    assert narrowed.index("FROM messages") < narrowed.index("FROM turns")
    assert narrowed.count("/*among*/") == 0
