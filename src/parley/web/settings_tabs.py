"""What the pages of settings share: the tabs between them, and where they lead."""

from urllib.parse import urlencode

from msgspec import Struct

from parley.web.contexts import events_href, home_href, quarantine_href
from parley.web.state import PageState

__all__ = [
    "PRICES",
    "PROVIDER_KEYS",
    "UNKNOWN",
    "SettingsPage",
    "prices_href",
    "provider_keys_href",
    "session_href",
    "unknown_href",
]

PRICES = "/settings/prices"
UNKNOWN = "/settings/unknown"
PROVIDER_KEYS = "/settings/provider-keys"


def prices_href(project: str, **more: str) -> str:
    """Returns the address of the page of prices."""
    return f"{PRICES}?" + urlencode({"project": project, **more})


def provider_keys_href(project: str, **more: str) -> str:
    """Returns the address of the page of the keys of model providers."""
    return f"{PROVIDER_KEYS}?" + urlencode({"project": project, **more})


def unknown_href(project: str) -> str:
    """Returns the address of the page of what was not understood."""
    return f"{UNKNOWN}?" + urlencode({"project": project})


def session_href(project: str, session_id: str) -> str:
    """Returns the address of a session."""
    return PageState(project=project, range="all").session_href(session_id)


class SettingsPage(Struct, frozen=True, kw_only=True):
    """What every page of settings is given. tab: which of them it is."""

    state: PageState
    projects: list[str]
    behind: str
    title: str
    tab: str
    set_aside: str = ""
    set_aside_href: str = ""
    is_list: bool = False

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(self.state)

    @property
    def home_href(self) -> str:
        """The list of sessions."""
        return home_href(self.state)

    @property
    def tabs(self) -> list[tuple[str, str, str]]:
        """The pages: key, title, address."""
        project = self.state.project
        return [
            ("prices", "Prices", prices_href(project)),
            ("provider-keys", "Provider keys", provider_keys_href(project)),
            ("unknown", "Not understood", unknown_href(project)),
            ("set-aside", "Set aside", quarantine_href(project)),
        ]
