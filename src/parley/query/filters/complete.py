"""What could be typed next: fields, operators, values, keys."""

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

from parley.query.filters.errors import BadFilter
from parley.query.filters.grammar import LENGTH_MAX
from parley.query.filters.seen import Seen, read_seen, seen_in
from parley.query.filters.vocabulary import (
    FIELDS,
    OPERATORS,
    Field,
    Scope,
    find_field,
)
from parley.store import Store

__all__ = ["Completion", "Option", "Piece", "complete_filter", "pieces_of"]

OPTIONS_MAX = 12
TOKENS = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)
    |(?P<value>\d{4}-\d\d-\d\d[\w:.+-]*|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z%]*)
    |(?P<name>[A-Za-z_][\w.]*)|(?P<operator>!=|>=|<=|==|!~|[=><~])|(?P<mark>[()\[\],])|(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
JOINS = ("and", "or")
WORDS = {*JOINS, "not", "in", "is", "unknown", "null", "any", "all", "count"}
STARTS = (
    ("any(", "turns or spans", "one of them"),
    ("all(", "turns or spans", "each of them"),
    ("count(", "turns or spans", "how many"),
    ("not ", "", "the opposite"),
)
CHOICES = {
    "span.kind": (
        "llm", "agent", "workflow", "chain", "tool", "retriever", "embedding", "rerank",
        "guardrail", "evaluator",
    ),
}  # fmt: skip
AGO = ("-1h", "-24h", "-7d", "-30d")
Kind = Literal["field", "operator", "value", "word", "key", "other"]


class Option(Struct, frozen=True, kw_only=True):
    """What could stand there: `insert` replaces the place of the completion."""

    insert: str
    label: str
    kind: str = ""  # of a field: number, text, …
    help: str = ""


class Completion(Struct, frozen=True, kw_only=True):
    """Options for the characters from start to end (offsets in the text)."""

    start: int
    end: int
    options: list[Option] = field(default_factory=list)


class Piece(Struct, frozen=True, kw_only=True):
    """A part of a filter's text and what it is; `is_wrong`: an error points at it."""

    text: str
    kind: Kind
    is_wrong: bool = False


class _Place(Struct, frozen=True, kw_only=True):
    """Where the cursor is."""

    wants: Literal["field", "operator", "value", "key", "join"]
    scope: Scope
    begun: str  # what is typed of the word there
    start: int
    about: Field | None = None


def pieces_of(text: str, error: BadFilter | None = None) -> list[Piece]:
    """Returns the text in pieces, spaces included, to be coloured."""
    pieces: list[Piece] = []
    at = 0
    for match in TOKENS.finditer(text):
        if match.start() > at:
            pieces.append(Piece(text=text[at : match.start()], kind="other"))
        wrong = error is not None and error.start < match.end() and match.start() < error.end
        pieces.append(Piece(text=match[0], kind=_kind(match), is_wrong=wrong))
        at = match.end()
    if at < len(text):
        pieces.append(Piece(text=text[at:], kind="other"))
    return pieces


def _kind(match: re.Match[str]) -> Kind:
    if match["name"]:
        return "word" if match["name"].lower() in WORDS else "field"
    if match["text"] or match["value"]:
        return "value"
    return "operator" if match["operator"] else "other"


def complete_filter(store: Store, project_id: str, text: str, at: int) -> Completion:
    """Returns what could stand at an offset of a text, what is likely first."""
    at = max(0, min(at, len(text), LENGTH_MAX))
    place = _place(text[:at])
    options = _options(store, project_id, place)
    rest = re.match(r"[\w.]*", text[at:])
    end = at + (rest.end() if rest and place.wants == "field" else 0)
    return Completion(start=place.start, end=end, options=options[:OPTIONS_MAX])


def _place(before: str) -> _Place:
    """Returns what belongs where a text ends."""
    tokens = list(TOKENS.finditer(before))
    begun, start = "", len(before)
    if tokens and tokens[-1].end() == len(before) and _is_unfinished(tokens[-1]):
        last = tokens.pop()
        begun, start = last[0], last.start()
    scope = _scope(tokens)
    words = [token[0].lower() for token in tokens]
    previous = words[-1] if words else ""
    about = next((f for t in reversed(tokens) if t["name"] and (f := find_field(t["name"]))), None)

    def here(wants: Literal["field", "operator", "value", "key", "join"]) -> _Place:
        return _Place(wants=wants, scope=scope, begun=begun, start=start, about=about)

    if previous == "[":
        return here("key")
    if tokens and (tokens[-1]["operator"] or previous == ","):
        return here("value")
    if previous == "(" and len(words) > 1 and words[-2] == "in":
        return here("value")
    if not tokens or previous in {"(", "not", *JOINS}:
        return here("field")
    if previous == "]" or (tokens[-1]["name"] and previous not in WORDS):
        return here("operator")
    return here("join")


def _is_unfinished(token: re.Match[str]) -> bool:
    """Returns whether more of a token at the end of a text may be typed."""
    if token["text"]:
        return len(token[0]) == 1 or not token[0].endswith(token[0][0])
    return bool(token["name"] or token["value"])


def _scope(tokens: Sequence[re.Match[str]]) -> Scope:
    """Returns what the parentheses that are open are about; "turn" before it is known."""
    opened: list[tuple[str, int]] = []
    for place, token in enumerate(tokens):
        if token[0] == "(":
            opened.append((tokens[place - 1][0].lower() if place else "", place))
        elif token[0] == ")" and opened:
            opened.pop()
    for word, place in opened:
        if word in ("any", "all", "count"):
            names = (find_field(t["name"]) for t in tokens[place:] if t["name"])
            return next((f.scope for f in names if f and f.scope != "session"), "turn")
    return "session"


def _options(store: Store, project_id: str, place: _Place) -> list[Option]:
    match place.wants:
        case "field":
            return _field_options(store, project_id, place)
        case "operator":
            kind = place.about.kind if place.about else "text"
            signs = [*OPERATORS[kind], *(["is unknown"] if _may_lack(place.about) else [])]
            if kind == "flag":
                signs = [*JOINS, *signs]
            return [_plain(f"{sign} ", sign) for sign in signs if _begins(sign, place.begun)]
        case "join":
            return [_plain(f"{word} ", word) for word in JOINS if _begins(word, place.begun)]
        case "key":
            seen = read_seen(store, project_id, [place.about] if place.about else [])
            return _values(place, [v for item in seen.values() for v in item.values], close="]")
        case _:
            return _value_options(store, project_id, place)


def _may_lack(item: Field | None) -> bool:
    return item is not None and (item.is_optional or item.kind in ("text", "texts", "keyed"))


def _begins(word: str, begun: str) -> bool:
    return word.startswith(begun.lower())


def _plain(insert: str, label: str) -> Option:
    return Option(insert=insert, label=label)


def _field_options(store: Store, project_id: str, place: _Place) -> list[Option]:
    begun = place.begun.lower()
    scopes = ("turn", "span") if place.scope == "turn" and not begun else (place.scope,)
    if place.scope == "turn" and "span".startswith(begun.partition(".")[0]):
        scopes = ("span",)
    near = [item for item in FIELDS if item.scope in scopes and begun in item.name]
    near.sort(key=lambda item: not item.name.rpartition(".")[2].startswith(begun))
    near = near[:OPTIONS_MAX]
    seen = read_seen(store, project_id, near)
    options = [
        Option(
            insert=item.name + ("[" if item.kind == "keyed" else " "),
            label=item.name,
            kind="text" if item.kind in ("texts", "keyed") else item.kind,
            help=_help(item, seen.get(item.name)),
        )
        for item in near
    ]
    if place.scope == "session":
        starts = [
            Option(insert=insert, label=insert.strip(), kind=kind, help=words)
            for insert, kind, words in STARTS
            if begun and insert.startswith(begun)
        ]
        options = starts + options
    return options


def _help(item: Field, seen: Seen | None) -> str:
    if seen is None:
        return item.help
    if seen.low is not None and seen.high is not None:
        scale, unit = {"ms": (1e-3, " s"), "usd": (1.0, " $"), "": (1.0, "")}[item.unit]
        low, high = (_three_digits(value * scale) for value in (seen.low, seen.high))
        return f"{item.help} · {low} – {high}{unit} here"
    if seen.values:
        return f"{item.help} · {', '.join(seen.values[:3])}"
    return f"{item.help} · none here"


def _three_digits(value: float) -> str:
    """Returns a number to be looked at, without an exponent."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.1f}"


def _value_options(store: Store, project_id: str, place: _Place) -> list[Option]:
    item = place.about
    if item is None:
        return []
    match item.kind:
        case "flag":
            return [_plain(f"{w} ", w) for w in ("true", "false") if _begins(w, place.begun)]
        case "time":
            return [_plain(f"{ago} ", ago) for ago in AGO if ago.startswith(place.begun)]
        case "text" | "texts":
            known = list(CHOICES.get(item.name, ()))
            if not known and (source := seen_in(item)):
                known = [
                    value
                    for seen in read_seen(store, project_id, [source]).values()
                    for value in seen.values
                ]
            return _values(place, known)
        case _:
            return []


def _values(place: _Place, known: Sequence[str], *, close: str = "") -> list[Option]:
    begun = place.begun.lstrip("\"'").casefold()
    return [
        Option(insert=f"{_quoted(value)}{close} ", label=value, kind="value")
        for value in known
        if begun in value.casefold()
    ]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
