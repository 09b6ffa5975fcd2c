"""What people say of sessions: a title, tags, a bookmark."""

from msgspec import UNSET, Struct, UnsetType

__all__ = ["LabelChange"]


class LabelChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is not named stays.

    A title of None or "" takes the title away. `tags` are all the tags that people gave, instead of
    those there are; `add_tags` and `remove_tags` change those. Tags of spans are not touched.
    """

    title: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    add_tags: list[str] | UnsetType = UNSET
    remove_tags: list[str] | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
