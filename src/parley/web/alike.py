"""From a failure to the sessions that failed for the same reason."""

import json
import re

from parley.web.state import PageState

__all__ = ["alike_href"]

KIND = re.compile(r"[A-Za-z_][\w.]{3,80}")  # of an error, as it stands before its message
CONTROL = re.compile(r"[\x00-\x1f]")
ALIKE_CHARACTERS = 60


def alike_href(error: str, state: PageState) -> str:
    """Returns the list of sessions that failed for the same reason, "" when there is none told.

    The same reason is the same kind of error, as `RateLimitError: …`; else the same first words.
    """
    kind = error.partition(":")[0].strip()
    told = kind if KIND.fullmatch(kind) else error[:ALIKE_CHARACTERS]
    reason = CONTROL.split(told, maxsplit=1)[0].strip()
    if not reason:
        return ""
    asked = json.dumps(reason, ensure_ascii=False)
    places = {"open": "", "tab": "conversation", "span": "", "full": "", "cursor": "", "q": ""}
    return state.href(**places, filter=f"turn.error ~ {asked}")
