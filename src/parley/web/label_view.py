"""What people say of a session, ready to print: chips of the list, forms of the open session."""

from msgspec import Struct, field

from parley.derive import TAG_MAX, TITLE_MAX
from parley.model import Session
from parley.web.state import PageState

__all__ = ["Labeling", "labeling_of", "labels_href", "shown_tags"]

CHIPS = 3  # of a row; the rest is a number


class TagChip(Struct, frozen=True, kw_only=True):
    """A tag of the open session. href: the list of those that have it."""

    name: str
    href: str
    is_own: bool  # a person gave it here, and can take it away


class Labeling(Struct, frozen=True, kw_only=True):
    """The tags of the open session, and what its forms carry."""

    action: str = ""
    tags: list[TagChip] = field(default_factory=list)
    title_max: int = TITLE_MAX
    tag_max: int = TAG_MAX


def labels_href(state: PageState) -> str:
    """Returns where forms are sent that lead back to the page as it is."""
    return "/labels" + state.href().removeprefix("/")


def labeling_of(session: Session, state: PageState) -> Labeling:
    """Returns the tags of a session, those of its spans first."""
    chips = [
        TagChip(
            name=name,
            href=state.href(filter=f"tag = {quoted(name)}", q="", cursor="", open="", full=""),
            is_own=name in session.own_tags,
        )
        for name in session.tags
    ]
    chips.sort(key=lambda chip: chip.is_own)
    return Labeling(action=labels_href(state), tags=chips)


def quoted(text: str) -> str:
    """Returns a text as the filter language writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def shown_tags(session: Session) -> tuple[list[str], int]:
    """Returns the tags given by people that a row has room for, and how many more there are."""
    return session.own_tags[:CHIPS], len(session.own_tags[CHIPS:])
