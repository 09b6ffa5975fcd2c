"""Random conversations with what is true of them, and the spans that an application would send.

What is true is decided first (who said what, which call failed, what it used); then a client is
drawn that tells it. What no reader could tell apart is not drawn, and named where it is left out.
"""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.properties.tellings import CALLS, Said, other
from tests.telemetry import make_span, set_attribute

START = 1_790_000_000_000_000_000
SECOND = 10**9
EXPERT = "You are the expert."
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
WORDS = ("yes", "no", "go on", "ok", "thanks")
ANSWERS = ("ok", "done", "sure")


@dataclass
class Call:
    """One call of a model. said None: it failed. results: of the tools that it asked for."""

    said: Said | None
    results: list[Said] = field(default_factory=list)
    failed_tools: set[str] = field(default_factory=set)
    inner: dict[str, int] = field(default_factory=dict)  # tool call id -> calls of a model inside
    inner_failed: int = 0  # of these, attempts that failed
    usage: dict[str, int] = field(default_factory=dict)


@dataclass
class Turn:
    """What a person said and what came of it."""

    question: str
    calls: list[Call] = field(default_factory=list)

    quiet: bool = False
    picture: str = ""

    @property
    def asked(self) -> Said:
        return {"role": "user", "text": self.question, "picture": self.picture}

    @property
    def failed(self) -> bool:
        return self.calls[-1].said is None or bool(self.calls[-1].said.get("calls"))

    @property
    def said(self) -> list[Said]:
        """Every message of the turn that some call shows, in order."""
        found: list[Said] = [self.asked]
        if self.quiet:
            return found if self.failed else [*found, self.calls[-1].said or {}]
        for place, call in enumerate(self.calls):
            if call.said is not None:
                found.append(call.said)
                if place + 1 < len(self.calls):
                    found += call.results
        return found


@dataclass
class Client:
    """How a client tells: drawn once for a session."""

    dialect: str
    layout: str  # root: a trace for a turn; bare: a trace for a call; long: one trace for the chat
    history: str  # full, window, summary, none
    window: int
    session_on: str  # root, all, calls
    depth: int  # spans between root and call
    tools_traced: bool
    aggregates: bool  # agents repeat the usage of their calls
    second: str  # "", below, below with words, attempts, wrapper
    system: str
    keeps_failed: bool  # the history holds questions that were not answered
    redeployed: bool  # a turn in the midst is told in another dialect, and all after it
    context: int  # messages that the first call brings from elsewhere
    routed: bool  # each turn begins with a call that only decides who answers
    tool_traces: bool  # tools are traces of their own
    root_words: bool  # the root shows question and answer, too
    quiet: bool  # calls show no words: only the root does
    edited: bool  # the history holds the assistant's words with their marks taken off
    unmeasured: bool  # some calls report no usage
    handoff: bool  # the calls after a turn's first are another agent's, with a prompt of its own
    turn_spans: bool  # in one trace for the chat each turn has a span that says the session
    pictures: bool  # some questions come with one


@dataclass
class Chat:
    """A session: what is true, and its spans by trace."""

    session_id: str
    client: Client
    turns: list[Turn]
    context: list[Said]
    traces: list[list[Span]] = field(default_factory=list)
    leaf_tokens: int = 0
    has_handoff: bool = False
    unmeasured: int = 0  # calls that went well and report no usage


class Writer:
    """Draws one session and writes its spans."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = START
        self.count = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def draw(self) -> Chat:
        """Returns a random session with its spans."""
        chance = self.chance
        client = self.client()
        turns: list[Turn] = []
        for _ in range(chance.choice([1, 2, 3, 5, 8, 12, 30])):
            turns.append(self.turn(client, turns))
        context = [
            {"role": role, "text": f"{role} {self.number()} elsewhere"}
            for _ in range(client.context // 2)
            for role in ("user", "assistant")
        ]
        chat = Chat(f"session {chance.randrange(10**6)}", client, turns, context)
        self.write(chat)
        return chat

    def client(self) -> Client:
        chance = self.chance
        layout = chance.choice(["root", "root", "bare", "long"])
        history = chance.choice(["full", "full", "window", "summary", "none"])
        turn_spans = layout == "long" and chance.random() < 0.4
        if layout == "long" and history == "none" and not turn_spans:
            history = "full"  # steps of one trace with prompts of their own are steps
        on = chance.choice(["root", "all", "calls"]) if not turn_spans else "turns"
        is_root = layout == "root"
        root_words = is_root and chance.random() < 0.4
        quiet = root_words and chance.random() < 0.4
        return Client(
            dialect=chance.choice(sorted(CALLS)),
            layout=layout,
            history=history,
            window=chance.choice([2, 4, 7]),
            session_on="all" if layout == "bare" else on,
            depth=chance.choice([0, 0, 1, 2]),
            tools_traced=layout != "bare" and (quiet or chance.random() < 0.7),
            aggregates=layout != "bare" and chance.random() < 0.3,
            second=chance.choice(["", "", "below", "talking", "attempts", "wrapper"]),
            system=chance.choice(["", "You are kind.", "You are kind.\nBe brief."]),
            keeps_failed=chance.random() < 0.5,
            redeployed=chance.random() < 0.2,
            context=chance.choice([0, 0, 0, 2, 4]) if history != "none" else 0,
            routed=is_root and chance.random() < 0.15,
            tool_traces=layout == "bare" and chance.random() < 0.4,
            root_words=root_words,
            quiet=quiet,
            edited=layout != "long" and history == "full" and chance.random() < 0.2,
            unmeasured=chance.random() < 0.2,
            handoff=chance.random() < 0.2,
            turn_spans=turn_spans,
            pictures=chance.random() < 0.2,
        )

    def turn(self, client: Client, before: list[Turn]) -> Turn:
        """Returns a turn that is not known by its number of calls alone."""
        chance = self.chance
        question = f"question {self.number()}"
        plain = client.layout != "long" or client.history == "full" or client.turn_spans
        if before and plain and chance.random() < 0.4:
            question = chance.choice(WORDS)
        if before and before[-1].failed and before[-1].question == question:
            question = f"again {self.number()}"  # else it is the client's own retry
        turn = Turn(question, quiet=client.quiet)
        if client.pictures and chance.random() < 0.5:
            turn.picture = f"data:image/png;base64,{PIXEL}{chance.choice(['AAAA', 'BBBB'])}"
        if client.routed:
            route = {"role": "assistant", "text": f"route {self.number()}"}
            turn.calls.append(Call(route, usage=self.usage(client)))
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            self.failures(client, turn)
            turn.calls.append(self.asking(client))
        self.failures(client, turn)
        if chance.random() < 0.12:
            return turn if turn.calls and turn.calls[-1].said is None else self.failed(turn)
        text = chance.choice(ANSWERS) if plain and chance.random() < 0.3 else ""
        said = {"role": "assistant", "text": text or f"answer {self.number()}"}
        turn.calls.append(Call(said, usage=self.usage(client)))
        return turn

    def failed(self, turn: Turn) -> Turn:
        turn.calls.append(Call(None))
        return turn

    def failures(self, client: Client, turn: Turn) -> None:
        """Adds attempts that failed and are tried again."""
        while self.chance.random() < 0.15:
            turn.calls.append(Call(None))

    def usage(self, client: Client) -> dict[str, int]:
        if client.unmeasured and self.chance.random() < 0.3:
            return {}
        return {"input": self.chance.randrange(1, 900), "output": self.chance.randrange(1, 90)}

    def asking(self, client: Client) -> Call:
        """Returns a call that asks for some tools at once."""
        chance = self.chance
        asked = []
        for _ in range(chance.choice([1, 1, 2, 3])):
            arguments = json.dumps({"n": chance.randrange(5)})
            asked.append((f"call_{self.number()}", chance.choice(["look", "count"]), arguments))
        text = f"let me see {self.number()}" if chance.random() < 0.3 else ""
        call = Call({"role": "assistant", "text": text, "calls": asked}, usage=self.usage(client))
        for call_id, _, _ in asked:
            result = f"result {self.number()}" if chance.random() < 0.8 else "0"
            call.results.append({"role": "tool", "text": result, "call_id": call_id})
            if client.tools_traced and chance.random() < 0.15:
                call.failed_tools.add(call_id)
            if client.tools_traced and chance.random() < 0.2:
                call.inner[call_id] = chance.choice([1, 2])
        return call

    def write(self, chat: Chat) -> None:
        """Fills the traces of a session."""
        client, told = chat.client, list(chat.context)
        long_trace = self.chance.randbytes(16)
        long_root = self.span(chat, long_trace, b"", "chain", is_root=True)
        if client.layout == "long":
            chat.traces.append([long_root])
        for number, turn in enumerate(chat.turns):
            if client.redeployed and number == len(chat.turns) // 2:
                client.dialect = self.chance.choice(sorted(CALLS))
            history = self.history(client, told)
            if client.layout == "bare":
                self.write_bare(chat, turn, history)
            elif client.layout == "root":
                trace = self.chance.randbytes(16)
                spans: list[Span] = []
                chat.traces.append(spans)
                kind = self.chance.choice(["chain", "agent"])
                root = self.span(chat, trace, b"", kind, is_root=True)
                if turn.failed and self.chance.random() < 0.5:
                    root.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="gave up"))
                if client.root_words:
                    set_attribute(root, "input.value", turn.question)
                    if not turn.failed and turn.calls[-1].said:
                        set_attribute(root, "output.value", turn.calls[-1].said["text"])
                spans.append(root)
                self.write_calls(chat, turn, history, spans, root)
                self.end(root)
            else:
                above = long_root
                if client.turn_spans:
                    above = self.span(chat, long_trace, long_root.span_id, "chain", is_turn=True)
                    chat.traces[0].append(above)
                self.write_calls(chat, turn, history, chat.traces[0], above)
                self.end(above)
                self.end(long_root)
            told += turn.said if client.keeps_failed or not turn.failed else []
            self.clock += self.chance.choice([1, 5, 400]) * SECOND

    def history(self, client: Client, told: list[Said]) -> list[Said]:
        """Returns what a call sends before the words of its own turn."""
        if client.edited:
            told = [
                {**m, "text": m["text"].replace("answer", "_answer_")}
                if m["role"] == "assistant"
                else m
                for m in told
            ]
        match client.history:
            case "none":
                return []
            case "window":
                return told[-client.window :]
            case "summary" if len(told) > client.window:
                summary = {"role": "user", "text": f"Summary of {len(told)} messages"}
                return [summary, *told[-client.window :]]
        return list(told)

    def write_bare(self, chat: Chat, turn: Turn, history: list[Said]) -> None:
        for place, call in enumerate(turn.calls):
            trace: list[Span] = []
            chat.traces.append(trace)
            self.write_call(chat, turn, place, call, history, trace, self.chance.randbytes(16), b"")
            if chat.client.tool_traces and call.said is not None:
                for call_id, name, _ in call.said.get("calls", []):
                    tools: list[Span] = []
                    chat.traces.append(tools)
                    frame = Span(trace_id=self.chance.randbytes(16))
                    self.write_tool(chat, call, call_id, name, tools, frame)

    def write_calls(
        self, chat: Chat, turn: Turn, history: list[Said], spans: list[Span], root: Span
    ) -> None:
        """Adds the calls and tools of a turn below a root, some spans between them."""
        above = [root]
        for _ in range(chat.client.depth):
            kind = self.chance.choice(["agent", "chain"])
            above.append(self.span(chat, root.trace_id, above[-1].span_id, kind))
            spans.append(above[-1])
        parent = above[-1]
        total = {"input": 0, "output": 0}
        for place, call in enumerate(turn.calls):
            self.write_call(chat, turn, place, call, history, spans, root.trace_id, parent.span_id)
            for side in total:
                total[side] += call.usage.get(side, 0)
            if chat.client.tools_traced and call.said is not None:
                for call_id, name, _ in call.said.get("calls", []):
                    self.write_tool(chat, call, call_id, name, spans, parent)
        for span in above[1:]:
            self.end(span)
        if chat.client.aggregates and chat.client.layout == "root" and len(above) > 1:
            for side, number in total.items():
                set_attribute(above[1], f"gen_ai.usage.{side}_tokens", number)

    def write_tool(
        self, chat: Chat, call: Call, call_id: str, name: str, spans: list[Span], parent: Span
    ) -> None:
        tool = self.span(chat, parent.trace_id, parent.span_id, "tool")
        tool.name = name
        if call_id in call.failed_tools:
            tool.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="no such thing"))
        spans.append(tool)
        for _ in range(call.inner.get(call_id, 0)):
            asked = [{"role": "user", "text": f"You research. Topic {self.number()}"}]
            said: Said | None = {"role": "assistant", "text": f"notes {self.number()}"}
            if self.chance.random() < 0.2:
                said, call.inner_failed = None, call.inner_failed + 1
            inner = Call(said, usage=self.usage(chat.client) if said else {})
            for side, number in inner.usage.items():  # they count as the turn's
                call.usage[f"inner {side}"] = call.usage.get(f"inner {side}", 0) + number
            self.llm(chat, inner, asked, spans, tool.trace_id, tool.span_id)
        self.end(tool)

    def write_call(
        self,
        chat: Chat,
        turn: Turn,
        place: int,
        call: Call,
        history: list[Said],
        spans: list[Span],
        trace_id: bytes,
        parent_id: bytes,
    ) -> None:
        """Adds the span of a call: it sends the history and all of its turn so far."""
        system = chat.client.system
        if system and chat.client.handoff and place > 0:
            system, chat.has_handoff = EXPERT, True
        inputs: list[Said] = [{"role": "system", "text": system}] if system else []
        inputs += [*history, turn.asked]
        for number, earlier in enumerate(turn.calls[:place]):
            if earlier.said is not None and not (chat.client.routed and number == 0):
                inputs += [earlier.said, *earlier.results]
        self.llm(chat, call, inputs, spans, trace_id, parent_id)

    def llm(
        self,
        chat: Chat,
        call: Call,
        inputs: list[Said],
        spans: list[Span],
        trace_id: bytes,
        parent_id: bytes,
    ) -> None:
        client = chat.client
        second = client.second if call.said is not None else ""
        usage = {side: call.usage[side] for side in ("input", "output") if side in call.usage}
        if client.quiet and second in ("talking", "attempts", "wrapper"):
            second = "below"
        silent = second in ("attempts", "wrapper")
        words, said = ([], None) if client.quiet else (inputs, call.said)
        attributes = CALLS[client.dialect](words, said, {} if silent else usage)
        if client.quiet:
            attributes = {k: v for k, v in attributes.items() if v not in ("[]", [])}
        answer_id = f"resp_{self.chance.randrange(10**12)}" if second else ""
        span = self.span(chat, trace_id, parent_id, "llm", attributes)
        if answer_id and not silent:
            set_attribute(span, "gen_ai.response.id", answer_id)
        if call.said is None:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="HTTP 429"))
        spans.append(span)
        chat.leaf_tokens += sum(usage.values())
        chat.unmeasured += call.said is not None and not usage
        told = {f"gen_ai.usage.{side}_tokens": number for side, number in usage.items()}
        below: list[dict[str, Any]] = []
        if second == "below":
            below = [{"gen_ai.operation.name": "chat", **told}]
        elif second == "talking":
            below = [CALLS["genai"](inputs, call.said, usage)]
        elif second == "wrapper":
            below = [{"gen_ai.operation.name": "chat", **told}]
        elif second == "attempts":
            below = [{"gen_ai.operation.name": "chat"}, {"gen_ai.operation.name": "chat", **told}]
        for place, more in enumerate(below):
            inner = self.span(chat, trace_id, span.span_id, "llm", more)
            set_attribute(inner, "gen_ai.response.id", answer_id)
            if second == "attempts" and place == 0:
                inner.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="HTTP 503"))
            spans.append(inner)
            self.end(inner)
        self.end(span)

    def span(
        self,
        chat: Chat,
        trace_id: bytes,
        parent_id: bytes,
        kind: str,
        attributes: dict[str, Any] | None = None,
        *,
        is_root: bool = False,
        is_turn: bool = False,
    ) -> Span:
        """Returns a span that has begun."""
        self.clock += SECOND // 10
        client = chat.client
        found = attributes if attributes is not None else other(client.dialect, kind)
        if kind == "llm":
            found |= {"gen_ai.request.model": "gpt-4o-mini", "gen_ai.provider.name": "openai"}
        says = {"root": is_root, "all": True, "calls": kind == "llm", "turns": is_turn}
        events = found.pop("events", [])
        if says[client.session_on]:
            found["session.id"] = chat.session_id
        span = make_span(
            trace_id=trace_id,
            span_id=self.chance.randbytes(8),
            parent_id=parent_id,
            name=kind,
            start_ns=self.clock,
            duration_ms=1,
            attributes=found,
        )
        for name, attribute, text in events:
            event = span.events.add(name=name, time_unix_nano=self.clock)
            event.attributes.add(key=attribute).value.string_value = text
        return span

    def end(self, span: Span) -> None:
        self.clock += SECOND // 10
        span.end_time_unix_nano = self.clock
