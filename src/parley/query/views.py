"""Whether the list of sessions can look as it is asked to."""

import time

from parley.model import CHARTS, COLUMNS, DENSITIES, RANGES, Look, from_iso
from parley.query.errors import BadQuery
from parley.query.narrowing import narrow
from parley.query.sessions import SORTS

__all__ = ["VIEW_NAME_MAX", "check_look", "check_view"]

TIME_MAX_NS = 4_102_444_800_000_000_000  # the year 2100
VIEW_NAME_MAX = 60  # characters; a tab has room for some 20
Q_MAX, FILTER_MAX = 500, 4000  # characters, as the fields of the page take


def check_view(name: str, look: Look) -> None:
    """Raises BadQuery for a view that cannot be saved; names the field."""
    if not name.strip():
        raise BadQuery("name", "is empty: a view has a name")
    if len(name) > VIEW_NAME_MAX or not name.isprintable():
        raise BadQuery("name", f"expected one line of at most {VIEW_NAME_MAX} characters")
    for field, most in (("q", Q_MAX), ("filter", FILTER_MAX)):
        if len(getattr(look, field)) > most:
            raise BadQuery(field, f"is longer than {most:,} characters")
    check_look(look, now_ns=time.time_ns())
    narrow(look.q, look.filter)


def check_look(look: Look, *, now_ns: int, columns_field: str = "columns") -> None:
    """Raises BadQuery for what the list cannot show; names the field. Words are not read."""
    if look.range not in RANGES:
        raise BadQuery("range", f"{look.range[:40]!r} is none of {', '.join(RANGES)}")
    if look.sort.removeprefix("-") not in SORTS:
        raise BadQuery("sort", f"{look.sort[:40]!r} is no metric of a session")
    _check_times(look, now_ns)
    for name, known in (("chart", tuple(CHARTS)), ("density", DENSITIES)):
        value = getattr(look, name)
        if value not in known:
            raise BadQuery(name, f"{value[:40]!r} is none of {', '.join(known)}")
    for column in look.columns:
        if column not in COLUMNS:
            raise BadQuery(columns_field, f"{column[:40]!r} is none of {', '.join(COLUMNS)}")


def _check_times(look: Look, now_ns: int) -> None:
    times = {}
    for name, text in (("from", look.since), ("to", look.until)):
        try:
            times[name] = from_iso(text) if text else None
        except (ValueError, OverflowError) as error:
            raise BadQuery(name, f"{text[:40]!r} is no time such as 2026-01-31T09:30Z") from error
        if not 0 <= (times[name] or 0) < TIME_MAX_NS:
            raise BadQuery(name, f"{text[:40]!r} is not between 1970 and 2100")
    since, until = times["from"], times["to"]
    if until is not None and since is None:
        raise BadQuery("from", "is missing: a range that has an end begins somewhere")
    if (since or 0) >= (now_ns if until is None else until):
        raise BadQuery("from", "is not before `to`")
