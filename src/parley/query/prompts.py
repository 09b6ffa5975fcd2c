"""What managed prompts came to: which one answered a turn, and the runs of each application."""

from msgspec import Struct

from parley.store import Store

__all__ = ["RUN_SESSION", "PromptRef", "PromptUsage", "read_prompt_refs", "read_prompt_usage"]

RUN_SCOPE = "parley.prompts"  # the scope of the spans of a chat run, and
RUN_NAME = "chat run "  # how its first span is called, the application behind it
RUN_SESSION = "ag.session.id"  # the attribute by which a run names its session


class PromptRef(Struct, frozen=True):
    """The managed prompt that a run names; "" for what it does not name."""

    application: str
    variant: str
    version: str
    environment: str


class PromptUsage(Struct, frozen=True):
    """Runs of an application. cost_usd None: unknown; unpriced: runs whose cost is."""

    runs: int
    failed: int
    cost_usd: float | None
    unpriced: int


def read_prompt_refs(
    store: Store, project_id: str, session_id: str, *, from_ns: int, to_ns: int
) -> dict[str, PromptRef]:
    """Returns what runs of ours in a session, begun between two times, ran; by trace id."""
    rows = store.read(
        "spans.refs",
        project_id=project_id,
        session_id=session_id,
        from_ns=from_ns,
        to_ns=to_ns,
        scope=RUN_SCOPE,
    )
    return {row[0]: PromptRef(*row[1:]) for row in rows}


def read_prompt_usage(store: Store, project_id: str, *, from_ns: int) -> dict[str, PromptUsage]:
    """Returns the runs of each application since a time by slug; one without runs is not in it."""
    rows = store.read(
        "prompts.usage",
        project_id=project_id,
        from_ns=from_ns,
        scope=RUN_SCOPE,
        prefix=RUN_NAME,
    )
    return {
        application: PromptUsage(
            runs, failed, None if runs == unpriced else float(cost or 0), unpriced
        )
        for application, runs, failed, cost, unpriced in rows
    }
