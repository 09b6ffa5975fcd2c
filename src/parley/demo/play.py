"""Plays a conversation: each turn becomes timed calls with their messages and tokens.

The result knows no dialect. A call carries the whole history, as real clients resend it.
"""

from collections.abc import Iterator
from itertools import count

from msgspec import Struct, field

from parley.demo.casting import SECOND_NS, Conversation
from parley.demo.script import App, Cast, Failure, Model, Step, Turn
from parley.demo.tokens import MESSAGE_OVERHEAD, Usage, count_tokens, json_text, read_usage

__all__ = ["Call", "Fault", "Play", "Retrieval", "Said", "ToolRun", "TurnPlay", "Work"]

MILLISECOND_NS = 1_000_000
CACHE_WARM_NS = 10 * 60 * SECOND_NS


class ToolRequest(Struct, frozen=True):
    """A tool call that the model asked for."""

    call_id: str
    name: str
    arguments: dict[str, object]


class Said(Struct, frozen=True, kw_only=True):
    """One message. A tool message answers `call_id`."""

    role: str
    text: str = ""
    calls: list[ToolRequest] = field(default_factory=list)
    call_id: str = ""
    name: str = ""

    def tokens(self) -> int:
        """Returns the tokens of the message inside a prompt."""
        asked = sum(count_tokens(json_text(call.arguments)) + 12 for call in self.calls)
        return count_tokens(self.text) + asked + MESSAGE_OVERHEAD


class Fault(Struct, frozen=True):
    """Why something failed, as an exception event tells it."""

    type: str
    message: str
    stack: str


class Work(Struct, frozen=True, kw_only=True):
    """Something with a beginning and an end."""

    start_ns: int
    end_ns: int
    fault: Fault | None = None


class Call(Work, frozen=True, kw_only=True):
    """One call of a model. `said` and `usage` are None when it failed."""

    call_id: str
    model_name: str
    model: Model
    system: str
    history: list[Said]
    said: Said | None
    usage: Usage | None
    first_token_s: float | None


class ToolRun(Work, frozen=True, kw_only=True):
    """One run of a tool."""

    request: ToolRequest
    result: str


class Retrieval(Work, frozen=True, kw_only=True):
    """One search for passages: (title, text, score)."""

    query: str
    found: list[tuple[str, str, float]]


class TurnPlay(Work, frozen=True, kw_only=True):
    """One turn: what was done, in order of start, and what came out ("" when it failed)."""

    number: int
    user: str
    answer: str
    work: list[Work]


class Play:
    """Plays the turns of one conversation, one after the other; remembers what was said."""

    def __init__(self, cast: Cast, conversation: Conversation) -> None:
        self.conversation = conversation
        self.app: App = cast.apps[conversation.script.app]
        self._cast = cast
        self._chance = conversation.chance
        self._history: list[Said] = []
        self._numbers = count(1)
        self._warm: dict[str, tuple[int, int]] = {}  # model -> (prompt tokens, end of the call)
        self._schema_tokens = sum(
            count_tokens(tool.description) + 60 + 35 * len(tool.parameters)  # the JSON schema
            for tool in self.app.tools.values()
        )

    def turns(self) -> Iterator[TurnPlay]:
        """Yields every turn at the moments of the script: answer, pause of the user, next turn."""
        at_ns = self.conversation.started_ns
        for turn, pause in zip(self.conversation.turns, self.conversation.pauses(), strict=True):
            played = self.turn(turn, at_ns=at_ns + int(pause * SECOND_NS))
            at_ns = played.end_ns
            yield played

    def turn(self, turn: Turn, *, at_ns: int) -> TurnPlay:
        """Plays one turn that begins at `at_ns`."""
        stage = _Stage(at_ns, self._ms(4, 30))
        self._history.append(Said(role="user", text=turn.user))
        system = self.conversation.system
        for position, step in enumerate(turn.steps):
            last = position == len(turn.steps) - 1 and not turn.answer
            if step.retrieve:
                retrieval = self._retrieve(step, stage)
                passages = "\n\n".join(f"[{t}]\n{x}" for t, x, _ in retrieval.found)
                system = f"{self.conversation.system}\n\nPassages:\n\n{passages}"
            elif step.fail:
                self._call(turn, stage, system=system, said=None, failure=step.fail)
                stage.pause(self._ms(700, 2100))  # the client backs off before it tries again
            elif step.tool and not step.together:
                group = [step]
                for other in turn.steps[position + 1 :]:
                    if not other.together:
                        break
                    group.append(other)
                self._use_tools(turn, stage, system=system, steps=group, last=last)
        if turn.answer:
            said = Said(role="assistant", text=turn.answer)
            self._call(turn, stage, system=system, said=said)
        return TurnPlay(
            start_ns=at_ns,
            end_ns=stage.now_ns + self._ms(2, 15),
            fault=None if turn.answer else stage.fault,
            number=next(self._numbers),
            user=turn.user,
            answer=turn.answer,
            work=stage.work,
        )

    def _call(
        self, turn: Turn, stage: "_Stage", *, system: str, said: Said | None, failure: str = ""
    ) -> None:
        name = turn.model or self.conversation.model
        model = self._cast.models[name]
        start_ns = stage.now_ns
        history = list(self._history)
        prompt = count_tokens(system) + self._schema_tokens + sum(m.tokens() for m in history)
        usage, first_token_s, fault = None, None, None
        if said is None:
            # Providers word the same failure differently.
            failures = self._cast.failures
            problem = failures.get(f"{failure}_{model.system}", failures[failure])
            fault = self._fault(problem, name)
            duration_ns = int(problem.ms * self._chance.uniform(0.9, 1.1) * 1e6)
        else:
            size, ended_ns = self._warm.get(name, (0, 0))
            warm = size if start_ns - ended_ns < CACHE_WARM_NS else 0
            text = said.text + "".join(json_text(call.arguments) for call in said.calls)
            usage = read_usage(model, prompt=prompt, said=text, cached_before=warm)
            first_token_s, duration_ns = self._speed(model, usage, turn.slow)
            self._warm[name] = (prompt, start_ns + duration_ns)
            self._history.append(said)
        if not self.app.streams:
            first_token_s = None
        stage.add(
            Call(
                start_ns=start_ns,
                end_ns=start_ns + duration_ns,
                fault=fault,
                call_id=f"{self._chance.getrandbits(72):018x}",
                model_name=name,
                model=model,
                system=system,
                history=history,
                said=said,
                usage=usage,
                first_token_s=first_token_s,
            )
        )

    def _speed(self, model: Model, usage: Usage, slow: float) -> tuple[float, int]:
        """Returns the seconds to the first token and the nanoseconds of the whole call."""
        fresh = usage.input - usage.cached
        first_s = (model.first_token_ms / 1000 + fresh / 12_000) * self._chance.uniform(0.75, 1.5)
        first_s += usage.reasoning / model.tokens_per_second
        first_s *= slow
        visible = usage.output - usage.reasoning
        rest_s = visible / (model.tokens_per_second * self._chance.uniform(0.8, 1.15)) * slow
        return round(first_s, 4), int((first_s + rest_s) * SECOND_NS)

    def _use_tools(
        self, turn: Turn, stage: "_Stage", *, system: str, steps: list[Step], last: bool
    ) -> None:
        requests = [
            ToolRequest(f"call_{self._chance.getrandbits(96):024x}", step.tool, step.args)
            for step in steps
        ]
        said_before = len(self._history)
        said = Said(role="assistant", text=steps[0].say, calls=requests)
        self._call(turn, stage, system=system, said=said)
        start_ns = stage.now_ns + self._ms(1, 6)
        for step, request in zip(steps, requests, strict=True):
            fault = None
            result = json_text(step.result)
            duration_ns = int((step.ms or 350) * self._chance.uniform(0.8, 1.25) * 1e6)
            if step.error:
                failure = self._cast.failures[step.error]
                fault = self._fault(failure, request.name)
                result = json_text({"error": fault.type, "message": fault.message})
                duration_ns = int((step.ms or failure.ms) * 1e6) + self._ms(0, 9)
            stage.add(
                ToolRun(
                    start_ns=start_ns,
                    end_ns=start_ns + duration_ns,
                    fault=fault,
                    request=request,
                    result=result,
                )
            )
            self._history.append(
                Said(role="tool", text=result, call_id=request.call_id, name=request.name)
            )
            if fault and last:
                # The turn dies here and nobody tells the model; no provider would take a call
                # without its result in the next request, so clients forget it.
                del self._history[said_before:]
        stage.pause(self._ms(2, 12))

    def _retrieve(self, step: Step, stage: "_Stage") -> Retrieval:
        score = self._chance.uniform(0.86, 0.93)
        found = []
        for title, text in step.found:
            found.append((title, text, round(score, 4)))
            score -= self._chance.uniform(0.02, 0.09)
        duration_ns = int((step.ms or 180) * self._chance.uniform(0.7, 1.5) * 1e6)
        retrieval = Retrieval(
            start_ns=stage.now_ns,
            end_ns=stage.now_ns + duration_ns,
            query=step.retrieve,
            found=found,
        )
        stage.add(retrieval)
        return retrieval

    def _fault(self, failure: Failure, what: str) -> Fault:
        message = failure.message.replace("@{what}", what)
        return Fault(failure.type, message, f"{failure.stack.strip()}\n{failure.type}: {message}")

    def _ms(self, low: float, high: float) -> int:
        """Returns a chance duration of so many milliseconds, in nanoseconds."""
        return int(self._chance.uniform(low, high) * MILLISECOND_NS)


class _Stage:
    """What happened in the running turn, and what time it is there."""

    def __init__(self, start_ns: int, warm_up_ns: int) -> None:
        self.now_ns = start_ns + warm_up_ns
        self.work: list[Work] = []
        self.fault: Fault | None = None

    def add(self, work: Work) -> None:
        self.work.append(work)
        self.now_ns = max(self.now_ns, work.end_ns)
        self.fault = work.fault or self.fault

    def pause(self, duration_ns: int) -> None:
        self.now_ns += duration_ns
