"""Numbers, times and sizes as people read them. The exact value belongs into a title beside."""

import time
from datetime import UTC, datetime

__all__ = [
    "ago",
    "clock",
    "count",
    "day_and_clock",
    "duration",
    "money",
    "percent",
    "plural",
    "size",
    "tokens",
]

SECOND_NS = 1_000_000_000
NOW_SECONDS = 10


def three_digits(value: float) -> str:
    """Returns three significant digits without an exponent: 4.1, 44.1, 441."""
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}"


def count(value: float) -> str:
    """Returns a count: 8,214 below ten thousand, then 41.7 k, 1.2 M."""
    return f"{value:,.0f}" if value < 10_000 else tokens(value)


def tokens(value: float) -> str:
    """Returns a number of tokens: 412, 9.8 k, 184 M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit * 0.9995:
            return f"{three_digits(value / limit)} {unit}"
    return f"{value:.0f}"


def money(cost_usd: float | None) -> str:
    """Returns dollars; four decimals below a cent, more where that would show nothing."""
    if cost_usd is None:
        return "unknown"
    if cost_usd == 0:
        return "$0"
    if cost_usd < 0.0001:
        return f"${cost_usd:.6f}"
    if cost_usd < 0.01:
        return f"${cost_usd:.4f}"
    if cost_usd < 1:
        return f"${cost_usd:.3f}"
    return f"${cost_usd:,.2f}"


def duration(milliseconds: float | None) -> str:
    """Returns 0.4 ms, 41 ms, 0.61 s, 2.8 s, 6 min, 1 h 04 min, 2 d 3 h."""
    if milliseconds is None:
        return "–"
    if milliseconds < 1:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 100:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"


def percent(share: float) -> str:
    """Returns 2.31 %, 64 %: two decimals below ten."""
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.2f} %"


def size(length: int) -> str:
    """Returns a length in characters as 96 B, 2.4 kB."""
    return f"{length} B" if length < 1000 else f"{three_digits(length / 1000)} kB"


def plural(number: int, noun: str) -> str:
    """Returns `1 call`, `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{count(number)} {noun}s"


def moment(time_ns: int) -> datetime:
    """Returns the UTC time."""
    return datetime.fromtimestamp(time_ns / SECOND_NS, UTC)


def clock(time_ns: int) -> str:
    """Returns 09:37:12 in UTC."""
    return moment(time_ns).strftime("%H:%M:%S")


def day_and_clock(time_ns: int, *, now_ns: int | None = None) -> str:
    """Returns `today 09:37:12`, `yesterday 11:00:00`, `14 Nov 09:37:12`, then with the year."""
    then = moment(time_ns)
    days = (moment(now_ns or time.time_ns()).date() - then.date()).days
    if days in (0, 1):
        return f"{('today', 'yesterday')[days]} {then:%H:%M:%S}"
    year = "" if then.year == moment(now_ns or time.time_ns()).year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {then:%H:%M:%S}"


def ago(time_ns: int, *, now_ns: int | None = None) -> str:
    """Returns `now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, then the date."""
    seconds = ((now_ns or time.time_ns()) - time_ns) / SECOND_NS
    if seconds < NOW_SECONDS:
        return "now"
    if seconds < 60:
        return f"{seconds:.0f} s ago"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 86_400:
        return f"{seconds // 3600:.0f} h ago"
    if seconds < 14 * 86_400:
        return f"{seconds // 86_400:.0f} d ago"
    then = moment(time_ns)
    return f"{then.day} {then:%b %Y}"
