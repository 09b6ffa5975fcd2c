"""From a checked filter to conditions on the row of a session. Values are bound, never written."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from parley.query.filters.tree import Operator
from parley.query.filters.types import Checked, Each, Inverse, Joined, Lacking, Scalar, Test
from parley.query.filters.vocabulary import Field
from parley.store import fragment

__all__ = ["Compiled", "compile_filter"]

ROW, TURNS, SPANS = 0, 1, 2  # what a condition reads: the session's row, its turns, its spans
SIGNS: dict[str, str] = {"=": "=", "!=": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
PLAIN = re.compile("[a-z0-9]+")
INDEXED_FROM = 4  # letters: shorter pieces are in too many words, and the engine reads all text
NOT_SIGNS: dict[str, str] = {"=": "!=", "!=": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}


class Compiled(Struct, frozen=True):
    """Conditions that must all hold, the cheapest first, as (what is read, SQL); and their values.

    Dearer conditions have a place `/*among*/` where they can be limited to some sessions, unless
    an index answers them faster than it takes to know which these are.
    """

    conditions: list[tuple[int, str]]
    values: dict[str, Any]


def compile_filter(checked: Checked) -> Compiled:
    """Returns the conditions of a filter."""
    compiler = _Compiler()
    parts: Sequence[Checked] = [checked]
    if isinstance(checked, Joined) and checked.word == "and":
        parts = checked.items
    found = [(cost_of(part), compiler.sql(part)) for part in parts]
    return Compiled(sorted(found, key=lambda item: item[0]), compiler.values)


def cost_of(checked: Checked) -> int:
    """Returns the dearest thing that a condition reads."""
    match checked:
        case Joined():
            return max(map(cost_of, checked.items))
        case Inverse():
            return cost_of(checked.item)
        case Each(scope="span"):
            return SPANS if _counted(checked) is None else ROW
        case Each():
            return ROW if _is_in_session(checked.item) else TURNS
        case _:
            return ROW


def _counted(each: Each) -> Test | None:
    """Returns the test of which the session's row counts the spans that meet it, if it does."""
    item = each.item
    if not isinstance(item, Test) or not item.field.counted or item.operator != "=":
        return None
    return item if item.field.kind == "text" or item.values == [True] else None


def _is_indexed(checked: Checked) -> bool:
    """Returns whether an index of words leads to the turns or spans that meet a condition."""
    match checked:
        case Joined(word="and"):
            return any(map(_is_indexed, checked.items))
        case Test(operator="~"):
            return checked.field.indexed and len(_known_word(checked.values[0])) >= INDEXED_FROM
        case _:
            return False


def _known_word(wanted: Scalar) -> str:
    """Returns the longest piece of a text that stands within one word of the index."""
    return max(PLAIN.findall(str(wanted).lower()), key=len, default="")


def _is_in_session(checked: Checked) -> bool:
    """Returns whether the session's own row has all that a condition on turns reads."""
    return all(field.in_session for field in _fields(checked))


def _fields(checked: Checked) -> list[Field]:
    match checked:
        case Joined():
            return [field for item in checked.items for field in _fields(item)]
        case Inverse() | Each():
            return _fields(checked.item)
        case _:
            return [checked.field]


class _Compiler:
    """Writes SQL, and keeps the values under names."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def bind(self, value: Any, kind: str) -> str:
        """Returns the place of a value in the SQL."""
        name = f"f{len(self.values)}"
        self.values[name] = value
        return f"{{{name}:{kind}}}"

    def sql(self, checked: Checked, *, in_lambda: bool = False) -> str:
        """Returns a condition. Something unknown meets no comparison, so it is true or false."""
        match checked:
            case Joined():
                word = f" {checked.word.upper()} "
                return f"({word.join(self.sql(i, in_lambda=in_lambda) for i in checked.items)})"
            case Inverse():
                return f"(NOT {self.sql(checked.item, in_lambda=in_lambda)})"
            case Each():
                return self.each(checked)
            case Lacking():
                return self.lacking(checked, _place(checked.field, in_lambda=in_lambda))
            case Test():
                return self.test(checked, _place(checked.field, in_lambda=in_lambda))

    def lacking(self, item: Lacking, place: str) -> str:
        match item.field.kind:
            case "text":
                return f"({place} = '')"
            case "texts":
                return f"empty({place})"
            case "keyed":
                return f"(NOT mapContains({place}, {self.bind(item.key, 'String')}))"
            case _:
                return f"isNull({place})"

    def test(self, item: Test, place: str) -> str:
        operator = item.operator
        if operator in ("!=", "!~"):
            positive: Operator = "=" if operator == "!=" else "~"
            inner = Test(field=item.field, key=item.key, operator=positive, values=item.values)
            return f"(NOT {self.test(inner, place)})"
        match item.field.kind:
            case "texts":
                return self.texts(operator, place, item.values)
            case "keyed":
                return self.keyed(operator, place, item)
            case "text" if operator == "~" and item.field.indexed:
                return self.words(place, str(item.values[0]))
            case "text":
                return self.text(operator, f"toString({place})", item.values)
            case "flag":
                return f"(toBool({place}) = {self.bind(item.values[0], 'Bool')})"
            case "time":
                return f"({place} {SIGNS[operator]} {self.bind(item.values[0], 'Int64')})"
            case _:
                return self.number(operator, f"toFloat64({place})", item.values)

    def number(self, operator: Operator, place: str, values: Sequence[Scalar]) -> str:
        if operator == "in":
            return f"ifNull(has({self.bind(list(values), 'Array(Float64)')}, {place}), 0)"
        return f"ifNull({place} {SIGNS[operator]} {self.bind(values[0], 'Float64')}, 0)"

    def text(self, operator: Operator, place: str, values: Sequence[Scalar]) -> str:
        match operator:
            case "in":
                return f"has({self.bind(list(values), 'Array(String)')}, {place})"
            case "~":
                wanted = self.bind(values[0], "String")
                return f"(positionCaseInsensitiveUTF8({place}, {wanted}) > 0)"
            case _:
                return f"({place} = {self.bind(values[0], 'String')})"

    def words(self, place: str, wanted: str) -> str:
        """Returns a condition that the text has a piece of text in it, by an index where one helps.

        The index knows words that have some letters in them, plain ones, at least INDEXED_FROM.
        """
        known = _known_word(wanted)
        by_index = f"lower({place}) LIKE {self.bind(f'%{known}%', 'String')}"
        has_it = self.text("~", place, [wanted])
        if len(known) < INDEXED_FROM:
            return has_it
        return f"({by_index})" if known == wanted.lower() else f"({by_index} AND {has_it})"

    def texts(self, operator: Operator, place: str, values: Sequence[Scalar]) -> str:
        if operator == "=":
            return f"has({place}, {self.bind(values[0], 'String')})"
        return f"arrayExists(one -> {self.text(operator, 'toString(one)', values)}, {place})"

    def keyed(self, operator: Operator, place: str, item: Test) -> str:
        """What has keys holds text: it is compared with a number as the number that it spells."""
        key = self.bind(item.key, "String")
        value = f"{place}[{key}]"
        has_key = f"mapContains({place}, {key})"
        if all(isinstance(given, float) for given in item.values):
            return self.number(operator, f"toFloat64OrNull({value})", item.values)
        texts = [f"{given:g}" if isinstance(given, float) else given for given in item.values]
        return f"({has_key} AND {self.text(operator, f'toString({value})', texts)})"

    def each(self, item: Each) -> str:
        """Returns a condition on how many turns or spans meet another one."""
        if item.scope == "turn" and _is_in_session(item.item):
            return self.each_in_row(item)
        if counted := _counted(item):
            return self.each_counted(item, counted)
        inner = self.sql(item.item)
        table: Literal["turns", "spans"] = "turns" if item.scope == "turn" else "spans"
        if item.word != "count":
            is_any = item.word == "any"
            where = inner if is_any else f"NOT {inner}"
            text = _membership(table, where=where, having="1", is_in=is_any)
            return text.replace("/*among*/", "") if is_any and _is_indexed(item.item) else text
        number = self.bind(item.number, "UInt64")
        # A session in which none meets it is in no group: where 0 is right, others are left out.
        is_zero_right = _holds(0, item.operator, item.number)
        signs = NOT_SIGNS if is_zero_right else SIGNS
        having = f"count() {signs[item.operator]} {number}"
        return _membership(table, where=inner, having=having, is_in=not is_zero_right)

    def each_counted(self, item: Each, test: Test) -> str:
        count = test.field.counted
        if test.field.kind == "text":
            count = f"{count}[{self.bind(test.values[0], 'String')}]"
        match item.word:
            case "any":
                return f"({count} > 0)"
            case "all":
                return f"({count} = spans)"
            case _:
                return f"({count} {SIGNS[item.operator]} {self.bind(item.number, 'UInt64')})"

    def each_in_row(self, item: Each) -> str:
        columns = sorted({field.in_session for field in _fields(item.item)})
        names = ", ".join(f"of_{column}" for column in columns)
        inner = f"({names}) -> {self.sql(item.item, in_lambda=True)}, {', '.join(columns)}"
        match item.word:
            case "any":
                return f"arrayExists({inner})"
            case "all":
                return f"arrayAll({inner})"
            case _:
                number = self.bind(item.number, "UInt64")
                return f"(arrayCount({inner}) {SIGNS[item.operator]} {number})"


def _place(field: Field, *, in_lambda: bool) -> str:
    """Returns where the value is: an expression on the row, or the argument of a lambda."""
    return f"of_{field.in_session}" if in_lambda else f"({field.sql})"


def _membership(table: str, *, where: str, having: str, is_in: bool) -> str:
    text = fragment(f"sessions_by_{table}").replace("/*where*/", where)
    return f"session_id {'IN' if is_in else 'NOT IN'} {text.replace('/*having*/', having)}"


def _holds(count: int, operator: Operator, number: int) -> bool:
    match operator:
        case "=":
            return count == number
        case "!=":
            return count != number
        case ">":
            return count > number
        case ">=":
            return count >= number
        case "<":
            return count < number
        case _:
            return count <= number
