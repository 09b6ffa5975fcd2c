"""One session as a page of Markdown that reads like a printed interview.

What was said stands in quotations: no text can pass for a heading of the page, and none of its
HTML or pictures work.
"""

import re
from collections.abc import Iterator

from parley.api.documents import transcript_pages
from parley.model import Message, ModelUsage, Part, SessionDetail, Turn
from parley.store import Store

__all__ = ["session_markdown"]

ROLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


def session_markdown(store: Store, opened: SessionDetail) -> Iterator[bytes]:
    """Yields the head, then a chapter for each turn."""
    yield from (f"{line}\n".encode("utf-8", "replace") for line in _lines(store, opened))


def _lines(store: Store, opened: SessionDetail) -> Iterator[str]:
    session = opened.session
    yield f"# Session {code(session.session_id)}\n"
    facts = {
        "Title": code(session.title) if session.title else "",
        "Project": code(session.project),
        "Started": session.started_at,
        "Last activity": session.last_activity_at,
        "Turns": f"{session.turns}" + (f", {session.errors} failed" if session.errors else ""),
        "Calls": f"{session.llm_calls} of models, {session.tool_calls} of tools",
        "Tokens": ("" if session.usage_complete else "at least ")
        + f"{session.input_tokens} in, {session.output_tokens} out",
        "Cost": cost(session.cost_usd, is_complete=session.cost_complete),
        "Models": ", ".join(map(code, session.models)),
        "Users": ", ".join(map(code, session.users)),
        "Tags": ", ".join(map(code, session.tags)),
    }
    yield from (f"- {name}: {value}" for name, value in facts.items() if value)
    for page in transcript_pages(store, session.project, session.session_id):
        for item in page.turns:
            yield f"\n## Turn {item.turn.turn}"
            for message in item.messages:
                yield from _message(message)
            if item.turn.error is not None:
                yield f"\n**Failed:** {code(item.turn.error or 'no reason given')}"
            yield f"\n*{_foot(item.turn)}*"


def _message(message: Message) -> Iterator[str]:
    said = [part for part in message.parts if part.kind not in ("tool_call", "tool_result")]
    if said or not message.parts:
        earlier = " (context)" if message.folded else ""
        yield f"\n**{ROLES.get(message.role, 'Tool')}**{earlier}\n"
        for number, part in enumerate(said):
            if number:
                yield ">"
            yield from _words(part)
    for part in message.parts:
        if part.kind == "tool_call":
            yield f"\n**Calls** {code(part.name)}\n"
            yield fenced(part.arguments, "json")
        elif part.kind == "tool_result":
            yield "\n**Result**" + (f" of {code(part.name)}" if part.name else "") + "\n"
            yield fenced(part.text)


def _words(part: Part) -> Iterator[str]:
    match part.kind:
        case "media":
            digest = f"sha256:{part.hash}" if part.hash else ""
            yield f"> [attachment: {listed(part.media_type, part.name, digest, part.uri)}]"
        case "citation":
            yield f"> [source: {listed(part.name, part.uri, part.text)}]"
        case "reasoning":
            yield "> *thinks:*"
            yield quoted(part.text)
        case _:
            yield quoted(part.text)


def quoted(text: str) -> str:
    """Returns text as a quotation, its HTML and pictures shown as they are written."""
    fence = ""
    lines = []
    for raw in CONTROL.sub(" ", text.replace("\r\n", "\n")).split("\n"):
        line = raw
        found = FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not found[2].strip()
            fence = "" if closes else fence
        elif found:
            fence = found[1]
        else:
            line = TAG.sub("&lt;", line).replace("![", "!\\[")
        lines.append(f"> {line}".rstrip() if not line.strip() else f"> {line}")
    return "\n".join(lines)


def fenced(text: str, language: str = "") -> str:
    """Returns text as a block of code that it cannot leave."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{CONTROL.sub(' ', text)}\n{ticks}"


def code(text: str) -> str:
    """Returns text as code on one line."""
    line = " ".join(CONTROL.sub(" ", text).split()) or " "
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{ticks}{space}{line}{space}{ticks}"


def listed(*words: str) -> str:
    """Returns those that there are."""
    return ", ".join(code(word) for word in words if word)


def _foot(turn: Turn) -> str:
    """Returns when a turn was, how long it took and what it used."""
    facts = [turn.started_at, f"{turn.latency_ms / 1000:.2f} s"]
    least = "" if turn.usage_complete else "at least "
    facts.append(f"{least}{turn.input_tokens} tokens in, {turn.output_tokens} out")
    facts.append(cost(turn.cost_usd, is_complete=turn.cost_complete))
    facts.append(", ".join(code(name) for name in _models(turn.usage)) or code(turn.model))
    return " · ".join(facts)


def _models(usage: list[ModelUsage]) -> list[str]:
    return list(dict.fromkeys(item.model for item in usage if item.model))


def cost(cost_usd: float | None, *, is_complete: bool) -> str:
    """Returns dollars; an unknown cost is not 0."""
    if cost_usd is None:
        return "cost unknown"
    return ("" if is_complete else "at least ") + f"${cost_usd:.6f}"
