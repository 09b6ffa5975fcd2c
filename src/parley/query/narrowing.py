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

    cheap: list[str]  # on its row
    dear: list[str]  # on its messages, turns or spans, the cheapest first; with `/*among*/`
    values: dict[str, Any]
    saying: Saying | None = None

    @property
    def is_everything(self) -> bool:
        """Nothing is narrowed."""
        return not self.cheap and not self.dear

    def sql(self, *, interval: str = "") -> str:
        """Returns the conditions, each after an AND.

        What is dear is asked only of the sessions that what is cheaper leaves; `interval`, a
        condition of the question itself, is the cheapest.
        """
        known = [interval, *self.cheap] if interval else [*self.cheap]
        conditions = [*self.cheap]
        for condition in self.dear:
            among = fragment("among").replace("/*cheaper*/", " AND ".join(known)) if known else ""
            conditions.append(condition.replace("/*among*/", among))
            if len(known) == len(self.cheap) + bool(interval):
                known.append(conditions[-1])  # one level of it is enough: each repeats all before
        return "".join(f" AND {condition}" for condition in conditions)


EVERYTHING = Narrowing(cheap=[], dear=[], values={})


def narrow(q: str = "", filter_text: str = "", *, now_ns: int | None = None) -> Narrowing:
    """Returns what both leave. `now_ns` is what relative times in the filter count from.

    Raises:
        BadQuery: q cannot be searched for; names it.
        BadFilter: the filter means nothing; points at the place.
    """
    found = saying(terms) if (terms := parse_words(q)) else None
    cheap: list[str] = []
    dear: list[str] = [found.sessions] if found else []
    values: dict[str, Any] = dict(found.values) if found else {}
    if filter_text.strip():
        checked = check_filter(parse_filter(filter_text), now_ns=now_ns or time.time_ns())
        compiled = compile_filter(checked)
        cheap += [text for cost, text in compiled.conditions if cost == 0]
        dear += [text for cost, text in compiled.conditions if cost > 0]
        values |= compiled.values
    return Narrowing(cheap=cheap, dear=dear, values=values, saying=found)
