"""Words and phrases in conversations: what `q` means, its SQL, and where it was found.

All that was said is searched, by people, models and tools, but not the instructions of the system:
the same ones open every session of an application.

Folding here and in the store's fragment `folded` is the same: case, accents and width of letters do
not matter. Words are runs of letters and digits; scripts that are written without spaces, and
emoji, are found by any part of them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Literal

from msgspec import Struct

from parley.model import Match, MatchPiece
from parley.query.errors import BadQuery
from parley.store import Store, fragment

__all__ = [
    "TERMS_MAX",
    "Saying",
    "Term",
    "excerpt_of",
    "fold",
    "parse_words",
    "read_matches",
    "saying",
]

LENGTH_MAX = 500  # characters of q
TERMS_MAX = 20
BEFORE, AFTER = 32, 160  # characters of an excerpt around what was found first
# Written without spaces, and symbols; as in store/schema/0009_search.sql.
RUN = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2190-\u2bff\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u30ff\u3130-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
DROPPED = re.compile("[\u0300-\u036f\ufe00-\ufe0f]+")  # accents, and how an emoji is drawn
CHUNKS = re.compile(r'["“”](?P<phrase>[^"“”]*)(?:["“”]|$)|(?P<chunk>[^\s"“”]+)')
MARKS_FROM, MARKS_TO = 0x0483, 0x1E94B  # combining marks of all scripts but those that are dropped
Kind = Literal["word", "run"]


class Term(Struct, frozen=True):
    """What must be found, in one message: folded text, and its words and runs in order."""

    text: str
    parts: list[tuple[Kind, str]]


class Saying(Struct, frozen=True, kw_only=True):
    """Conditions on messages, one for each term, and the values that they bind."""

    terms: list[Term]
    conditions: list[str]
    values: dict[str, Any]

    @property
    def some(self) -> str:
        """The condition that a message says one of the terms."""
        return " OR ".join(self.conditions)

    @property
    def sessions(self) -> str:
        """The condition that a session says every term, each in some message."""
        every = " AND ".join(f"max({condition}) = 1" for condition in self.conditions)
        text = fragment("sessions_saying").replace("/*some*/", self.some)
        return "session_id IN " + text.replace(
            "/*every*/", every if len(self.conditions) > 1 else "count() > 0"
        )


def fold(text: str) -> str:
    """Returns text without what searching overlooks: case, accents, width of letters."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize(
        "NFKC", DROPPED.sub("", unicodedata.normalize("NFKD", text.casefold()))
    )


@cache
def _token() -> re.Pattern[str]:
    """Returns what is a word or a run; made once, of all combining marks."""
    marks = "".join(
        chr(code)
        for code in range(MARKS_FROM, MARKS_TO)
        if unicodedata.category(chr(code))[0] == "M" and not re.match(f"[{RUN}]", chr(code))
    )
    return re.compile(f"(?P<run>[{RUN}]+)|(?:[^\\W_{RUN}]|[{re.escape(marks)}])+")


def _tokens(folded: str) -> Iterator[tuple[Kind, str, int, int]]:
    """Yields the words and runs of folded text with their places."""
    for match in _token().finditer(folded):
        yield ("run" if match["run"] else "word"), match[0], match.start(), match.end()


def parse_words(text: str) -> list[Term]:
    """Returns what a search asks for: words, and phrases in quotes. A quote may stay open.

    Raises:
        BadQuery: too long, too many words, or nothing that could be found.
    """
    if len(text) > LENGTH_MAX:
        raise BadQuery("q", f"longer than {LENGTH_MAX} characters")
    terms: list[Term] = []
    for match in CHUNKS.finditer(text):
        folded = " ".join(fold(match["phrase"] or match["chunk"] or "").split())
        parts = [(kind, token) for kind, token, _, _ in _tokens(folded)]
        term = Term(folded, parts)
        if parts and term not in terms:
            terms.append(term)
    if len(terms) > TERMS_MAX:
        raise BadQuery("q", f"more than {TERMS_MAX} words")
    if not terms and text.strip():
        raise BadQuery("q", "has no letter or digit to search for")
    return terms


def saying(terms: Sequence[Term]) -> Saying:
    """Returns the conditions of a search, with bound values."""
    values: dict[str, Any] = {}
    return Saying(
        terms=list(terms), conditions=[_condition(term, values) for term in terms], values=values
    )


def _condition(term: Term, values: dict[str, Any]) -> str:
    def bind(value: str) -> str:
        name = f"q{len(values)}"
        values[name] = value
        return f"{{{name}:String}}"

    if all(kind == "word" for kind, _ in term.parts):
        words = " ".join(word for _, word in term.parts)
        function = "hasAllTokens" if len(term.parts) == 1 else "hasPhrase"
        return f"{function}({{{{words}}}}, {bind(words)})"
    pieces = []
    for kind, text in term.parts:
        if kind == "run" and len(text) == 2:  # a pair is what the index holds: nothing is read
            pieces.append(f"hasAllTokens(runs, [{bind(text)}])")
        elif kind == "run":
            pieces.append(f"runs LIKE {bind(f'%{text}%')}")
        else:
            pieces.append(f"hasAllTokens({{{{words}}}}, {bind(text)})")
    if len(term.parts) > 1:
        pieces.append(f"position({{{{folded}}}}, {bind(term.text)}) > 0")
    return f"({' AND '.join(pieces)})"


def read_matches(
    store: Store, project_id: str, session_ids: Sequence[str], found: Saying | None
) -> dict[str, Match]:
    """Returns of each session where the search, if there is one, found something."""
    if not session_ids or found is None or not found.terms:
        return {}
    rows = store.read(
        "messages.matching",
        project_id=project_id,
        fragments={
            "some": found.some,
            "hits": " + ".join(f"({condition})" for condition in found.conditions),
        },
        sessions=list(session_ids),
        first=found.terms[0].parts[0][1],
        **found.values,
    )
    return {
        session_id: Match(role=role, turn_id=turn_id, excerpt=excerpt_of(text, found.terms))
        for session_id, role, turn_id, text in rows
    }


def excerpt_of(text: str, terms: Sequence[Term]) -> list[MatchPiece]:
    """Returns the text around what was found first, cut into what matches and what does not."""
    places = _places(text, terms)
    first = places[0][0] if places else 0
    begin = 0 if first <= BEFORE else _word_start(text, first - BEFORE)
    end = min(len(text), first + AFTER)
    pieces: list[MatchPiece] = []
    at = begin
    for start, stop in places:
        if start >= end:
            break
        pieces.append(MatchPiece(text=text[at:start]))
        pieces.append(MatchPiece(text=text[start:stop], is_match=True))
        at = stop
    pieces.append(MatchPiece(text=text[at : max(end, at)]))
    if begin > 0:
        pieces.insert(0, MatchPiece(text="… "))
    if max(end, at) < len(text):
        pieces.append(MatchPiece(text=" …"))
    return _joined(pieces)


def _joined(pieces: Sequence[MatchPiece]) -> list[MatchPiece]:
    """Returns pieces without empty ones, spaces and line ends as one space, like ones as one."""
    joined: list[MatchPiece] = []
    for piece in pieces:
        text = re.sub(r"\s+", " ", piece.text)
        if not text:
            continue
        if joined and joined[-1].is_match == piece.is_match:
            text = re.sub(r"\s+", " ", joined.pop().text + text)
        joined.append(MatchPiece(text=text, is_match=piece.is_match))
    return joined


def _word_start(text: str, at: int) -> int:
    """Returns where the next word begins, if one does soon."""
    space = text.find(" ", at, at + BEFORE)
    return at if space < 0 else space + 1


def _places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Returns where the terms are, in order, none over another."""
    folded, origin = _folded_with_origin(text)
    tokens = list(_tokens(folded))
    found = [place for term in terms for place in _term_places(term, folded, tokens)]
    places: list[tuple[int, int]] = []
    for start, stop in sorted(found):
        begin, end = origin[start], origin[stop - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        if not places or begin >= places[-1][1]:
            places.append((begin, end))
    return places


def _term_places(
    term: Term, folded: str, tokens: Sequence[tuple[Kind, str, int, int]]
) -> Iterator[tuple[int, int]]:
    kinds = {kind for kind, _ in term.parts}
    if kinds == {"word"}:
        wanted = [word for _, word in term.parts]
        words = [token for token in tokens if token[0] == "word"]
        for at in range(len(words) - len(wanted) + 1):
            if [word[1] for word in words[at : at + len(wanted)]] == wanted:
                yield words[at][2], words[at + len(wanted) - 1][3]
        return
    text = term.parts[0][1] if len(term.parts) == 1 else term.text
    at = folded.find(text)
    while at >= 0:
        yield at, at + len(text)
        at = folded.find(text, at + len(text))


def _folded_with_origin(text: str) -> tuple[str, Sequence[int]]:
    """Returns folded text, and for each of its characters the place that it comes from."""
    folded = fold(text)
    if len(folded) == len(text):
        return folded, range(len(text))
    pieces = [fold(char) for char in text]
    origin = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), origin
