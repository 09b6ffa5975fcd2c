"""docs/filters.md, from the table of fields."""

from parley.query.filters.grammar import DEPTH_MAX, LENGTH_MAX, VALUES_MAX
from parley.query.filters.vocabulary import FIELDS, OPERATORS, Field, Kind, Scope

__all__ = ["filters_page"]

HEAD = f"""# The filter language

A filter says which sessions are listed, summed and charted. This page is generated from
`src/parley/query/filters/vocabulary.py` by `scripts/fix`; [search.md](search.md) tells where it
is used.

```
cost_usd > 0.5 and turns >= 10
model = "gpt-4o" and user ~ "ada" and metadata["tier"] = "pro" and not tag in ("beta", "test")
started_at > -7d and (failed or cost_usd is unknown)
score["helpful"] >= 0.8 or score["helpful"] is unknown
any(turn.latency_ms > 5s and turn.failed)
count(span.kind = "tool") > 3 and all(turn.output is not unknown)
```

- `and` binds closer than `or`, `not` closest; parentheses group. Words may be written large.
- **Text** stands in quotes, `"` or `'`; `\\"`, `\\\\`, `\\n` inside. `~` is *contains*,
  whatever the case; `!~` is the opposite. A field with several values (`user`, `model`, `tag`,
  …) matches when one of them does.
- **Numbers** are plain; those in milliseconds take a unit as well: `ms`, `s`, `min` or `m`,
  `h`, `d`, `w`.
- **Times** are so long ago, `-30min`, `-7d`, or ISO-8601, UTC without an offset: `2026-11-22`,
  `2026-11-22T10:00:00+01:00`.
- **`in (…)`**, `not in (…)`: one of several values.
- **What is unknown** meets no comparison: a session without a price is neither above nor below
  any cost. `is unknown` and `is not unknown` ask for it; of text it means empty. `not` and `!=`
  are the exact opposite, so `cost_usd != 1` holds where the cost is unknown.
- **`any(…)`**, **`all(…)`** and **`count(…) > 3`** are about the turns of a session or about
  its spans, not both: inside are fields of one kind.
- What has keys holds text: `metadata["level"] > 3` compares it as the number that it spells.
- At most {LENGTH_MAX:,} characters, {VALUES_MAX} values, {DEPTH_MAX} levels.

An error names the column and what may have been meant: `no field latncy_ms_p95; did you mean
latency_ms_p95? (column 5)`. In an answer of the API `column`, `length` and `suggestion` say it
to programs.

Conditions on the session's own row cost least; then words that are searched for, then other
fields of turns, then spans. The order in which they are written does not matter: what is dear
is asked only of the sessions that the cheap conditions and the interval leave.
"""
TITLES: dict[Scope, str] = {
    "session": "Fields of a session",
    "turn": "Fields of a turn, inside any, all and count",
    "span": "Fields of a span, inside any, all and count",
}
KINDS: dict[Kind, str] = {
    "number": "number",
    "time": "time",
    "text": "text",
    "texts": "texts",
    "keyed": "by key",
    "flag": "true or false",
}


def filters_page() -> str:
    """Returns the page."""
    parts = [HEAD]
    for scope, title in TITLES.items():
        rows = "".join(map(_row, (item for item in FIELDS if item.scope == scope)))
        parts.append(f"## {title}\n\n| field | kind | |\n|---|---|---|\n{rows}")
    signs = "".join(
        f"| {KINDS[kind]} | {' '.join(f'`{sign}`' for sign in found)} |\n"
        for kind, found in OPERATORS.items()
    )
    parts.append(f"## Operators\n\n| kind | |\n|---|---|\n{signs}")
    return "\n".join(parts)


def _row(item: Field) -> str:
    names = " or ".join(f"`{name}`" for name in (item.name, item.alias) if name)
    kind = KINDS[item.kind] + {"ms": ", ms", "usd": ", dollars", "": ""}[item.unit]
    lacks = " (may be unknown)" if item.is_optional else ""
    return f"| {names} | {kind} | {item.help}{lacks} |\n"
