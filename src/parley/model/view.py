"""Saved views: what the list of sessions shows and how, under a name."""

from msgspec import Struct

__all__ = ["CHARTS", "COLUMNS", "DENSITIES", "RANGES", "Look", "SavedView"]

# Seconds of a named range that ends now; 0 has no beginning.
RANGES = {
    "30m": 1800,
    "3h": 3 * 3600,
    "24h": 86_400,
    "7d": 7 * 86_400,
    "30d": 30 * 86_400,
    "all": 0,
}
CHARTS = {"sessions": "Sessions", "cost": "Cost", "latency": "p95 latency"}
COLUMNS = {
    "id": "Session",
    "turns": "Turns",
    "lat": "Latency",
    "tok": "Tokens",
    "cost": "Cost",
    "model": "Model, user",
    "when": "Last activity",
}
DENSITIES = ("comfortable", "compact")


class Look(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"since": "from", "until": "to"},
):
    """Which sessions the list shows, in which order, and what of them.

    since, until: an absolute range, instead of the named one.
    """

    q: str = ""
    filter: str = ""
    range: str = "7d"
    since: str = ""
    until: str = ""
    sort: str = "-last_activity_at"
    columns: tuple[str, ...] = tuple(COLUMNS)
    density: str = "comfortable"
    chart: str = "sessions"


class SavedView(Struct, frozen=True, kw_only=True):
    """A look under a name that no other view of its project has."""

    id: str
    name: str
    look: Look
    created_at: int
