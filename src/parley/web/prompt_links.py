"""Where the pages of prompts are, and the ways to them from the turns of a conversation."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from msgspec.structs import replace

from parley.model import Transcript, from_iso
from parley.query import RUN_SESSION, PromptRef, read_prompt_refs, read_transcript
from parley.store import Store
from parley.web.contexts import TurnView

__all__ = ["PROMPTS", "RERUN", "prompt_of_turn", "prompts_href", "with_prompts"]

PROMPTS = "/prompts"
RERUN = "/rerun-turn"
SLACK_NS = 10**9  # times of turns are shown in microseconds; spans may begin a little around them


def prompts_href(project: str, slug: str = "", part: str = "", **more: str) -> str:
    """Returns the address of the list, of an application, or of a page of one."""
    path = "/".join([PROMPTS, *(quote(item, safe="") for item in (slug, part) if item)])
    given = {name: value for name, value in more.items() if value}
    return f"{path}?" + urlencode({"project": project, **given})


def with_prompts(
    store: Store, project: str, transcript: Transcript, views: Sequence[TurnView]
) -> list[TurnView]:
    """Returns turns with what answered them, when it was a managed prompt, and a way to run again.

    The store is asked only for sessions whose id came the way that managed runs tell it.
    """
    session, turns = transcript.session, [item.turn for item in transcript.turns]
    refs = refs_of(store, project, transcript)
    linked = []
    for turn, view in zip(turns, views, strict=True):
        found = next((refs[trace_id] for trace_id in turn.trace_ids if trace_id in refs), None)
        again = {"project": project, "session": session.session_id, "turn": str(turn.turn)}
        linked.append(
            replace(
                view,
                rerun_href="" if view.is_running else f"{RERUN}?{urlencode(again)}",
                prompt=ref_words(found) if found else "",
                prompt_href=ref_href(project, found) if found else "",
                prompt_environment=found.environment if found else "",
            )
        )
    return linked


def refs_of(store: Store, project: str, transcript: Transcript) -> dict[str, PromptRef]:
    """Returns the managed prompts that answered the turns of a transcript, by trace id."""
    session, turns = transcript.session, [item.turn for item in transcript.turns]
    if not turns or session.session_source != RUN_SESSION:
        return {}
    starts = [from_iso(turn.started_at) for turn in turns]
    ends = [start + int(turn.latency_ms * 1e6) for start, turn in zip(starts, turns, strict=True)]
    return read_prompt_refs(
        store,
        project,
        session.session_id,
        from_ns=min(starts) - SLACK_NS,
        to_ns=max(ends) + SLACK_NS,
    )


def prompt_of_turn(store: Store, project: str, session_id: str, turn: str) -> PromptRef | None:
    """Returns the managed prompt that answered a turn, None for none or no such turn."""
    if not (turn.isascii() and turn.isdigit() and 0 < int(turn[:10]) < 10**9):
        return None
    transcript = read_transcript(store, project, session_id, first_turn=int(turn), limit=1)
    refs = refs_of(store, project, transcript) if transcript else {}
    return next(iter(refs.values()), None)


def ref_words(ref: PromptRef) -> str:
    """Returns what a trace says it ran: `support default 3`."""
    return " ".join(item for item in (ref.application, ref.variant, ref.version) if item)


def ref_href(project: str, ref: PromptRef) -> str:
    """Returns the page of what a trace says it ran."""
    version = f"{ref.variant}:{ref.version}" if ref.variant and ref.version else ""
    return prompts_href(project, ref.application, version=version)
