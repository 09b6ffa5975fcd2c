"""Which sessions a list, a strip and a chart are about: words in the conversation, and a filter."""

import time
from typing import Any

from msgspec import Struct

from parley.query.filters import check_filter, compile_filter, parse_filter
from parley.query.search import Saying, parse_words, saying
from parley.store import fragment

__all__ = ["EVERYTHING", "Narrowing", "narrow"]


class Narrowing(Struct, frozen=True, kw_only=True):
    """Conditions on a session. saying: what is searched for, None when nothing is."""

    conditions: list[str]  # on its row, or by an index
    dear: list[str]  # on its turns or spans; with a place for `/*among*/`
    values: dict[str, Any]
    saying: Saying | None = None

    def sql(self, *, interval: str = "") -> str:
        """Returns the conditions, each after an AND.

        What is dear is asked only of the sessions that what is cheap leaves; `interval`, a condition
        of the question itself, is the cheapest.
        """
        cheap = [interval, *self.conditions] if interval else self.conditions
        among = ""
        if cheap:
            among = fragment("among").replace("/*cheaper*/", " AND ".join(cheap))
        dear = [condition.replace("/*among*/", among) for condition in self.dear]
        return "".join(f" AND {condition}" for condition in (*self.conditions, *dear))


EVERYTHING = Narrowing(conditions=[], dear=[], values={})


def narrow(q: str = "", filter_text: str = "", *, now_ns: int | None = None) -> Narrowing:
    """Returns what both leave. `now_ns` is what relative times in the filter count from.

    Raises:
        BadQuery: q cannot be searched for; names it.
        BadFilter: the filter means nothing; points at the place.
    """
    found = saying(terms) if (terms := parse_words(q)) else None
    conditions, dear, values = [], [], {}
    if filter_text.strip():
        checked = check_filter(parse_filter(filter_text), now_ns=now_ns or time.time_ns())
        compiled = compile_filter(checked)
        conditions = [text for cost, text in compiled.conditions if cost == 0]
        dear = [text for cost, text in compiled.conditions if cost > 0]
        values = dict(compiled.values)
    if found is not None:
        conditions.append(found.sessions)
        values |= found.values
    return Narrowing(conditions=conditions, dear=dear, values=values, saying=found)
