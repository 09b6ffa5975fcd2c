"""From text to tree. The parser is lark's LALR(1): linear in the text, and it builds the tree from
the leaves up, so no text can exhaust the stack.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from parley.query.filters.errors import BadFilter
from parley.query.filters.tree import (
    Comparison,
    Connective,
    FieldName,
    Flag,
    Negation,
    Node,
    Operator,
    Quantified,
    Unknown,
    Value,
)

__all__ = ["DEPTH_MAX", "LENGTH_MAX", "VALUES_MAX", "parse_filter"]

LENGTH_MAX = 4000  # characters
DEPTH_MAX = 20  # parentheses and `not` inside each other
VALUES_MAX = 200  # in a filter
GRAMMAR = r"""
start: either
?either: both (OR both)*           -> either
?both: single (AND single)*        -> both
?single: NOT single                -> negation
    | "(" either ")"               -> group
    | EACH "(" either ")"          -> each
    | COUNT "(" either ")" COMPARE value -> count
    | field COMPARE value          -> comparison
    | field MATCH value            -> comparison
    | field IN "(" value ("," value)* ")" -> membership
    | field NOT IN "(" value ("," value)* ")" -> no_membership
    | field IS UNKNOWN             -> unknown
    | field IS NOT UNKNOWN         -> known
    | field                        -> flag
field: NAME ["[" TEXT "]"]
value: TEXT -> text
    | TIME  -> time
    | NUMBER -> number
    | TRUTH -> truth

AND.3: /and(?![\w.])/i
OR.3: /or(?![\w.])/i
NOT.3: /not(?![\w.])/i
IN.3: /in(?![\w.])/i
IS.3: /is(?![\w.])/i
UNKNOWN.3: /(unknown|null)(?![\w.])/i
TRUTH.3: /(true|false)(?![\w.])/i
EACH.3: /(any|all)(?=\s*\()/i
COUNT.3: /count(?=\s*\()/i
COMPARE: /!=|>=|<=|==|=|>|</
MATCH.2: /!~|~/
NAME: /[A-Za-z_]\w*(\.[A-Za-z_]\w*)*/
TEXT: /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/s
TIME.2: /\d{4}-\d\d-\d\d([Tt][\d:.]+([Zz]|[+-]\d\d:?\d\d)?)?/
NUMBER: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[A-Za-z%]*/
%ignore /\s+/
"""
NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z%]*)")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
# What the parser waited for, in words; the first that fits is told.
EXPECTED = (
    ({"TEXT", "NUMBER"}, "a value: a number, a time or text in quotes"),
    ({"NAME"}, "a field, `not`, `any(`, `all(` or `count(`"),
    ({"COMPARE", "IN"}, "an operator such as = or >"),
    ({"COMPARE"}, "a comparison such as > 3"),
    ({"TEXT"}, "a key in quotes"),
    ({"AND", "OR"}, "`and`, `or` or the end"),
    ({"RSQB"}, "`]`"),
    ({"RPAR"}, "`)`"),
    ({"LPAR"}, "`(`"),
    ({"UNKNOWN"}, "`unknown`"),
    ({"IN"}, "`in`"),
)


def parse_filter(text: str) -> Node:
    """Returns what a filter says.

    Raises:
        BadFilter: it is not of the language, too long or too deep.
    """
    if len(text) > LENGTH_MAX:
        raise BadFilter(f"longer than {LENGTH_MAX} characters", LENGTH_MAX, len(text))
    try:
        return cast("Node", _parser().parse(text))
    except UnexpectedInput as error:
        raise _explain(text, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, BadFilter):
            raise error.orig_exc from error
        raise


def _explain(text: str, error: UnexpectedInput) -> BadFilter:
    """Returns the error in words, at the place where the text stops to make sense."""
    expected: set[str] = set()
    length = 1
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        length = 0 if error.token.type == "$END" else len(error.token)
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
    start = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if length == 0 or start < 0:
        start, length = len(text), 0
    found = text[start : start + length]
    if found in {'"', "'"}:
        return BadFilter("the quotes are not closed", start, len(text))
    wanted = next((words for kinds, words in EXPECTED if kinds <= expected), "something else")
    if "TEXT" in expected and "NUMBER" in expected and re.match(r"\w", found):
        word = re.match(r"[^\s()\",]+", text[start:])
        bare = word[0] if word else found
        return BadFilter("text stands in quotes", start, start + len(bare), suggestion=f'"{bare}"')
    said = f"{found!r} is not expected here" if found else "the filter ends too early"
    return BadFilter(f"{said}; expected {wanted}", start, start + length)


def _depth(*items: Node) -> int:
    """Returns how deep a node over these is.

    Raises:
        BadFilter: deeper than DEPTH_MAX.
    """
    return 1 + max(getattr(item, "depth", 0) for item in items)


def _limited(depth: int, start: int, end: int) -> int:
    if depth > DEPTH_MAX:
        raise BadFilter(f"more than {DEPTH_MAX} levels inside each other", start, end)
    return depth


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), token[1:-1], flags=re.DOTALL)


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Builds the tree from the leaves up."""

    def __init__(self) -> None:
        super().__init__(visit_tokens=False)

    def start(self, node: Node) -> Node:
        return node

    def either(self, *items: Any) -> Node:
        return _connected("or", items)

    def both(self, *items: Any) -> Node:
        return _connected("and", items)

    def negation(self, word: Token, item: Node) -> Node:
        return Negation(item, _limited(_depth(item), *_span(word)))

    def group(self, item: Node) -> Node:
        return item

    def each(self, word: Token, item: Node) -> Node:
        start, end = _span(word)
        name = word.lower()
        depth = _limited(_depth(item), start, end)
        return Quantified(word=cast("Any", name), item=item, start=start, end=end, depth=depth)

    def count(self, word: Token, item: Node, compare: Token, number: Value) -> Node:
        start, end = _span(word)
        return Quantified(
            word="count",
            item=item,
            operator=_operator(compare),
            number=number,
            start=start,
            end=end,
            depth=_limited(_depth(item), start, end),
        )

    def comparison(self, field: FieldName, sign: Token, value: Value) -> Node:
        start, end = _span(sign)
        return Comparison(
            field=field, operator=_operator(sign), values=[value], start=start, end=end
        )

    def membership(self, field: FieldName, word: Token, *values: Value) -> Node:
        start, end = _span(word)
        return Comparison(field=field, operator="in", values=list(values), start=start, end=end)

    def no_membership(self, field: FieldName, word: Token, last: Token, *values: Value) -> Node:
        start, end = _span(word)[0], _span(last)[1]
        return Comparison(field=field, operator="not in", values=list(values), start=start, end=end)

    def unknown(self, field: FieldName, *_: Token) -> Node:
        return Unknown(field, is_known=False)

    def known(self, field: FieldName, *_: Token) -> Node:
        return Unknown(field, is_known=True)

    def flag(self, field: FieldName) -> Node:
        return Flag(field)

    def field(self, name: Token, key: Token | None) -> FieldName:
        start, end = _span(name)
        if key is not None:
            end = _span(key)[1] + 1
        return FieldName(
            name=str(name), key=None if key is None else _unquoted(key), start=start, end=end
        )

    def text(self, token: Token) -> Value:
        start, end = _span(token)
        return Value(kind="text", text=_unquoted(token), start=start, end=end)

    def time(self, token: Token) -> Value:
        start, end = _span(token)
        return Value(kind="time", text=str(token), start=start, end=end)

    def number(self, token: Token) -> Value:
        start, end = _span(token)
        match = NUMBER.fullmatch(token)
        assert match is not None  # the terminal is the same expression
        return Value(kind="number", text=match[1], unit=match[2].lower(), start=start, end=end)

    def truth(self, token: Token) -> Value:
        start, end = _span(token)
        return Value(kind="flag", text=token.lower(), start=start, end=end)


def _span(token: Token) -> tuple[int, int]:
    return cast("int", token.start_pos), cast("int", token.end_pos)


def _operator(sign: Token) -> Operator:
    return "=" if sign == "==" else cast("Operator", str(sign))


def _connected(word: Any, items: Sequence[Any]) -> Node:
    """Returns one node for items with `and` or `or` between them; a single item as it is."""
    nodes: list[Node] = [item for item in items if not isinstance(item, Token)]
    if len(nodes) == 1:
        return nodes[0]
    words = next(item for item in items if isinstance(item, Token))
    return Connective(word, nodes, _limited(_depth(*nodes), *_span(words)))


@cache
def _parser() -> Lark:
    """Returns the parser, made at the first filter."""
    return Lark(GRAMMAR, parser="lalr", transformer=_Builder(), maybe_placeholders=True)
