"""Dialect tables to the SQL of the conventions view.

The rendered text is pinned by a snapshot test; its hash is stored, and the view is replaced when
it differs.
"""

import hashlib
from collections.abc import Sequence

from parley.conventions.precedence import OWN_KEYS_LIMIT, SESSION_KEYS
from parley.conventions.table import Dialect, Field

__all__ = ["render_view", "view_hash"]

MAX_TOKENS = 1_000_000_000_000  # a count above is nonsense and is dropped
TEXT_COLUMNS = (
    "request_model",
    "response_model",
    "provider",
    "response_id",
    "user_id",
    "environment",
    "source_project",
    "tool_name",
)
TOKEN_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
NUMBER_COLUMNS = ("cost_usd", "ttft_ms")
RECEIVED = (
    "project_id, start_time, trace_id, span_id, version, 0 AS is_deleted, received_at, source, "
    "parent_span_id, start_time_unix_nano, end_time_unix_nano, name, otel_kind, status_code, "
    "status_message, trace_state, flags, attributes, attribute_types, dropped_attributes_count, "
    "events, dropped_events_count, links, dropped_links_count, resource_attributes, "
    "resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, "
    "resource_schema_url, scope_name, scope_version, scope_attributes, scope_attribute_types, "
    "scope_dropped_attributes_count, scope_schema_url, notes"
)


def quote(text: str) -> str:
    """Returns a SQL string literal of a word from our own tables."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def lookup(item: Field) -> str:
    """Returns the expression that reads one attribute as text, '' when absent."""
    column = "attributes" if item.where == "span" else "resource_attributes"
    return f"{column}[{quote(item.key)}]"


def first_text(expressions: Sequence[str]) -> str:
    """Returns the first non-empty text of several expressions."""
    if not expressions:
        return "''"
    given = ", ".join(f"nullIf({item}, '')" for item in expressions)
    return f"coalesce({given}, '')"


def translated(item: Field) -> str:
    """Returns a fixed-vocabulary attribute in Parley's words, '' for words not listed."""
    words = ", ".join(quote(word) for word in item.values)
    ours = ", ".join(quote(word) for word in item.values.values())
    return f"transform(lower({lookup(item)}), [{words}], [{ours}], '')"


def number(item: Field) -> str:
    """Returns an attribute as Nullable(Float64); text that is no finite number is NULL."""
    value = f"toFloat64OrNull({lookup(item)})"
    return value if item.factor == 1 else f"{value} * {item.factor:g}"


def numbers(dialects: Sequence[Dialect], column: str) -> str:
    """Returns the first number that any dialect has for a column."""
    items = [number(item) for dialect in dialects for item in dialect.fields.get(column, [])]
    return f"coalesce({', '.join(items)}, NULL)" if items else "CAST(NULL, 'Nullable(Float64)')"


def tokens(dialects: Sequence[Dialect], column: str) -> str:
    """Returns a token count: rounded, NULL when absent, negative or absurd."""
    parts = []
    for dialect in dialects:
        for item in dialect.fields.get(column, []):
            value = number(item)
            if column == "input_tokens" and not dialect.input_includes_cached:
                cached = [numbers([dialect], "cached_tokens")]
                cached.append(numbers([dialect], "cache_write_tokens"))
                value = " + ".join([value, *(f"ifNull({text}, 0)" for text in cached)])
            parts.append(value)
    value = f"coalesce({', '.join(parts)}, NULL)"
    return f"toUInt64OrNull(toString(round(if({value} BETWEEN 0 AND {MAX_TOKENS}, {value}, NULL))))"


def session_columns() -> str:
    """Returns own_session, own_rank, own_source: project keys first, then the built-in list."""
    return (
        "if(own_place = 0, '', own_values[own_place]) AS own_session, "
        f"toUInt16(if(own_place = 0, 65535, if(own_place <= length(project_keys), own_place, "
        f"{OWN_KEYS_LIMIT} + own_place - length(project_keys)))) AS own_rank, "
        "if(own_place = 0, '', keys[own_place]) AS own_source"
    )


def error_columns(dialects: Sequence[Dialect]) -> str:
    """Returns error_type and error_message: the attribute, else the last exception event."""
    kinds = [lookup(item) for dialect in dialects for item in dialect.fields.get("error_type", [])]
    kinds.append("exception.attributes['exception.type']")
    return (
        f"if(status_code = 2, {first_text(kinds)}, '') AS error_type, "
        "if(status_code = 2, exception.attributes['exception.message'], '') AS error_message"
    )


def render_view(dialects: Sequence[Dialect]) -> str:
    """Returns the CREATE statement of the view `understand_spans`."""
    kinds = [translated(item) for dialect in dialects for item in dialect.fields.get("kind", [])]
    columns = [f"{first_text(kinds)} AS kind"]
    for column in TEXT_COLUMNS:
        found = [lookup(item) for d in dialects for item in d.fields.get(column, [])]
        columns.append(f"{first_text(found)} AS {column}")
    columns += [f"{tokens(dialects, column)} AS {column}" for column in TOKEN_COLUMNS]
    columns += [f"{numbers(dialects, column)} AS {column}" for column in NUMBER_COLUMNS]
    columns.append(error_columns(dialects))
    builtin = ", ".join(quote(item.key) for item in SESSION_KEYS)
    lines = ",\n    ".join(columns)
    # A lambda copies what it captures once per element, so it is given only the attributes that
    # may name a session: with all of them a 64 MB segment took 900 MB at once.
    # Only words of our own tables are formatted in, each through quote().
    return f"""CREATE MATERIALIZED VIEW understand_spans TO understood_spans AS
SELECT
    {RECEIVED},
    own_session AS session_id,
    {session_columns()},
    {lines}
FROM (
    SELECT
        *,
        arrayConcat(project_keys, [{builtin}]) AS keys,
        mapFilter((name, value) -> name IN [{builtin}] OR has(project_keys, name),
            attributes) AS session_attributes,
        mapFilter((name, value) -> name IN [{builtin}] OR has(project_keys, name),
            attribute_types) AS session_types,
        arrayMap(key -> if(session_types[key] IN ('array', 'kvlist', 'bytes'), '',
            session_attributes[key]), keys) AS raw_values,
        arrayMap(raw -> multiIf(
            startsWith(raw, '[Scrubbed due to'), '',
            length(raw) > 1 AND startsWith(raw, '"') AND endsWith(raw, '"') AND isValidJSON(raw),
            JSONExtractString(raw),
            raw), raw_values) AS own_values,
        arrayFirstIndex(value -> value != '', own_values) AS own_place,
        arrayLast(event -> event.name = 'exception', events) AS exception
    FROM received_spans
    LEFT ANY JOIN (
        SELECT
            project_id,
            arrayMap(pair -> pair.2, arraySort(groupArray((rank, key)))) AS project_keys
        FROM session_keys FINAL GROUP BY project_id
    ) AS own_keys USING (project_id)
)"""  # noqa: S608


def view_hash(dialects: Sequence[Dialect]) -> str:
    """Returns the hash by which a store knows that its view is not today's."""
    return hashlib.sha256(render_view(dialects).encode()).hexdigest()[:16]
