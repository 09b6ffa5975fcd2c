"""Dialect tables to the SQL of the conventions view.

The rendered text is pinned by a snapshot test; its hash is stored, and the view is replaced when
it differs.

Every known attribute has a code: its column's number and its rank in it. One pass over a span's
attributes keeps those with a code, sorted by it, so that the first value of a column is the one of
best rank. The cost is in what a span carries, not in how many keys are known.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from parley.conventions.documents import MAX_DOCUMENT_BYTES
from parley.conventions.precedence import OWN_KEYS_LIMIT, SESSION_KEYS
from parley.conventions.table import ANY_WORD, Dialect, Field

__all__ = ["render_view", "view_hash"]

MAX_NUMBER = 1_000_000_000_000  # a count above is nonsense and is dropped
TOKEN_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
NUMBER_COLUMNS = ("cost_usd", "ttft_ms")
DETAIL_COLUMNS = (  # what few calls tell: entries of the map `details`, where they are not 0
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "cache_image_read_tokens",
    "input_video_tokens",
    "cache_write_1h_tokens",
    "service_tier",  # words; the last
)
WORD_COLUMNS = ("kind", "failure")  # of a fixed vocabulary
COLUMNS = (
    *WORD_COLUMNS,
    "session",
    "request_model",
    "response_model",
    "provider",
    "response_id",
    "user_id",
    "environment",
    "source_project",
    "tool_name",
    "error_type",
    "error_message",
    *TOKEN_COLUMNS,  # numbers come last
    *NUMBER_COLUMNS,
    *DETAIL_COLUMNS,
)
TEXT_COLUMNS = (
    "request_model",
    "response_model",
    "provider",
    "response_id",
    "user_id",
    "environment",
    "source_project",
)
MAX_WAIT_MS = 86_400_000  # a first token that comes a day later is a wrong clock
COLUMN_SIZE = 1000  # codes of one column
DOCUMENT = 60_000  # codes from here on: JSON documents that hold values of columns
RECEIVED = (
    "project_id, start_time, trace_id, span_id, version, 0 AS is_deleted, received_at, source, "
    "parent_span_id, start_time_unix_nano, end_time_unix_nano, name, otel_kind, status_code, "
    "status_message, trace_state, flags, attributes, attribute_types, dropped_attributes_count, "
    "events, dropped_events_count, links, dropped_links_count, resource_attributes, "
    "resource_attribute_types, resource_dropped_attributes_count, resource_entity_refs, "
    "resource_schema_url, scope_name, scope_version, scope_attributes, scope_attribute_types, "
    "scope_dropped_attributes_count, scope_schema_url, notes"
)


class Coded(Struct, frozen=True):
    """A field of a column with its code."""

    column: str
    code: int
    item: Field


def quote(text: str) -> str:
    """Returns a SQL string literal of a word from our own tables."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def array(items: Sequence[str]) -> str:
    """Returns a SQL array of expressions."""
    return f"[{', '.join(items)}]"


def base(column: str) -> int:
    """Returns the code before the first of a column."""
    return (COLUMNS.index(column) + 1) * COLUMN_SIZE


def coded(dialects: Sequence[Dialect]) -> Iterator[Coded]:
    """Yields every field of a span's own attributes, session keys included, by column and rank.

    Raises:
        ValueError: an attribute is said to fill two columns.
    """
    found = [
        Coded("session", base("session") + rank, Field(item.key))
        for rank, item in enumerate(SESSION_KEYS, 1)
    ]
    for column in COLUMNS:
        items = [
            item for d in dialects for item in d.fields.get(column, []) if item.where == "span"
        ]
        found += [Coded(column, base(column) + rank, item) for rank, item in enumerate(items, 1)]
    twice = Counter(entry.item.key for entry in found if not entry.item.path)
    documents = {entry.item.key for entry in found if entry.item.path}
    wrong = [key for key, times in twice.items() if times > 1 or key in documents]
    if wrong:
        raise ValueError(f"attributes that fill more than one column: {', '.join(wrong)}")
    yield from found


def picked(column: str) -> str:
    """Returns the text of a column's best value, '' when there is none."""
    return f"picked_values[indexOf(picked_columns, {base(column) // COLUMN_SIZE})]"


def picked_code(column: str) -> str:
    """Returns the code of the attribute that a column's best value comes from, 0 for none."""
    return f"picked_codes[indexOf(picked_columns, {base(column) // COLUMN_SIZE})]"


def words(fields: Sequence[Coded], column: str) -> str:
    """Returns the first of a column's values that is a word of its attribute's vocabulary."""
    of_column = [entry for entry in fields if entry.column == column]
    theirs = [
        (quote(f"{entry.code} {word}"), quote(ours))
        for entry in of_column
        for word, ours in entry.item.values.items()
        if word != ANY_WORD
    ]
    known = f"[{', '.join(word for word, _ in theirs)}], [{', '.join(ours for _, ours in theirs)}]"
    others = [entry for entry in of_column if ANY_WORD in entry.item.values]
    other = "''"
    if others:
        codes = array([str(entry.code) for entry in others])
        meant = array([quote(entry.item.values[ANY_WORD]) for entry in others])
        other = f"transform(code, {codes}, {meant}, '')"
    above = base(column) + COLUMN_SIZE
    return (
        f"arrayFirst(word -> word != '', arrayMap((code, value) -> if(code > {base(column)} AND "
        f"code < {above}, transform(concat(toString(code), ' ', lower(value)), {known}, {other}), "
        "''), picked_codes, picked_values))"
    )


def resource(dialects: Sequence[Dialect], column: str) -> list[str]:
    """Returns the expressions of a column's resource attributes."""
    return [
        f"nullIf(resource_attributes[{quote(item.key)}], '')"
        for dialect in dialects
        for item in dialect.fields.get(column, [])
        if item.where == "resource"
    ]


def text(dialects: Sequence[Dialect], column: str) -> str:
    """Returns the best text of a column: of the span, else of its resource."""
    places = resource(dialects, column)
    if not places:
        return picked(column)
    return f"coalesce(nullIf({picked(column)}, ''), {', '.join(places)}, '')"


def number(fields: Sequence[Coded], column: str) -> str:
    """Returns a number as Nullable(Float64), in the column's unit."""
    value = f"toFloat64OrNull({picked(column)})"
    of_column = [entry for entry in fields if entry.column == column]
    if times := [str(entry.code) for entry in of_column if entry.item.is_time]:
        told = f"parseDateTime64BestEffortOrNull({picked(column)}, 9, 'UTC')"
        since = f"(toUnixTimestamp64Nano({told}) - toInt64(start_time_unix_nano)) / 1e6"
        at_all = f"if({since} BETWEEN 0 AND {MAX_WAIT_MS}, {since}, NULL)"
        value = f"if({picked_code(column)} IN ({', '.join(times)}), {at_all}, {value})"
    for entry in of_column:
        if entry.item.scopes:
            known = ", ".join(
                f"startsWith(scope_name, {quote(scope)}), {factor:g}"
                for scope, factor in entry.item.scopes.items()
            )
            unit = f"multiIf({known}, NULL)"
            value = f"{value} * if({picked_code(column)} = {entry.code}, {unit}, 1)"
    factors = {
        entry.code: entry.item.factor
        for entry in fields
        if entry.column == column and entry.item.factor != 1
    }
    if not factors:
        return value
    code = picked_code(column)
    codes = array([str(code) for code in factors])
    scale = array([f"{factor:g}" for factor in factors.values()])
    return f"{value} * transform({code}, {codes}, {scale}, 1)"


def tokens(fields: Sequence[Coded], column: str) -> str:
    """Returns a token count, with what the client leaves out of it added."""
    value = number(fields, column)
    apart: dict[tuple[str, ...], list[int]] = {}
    for entry in fields:
        if entry.column == column and entry.item.plus:
            apart.setdefault(entry.item.plus, []).append(entry.code)
    code = picked_code(column)
    for others, codes in apart.items():
        more = " + ".join(f"ifNull({number(fields, other)}, 0)" for other in others)
        value += f" + if({code} IN ({', '.join(map(str, codes))}), {more}, 0)"
    return f"toUInt64(round({value}))"


def details() -> str:
    """Returns the map of what a call tells beyond its columns; empty of most spans."""
    places = [base(column) // COLUMN_SIZE for column in DETAIL_COLUMNS]
    names = array([quote(column) for column in DETAIL_COLUMNS])
    numbers = array([str(place) for place in places])
    there = f"arrayDistinct(arrayFilter(place -> place >= {places[0]}, picked_columns))"
    return (
        "CAST(mapFromArrays("
        f"arrayMap(place -> transform(place, {numbers}, {names}, ''), {there}), "
        f"arrayMap(place -> picked_values[indexOf(picked_columns, place)], {there})), "
        "'Map(LowCardinality(String), String)')"
    )


def error_columns() -> str:
    """Returns error_type and error_message: the attribute, else the last exception event.

    A client that tells a failure by an attribute alone gets one that is not empty.
    """
    return (
        f"if(has_failed, coalesce(nullIf({picked('error_type')}, ''), "
        "nullIf(exception.attributes['exception.type'], ''), failure), '') AS error_type, "
        "if(has_failed, coalesce(nullIf(exception.attributes['exception.message'], ''), "
        f"{picked('error_message')}), '') AS error_message"
    )


def documents(fields: Sequence[Coded]) -> dict[tuple[str, ...], int]:
    """Returns the JSON documents that hold values of columns, as (attribute, *path) -> code."""
    places: dict[tuple[str, ...], int] = {}
    for entry in fields:
        whole = (entry.item.key, *entry.item.path)
        for length in range(1, len(whole)):
            places.setdefault(whole[:length], DOCUMENT + len(places))
    return places


def as_json(value: str) -> str:
    """Returns a JSON text as it is, a Python dictionary as JSON: quotes, None, True and False."""
    changed = f"replaceAll({value}, '\\'', '\"')"
    for theirs, ours in ((": None", ": null"), (": True", ": true"), (": False", ": false")):
        changed = f"replaceAll({changed}, {quote(theirs)}, {quote(ours)})"
    return f"if(startsWith({value}, '{{\\''), {changed}, {value})"


def inside(fields: Sequence[Coded], pairs: str) -> str:
    """Returns the (code, value) pairs that are in the JSON documents among `pairs`.

    What a document holds has a code when its own code and its name there are known.
    """
    places = documents(fields)
    codes = {path: entry.code for entry in fields if (path := (entry.item.key, *entry.item.path))}
    known = {
        f"{places[path[:-1]]} {path[-1]}": code
        for path, code in {**codes, **places}.items()
        if len(path) > 1
    }
    names = array([quote(name) for name in known])
    known_codes = array([str(code) for code in known.values()])
    unread = f"arrayFilter(pair -> pair.1 >= {DOCUMENT} AND startsWith(pair.2, '{{'), {pairs})"
    return f"""arrayFilter(pair -> pair.1 != 0, arrayFlatten(arrayMap(document -> arrayMap(item -> (
                    toUInt16(transform(concat(toString(document.1), ' ', item.1), {names},
                        {known_codes}, 0)), trim(BOTH '"' FROM item.2)),
                    JSONExtractKeysAndValuesRaw({as_json("document.2")})),
                    {unread})))"""


def time_codes(fields: Sequence[Coded]) -> str:
    """Returns a condition that holds for the codes of attributes that are times."""
    codes = [str(entry.code) for entry in fields if entry.item.is_time]
    return f"pair.1 IN ({', '.join(codes)})" if codes else "0"


def not_0(fields: Sequence[Coded]) -> str:
    """Returns a condition that holds for what is not 0, or may be."""
    codes = [str(entry.code) for entry in fields if entry.item.is_never_0]
    never = f" OR pair.1 IN ({', '.join(codes)})" if codes else ""
    return f"NOT (pair.2 IN ('0', '0.0') AND (pair.1 > {base(DETAIL_COLUMNS[0])}{never}))"


def own_text(value: str) -> str:
    """Returns a value as its writer meant it: not scrubbed, without one layer of JSON quotes."""
    return (
        f"multiIf(startsWith({value}, '[Scrubbed due to'), '', length({value}) > 1 AND "
        f"startsWith({value}, '\"') AND endsWith({value}, '\"') AND isValidJSON({value}), "
        f"JSONExtractString({value}), {value})"
    )


def known_pairs(fields: Sequence[Coded]) -> str:
    """Returns the SELECT that finds a span's known attributes and those of its project's own list.

    A lambda copies what it captures once per element: it is given small things only. With all
    attributes captured, a 64 MB segment took 900 MB at once.
    """
    outer = {path[0]: code for path, code in documents(fields).items() if len(path) == 1}
    known = {entry.item.key: entry.code for entry in fields if not entry.item.path} | outer
    names, codes = [quote(key) for key in known], [str(code) for code in known.values()]
    code_of = f"transform(key, {array(names)}, {array(codes)}, 0)"
    return f"""SELECT
                *,
                arrayMap(key -> toUInt16({code_of}), mapKeys(attributes)) AS key_codes,
                arrayMap(key -> toUInt16({code_of}), mapKeys(mapFilter(
                    (name, type) -> type IN ('array', 'kvlist', 'bytes'), attribute_types)))
                    AS nested_codes,
                arrayMap((code, value) -> code != 0 AND NOT has(nested_codes, code)
                        AND (code < {DOCUMENT} OR (startsWith(value, '{{')
                            AND length(value) <= {MAX_DOCUMENT_BYTES})),
                    key_codes, mapValues(attributes)) AS is_kept,
                arrayMap((code, value) -> (code, {own_text("value")}),
                    arrayFilter((code, kept) -> kept, key_codes, is_kept),
                    arrayFilter((value, kept) -> kept, mapValues(attributes), is_kept))
                    AS raw_pairs,
                if(empty(project_keys), map(), mapFilter((name, value) -> has(project_keys, name),
                    attributes)) AS own_attributes,
                if(empty(project_keys), map(), mapFilter((name, type) -> has(project_keys, name),
                    attribute_types)) AS own_types,
                arrayMap(key -> if(own_types[key] IN ('array', 'kvlist', 'bytes'), '',
                    {own_text("own_attributes[key]")}), project_keys) AS own_values
            FROM received_spans
            LEFT ANY JOIN (
                SELECT
                    project_id,
                    arrayMap(pair -> pair.2, arraySort(groupArray((rank, key)))) AS project_keys
                FROM session_keys FINAL GROUP BY project_id
            ) AS own_keys USING (project_id)"""  # noqa: S608


def session_columns(fields: Sequence[Coded]) -> str:
    """Returns own_session, own_rank, own_source: project keys first, then the built-in list."""
    entries = [entry for entry in fields if entry.column == "session"]
    codes = array([str(entry.code) for entry in entries])
    names = array([quote(entry.item.key) for entry in entries])
    return f"""multiIf(own_place > 0, own_values[own_place], picked_session) AS own_session,
    toUInt16(multiIf(own_place > 0, own_place, picked_session = '', 65535,
        {OWN_KEYS_LIMIT} + session_code - {base("session")})) AS own_rank,
    multiIf(own_place > 0, project_keys[own_place], picked_session = '', '',
        transform(session_code, {codes}, {names}, '')) AS own_source"""


def render_view(dialects: Sequence[Dialect]) -> str:
    """Returns the CREATE statement of the view `understand_spans`."""
    fields = list(coded(dialects))
    columns = [f"{text(dialects, column)} AS {column}" for column in TEXT_COLUMNS]
    columns.append(f"if(kind IN ('', 'tool'), {text(dialects, 'tool_name')}, '') AS tool_name")
    columns += [f"{tokens(fields, column)} AS {column}" for column in TOKEN_COLUMNS]
    columns += [f"{number(fields, column)} AS {column}" for column in NUMBER_COLUMNS]
    columns.append(error_columns())
    columns.append(f"{details()} AS details")
    lines = ",\n    ".join(columns)
    # Only words of our own tables are formatted in, each through quote().
    return f"""CREATE MATERIALIZED VIEW understand_spans TO understood_spans AS
SELECT
    {RECEIVED},
    own_session AS session_id,
    {session_columns(fields)},
    kind,
    {lines}
FROM (
    SELECT
        *,
        {picked("session")} AS picked_session,
        {picked_code("session")} AS session_code,
        {words(fields, "kind")} AS kind,
        {words(fields, "failure")} AS failure,
        (status_code = 2) + (failure != '') > 0 AS has_failed,
        arrayLast(event -> event.name = 'exception', events) AS exception,
        arrayFirstIndex(value -> value != '', own_values) AS own_place
    FROM (
        SELECT
            *,
            {inside(fields, "raw_pairs")} AS outer_pairs,
            {inside(fields, "outer_pairs")} AS inner_pairs,
            arraySort(pair -> pair.1, arrayFilter(pair -> pair.1 < {DOCUMENT}
                AND pair.2 NOT IN ('', 'null') AND (pair.1 < {base(TOKEN_COLUMNS[0])}
                    OR pair.1 > {base("service_tier")} OR {time_codes(fields)}
                    OR toFloat64OrNull(pair.2) BETWEEN 0 AND {MAX_NUMBER} AND {not_0(fields)}),
                arrayConcat(raw_pairs, outer_pairs, inner_pairs))) AS pairs,
            pairs.1 AS picked_codes,
            pairs.2 AS picked_values,
            arrayMap(code -> toUInt8(intDiv(code, {COLUMN_SIZE})), picked_codes) AS picked_columns
        FROM (
            {known_pairs(fields)}
        )
    )
)"""  # noqa: S608


def view_hash(dialects: Sequence[Dialect]) -> str:
    """Returns the hash by which a store knows that its view is not today's."""
    return hashlib.sha256(render_view(dialects).encode()).hexdigest()[:16]
