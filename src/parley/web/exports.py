"""The menus that download what a page shows: of a list, and of a session."""

from urllib.parse import urlencode

from msgspec import Struct

from parley.model import Session, to_iso
from parley.web.state import PageState

__all__ = ["ExportLink", "list_exports", "session_exports"]

LIST_FORMS = (
    ("CSV", {"format": "csv"}),
    ("JSON lines", {"format": "jsonl"}),
    ("Parquet", {"format": "parquet"}),
    ("Dataset of chat messages", {"kind": "dataset"}),
)
SESSION_FORMS = (("JSON", "json"), ("Markdown", "md"))


class ExportLink(Struct, frozen=True):
    """One entry of a menu."""

    name: str
    href: str


def list_exports(state: PageState) -> list[ExportLink]:
    """Returns downloads of all sessions that the list of a state has, on all its pages."""
    values = {
        "project": state.project,
        "from": to_iso(state.from_ns) if state.from_ns is not None else "",
        "to": state.until,
        "q": state.q,
        "filter": state.filter,
        "sort": state.sort,
    }
    kept = {name: value for name, value in values.items() if value}
    return [
        ExportLink(name, f"/api/v1/export?{urlencode({**form, **kept})}")
        for name, form in LIST_FORMS
    ]


def session_exports(session: Session) -> list[ExportLink]:
    """Returns downloads of one session."""
    where = {"id": session.session_id, "project": session.project}
    return [
        ExportLink(name, f"/api/v1/session/export?{urlencode({'format': form, **where})}")
        for name, form in SESSION_FORMS
    ]
