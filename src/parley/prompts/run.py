"""The chat run: resolve, fill in, ask the model, leave a trace, answer."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from parley.conventions import LoadedPart
from parley.model import HISTORY, Message, Part, Prompt, VersionRef
from parley.pricing import PriceBook, Tokens
from parley.prompts.checks import check_prompt, split_model
from parley.prompts.errors import PromptError, ProviderBusy, ProviderFailed
from parley.prompts.inputs import check_names, render
from parley.prompts.keys import Credentials, ProviderKeys
from parley.prompts.models import Answered, ModelCall, ask, load, stream
from parley.prompts.places import Places
from parley.prompts.registry import Registry
from parley.prompts.trace import Caller, Told, run_trace

__all__ = ["ChatAnswer", "ChatRunner", "RunRequest"]

SECONDS_MIN = 0.001  # for a model that is asked at the very end of a run's time

Record = Callable[[str, bytes], Awaitable[None]]


class RunRequest(Struct, frozen=True, kw_only=True):
    """What is run: what an environment answers with, a version, or a prompt that is not saved.

    session_id "": one is made. caller: the span within which it is asked, None for none.
    """

    inputs: Mapping[str, Any]
    base_id: str = ""
    environment: str = ""
    version: VersionRef | None = None
    prompt: Prompt | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    session_id: str = ""
    caller: Caller | None = None


class ChatAnswer(Struct, frozen=True, kw_only=True):
    """What a run came to. cost None: unknown. version None: the prompt is not saved.

    waited_seconds: for other runs to end, before the model was asked.
    """

    message: str
    parts: list[Part]
    tokens: Tokens
    cost: Decimal | None
    trace_id: str
    span_id: str
    session_id: str
    version: VersionRef | None
    environment: str
    model: str
    finish_reason: str
    waited_seconds: float


class Run(Struct, frozen=True, kw_only=True):
    """A run that is about to ask its model."""

    project_id: str
    request: RunRequest
    prompt: Prompt
    ref: VersionRef | None
    messages: list[Message]
    call: ModelCall
    caller: Caller
    span_id: str
    session_id: str
    started_ns: int


class Outcome(Struct):
    """What has come of a run so far."""

    called_ns: int
    waited_seconds: float = 0.0
    first_ns: int | None = None
    said: list[str] = field(default_factory=list)
    answered: Answered | None = None
    error: str = ""
    error_type: str = ""


class ChatRunner:
    """Runs prompts. `record` gets the OTLP bytes of each run; they are durable when it returns."""

    def __init__(
        self,
        registry: Registry,
        keys: ProviderKeys,
        *,
        book: Callable[[str], PriceBook],
        record: Record,
        places: Places,
    ) -> None:
        self._registry = registry
        self.places = places
        self._keys = keys
        self._book = book
        self._record = record

    async def run(self, project_id: str, request: RunRequest) -> ChatAnswer:
        """Returns the answer of a model. A run that its caller leaves is stopped and recorded so.

        Raises:
            NoSuchPrompt, BadPrompt, BadInputs, NoProviderKey: nothing was asked.
            ProviderBusy, ProviderFailed: a failed turn of the session.
        """
        run = await self._begin(project_id, request)
        outcome = Outcome(time.time_ns())
        try:
            async with self._place(run, outcome) as seconds:
                outcome.answered = await ask(run.call, seconds=seconds)
            check_said(run, outcome.answered)
        except BaseException as error:
            note_failure(outcome, error)
            raise
        finally:
            await self._leave_trace(run, outcome)
        return self._answer(run, outcome, outcome.answered)

    async def stream(
        self, project_id: str, request: RunRequest
    ) -> AsyncGenerator[str | ChatAnswer, None]:
        """Returns the answer's text piece by piece, at last the whole; raises as `run` does."""
        run = await self._begin(project_id, request)
        outcome = Outcome(time.time_ns())
        # The model is heard out at its own speed: who reads slowly holds no place of others.
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        hearing = asyncio.create_task(self._hear(run, outcome, pieces))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            await hearing
        finally:
            if not hearing.done():
                hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await hearing
            elif not hearing.cancelled():
                hearing.exception()  # told, or nobody is there to be told
        if outcome.answered is not None:
            yield self._answer(run, outcome, outcome.answered)

    async def _hear(self, run: Run, outcome: Outcome, pieces: asyncio.Queue[str | None]) -> None:
        """Puts the pieces of an answer into a queue, at last None, and records the run."""
        try:
            async with (
                self._place(run, outcome) as seconds,
                aclosing(stream(run.call, seconds=seconds)) as heard,
            ):
                async for piece in heard:
                    if isinstance(piece, Answered):
                        outcome.answered = piece
                        continue
                    outcome.first_ns = outcome.first_ns or time.time_ns()
                    outcome.said.append(piece)
                    pieces.put_nowait(piece)
            if outcome.answered is not None:
                check_said(run, outcome.answered)
        except BaseException as error:
            note_failure(outcome, error)
            raise
        finally:
            try:
                await self._leave_trace(run, outcome)
            finally:
                pieces.put_nowait(None)

    async def _begin(self, project_id: str, request: RunRequest) -> Run:
        """Returns a run that is ready to ask its model."""
        started_ns = time.time_ns()
        self.places.check()
        if run := self._begin_again(project_id, request, started_ns):
            return run
        return await asyncio.to_thread(self._prepare, project_id, request, started_ns)

    def _begin_again(self, project_id: str, request: RunRequest, started_ns: int) -> Run | None:
        """Returns a run like one of the last second, without asking the records; None otherwise.

        A thread costs a busy server more time than all of this.
        """
        if request.prompt is not None or request.version is not None or has_files(request.inputs):
            return None
        version = self._registry.deployed_lately(project_id, request.base_id, request.environment)
        if version is None:
            return None
        provider, _ = split_model(version.prompt.model)
        credentials = self._keys.found_lately(project_id, provider)
        if credentials is None:
            return None
        return run_of(project_id, request, (version.prompt, version.ref), credentials, started_ns)

    @asynccontextmanager
    async def _place(self, run: Run, outcome: Outcome) -> AsyncIterator[float]:
        """Holds a place while its block runs; yields the seconds that are left of the run's own."""
        until = run.started_ns + int(run.call.seconds * 1e9)
        left = max(until - time.time_ns(), 0) / 1e9
        async with self.places.place(run.project_id, seconds=left) as waited:
            outcome.waited_seconds = waited
            outcome.called_ns = time.time_ns()
            yield max((until - outcome.called_ns) / 1e9, SECONDS_MIN)

    def _prepare(self, project_id: str, request: RunRequest, started_ns: int) -> Run:
        prompt, ref = self._resolve(project_id, request)
        provider, _ = split_model(prompt.model)
        check_names(prompt, request.inputs)  # told before a missing key is
        credentials = self._keys.find(project_id, provider)
        return run_of(project_id, request, (prompt, ref), credentials, started_ns)

    def _resolve(self, project_id: str, request: RunRequest) -> tuple[Prompt, VersionRef | None]:
        if request.prompt is not None:
            check_prompt(request.prompt)
            return request.prompt, request.version
        if request.version is not None:
            self._registry.check_in_use(project_id, request.version.application)
            version = self._registry.version(project_id, request.version)
        else:
            version = self._registry.deployed(project_id, request.base_id, request.environment)
        return version.prompt, version.ref

    async def _leave_trace(self, run: Run, outcome: Outcome) -> None:
        """Records a run. Goes on when the caller leaves meanwhile: a failed turn is never lost."""
        told = Told(
            caller=run.caller,
            span_id=run.span_id,
            session_id=run.session_id,
            metadata=run.request.metadata,
            ref=run.ref,
            environment=run.request.environment,
            prompt=run.prompt,
            messages=run.messages,
            answered=outcome.answered,
            said="".join(outcome.said),
            error=outcome.error,
            error_type=outcome.error_type,
            started_ns=run.started_ns,
            called_ns=outcome.called_ns,
            first_ns=outcome.first_ns,
            ended_ns=time.time_ns(),
            waited_seconds=outcome.waited_seconds,
        )
        await asyncio.shield(self._keep(run, told))

    async def _keep(self, run: Run, told: Told) -> None:
        has_files = any(isinstance(part, LoadedPart) for m in run.messages for part in m.parts)
        trace = await asyncio.to_thread(run_trace, told) if has_files else run_trace(told)
        await self._record(run.project_id, trace)

    def _answer(self, run: Run, outcome: Outcome, answered: Answered) -> ChatAnswer:
        priced = self._book(run.project_id).price(
            provider=run.call.provider,
            models=[answered.model, run.call.model],
            time_ns=run.started_ns,
            tokens=answered.tokens,
        )
        return ChatAnswer(
            message=answered.text,
            parts=answered.parts,
            tokens=answered.tokens,
            cost=priced.cost if answered.has_usage else None,
            trace_id=run.caller.trace_id,
            span_id=run.span_id,
            session_id=run.session_id,
            version=run.ref,
            environment=run.request.environment,
            model=answered.model,
            finish_reason=answered.finish_reason,
            waited_seconds=outcome.waited_seconds,
        )


def run_of(
    project_id: str,
    request: RunRequest,
    version: tuple[Prompt, VersionRef | None],
    credentials: Credentials,
    started_ns: int,
) -> Run:
    """Returns a run that is ready to ask its model. Raises BadInputs."""
    prompt, ref = version
    messages = render(prompt, request.inputs)
    provider, model = split_model(prompt.model)
    call = ModelCall(
        provider=provider,
        model=model,
        api_key=credentials.api_key,
        base_url=credentials.base_url,
        messages=messages,
        parameters=prompt.parameters,
        tools=prompt.tools,
        response_format=prompt.response_format,
    )
    load(call)  # the first one, which imports a library, comes here in a thread
    return Run(
        project_id=project_id,
        request=request,
        prompt=prompt,
        ref=ref,
        messages=messages,
        call=call,
        caller=request.caller or Caller.fresh(),
        span_id=secrets.token_hex(8),
        session_id=request.session_id or secrets.token_hex(16),
        started_ns=started_ns,
    )


def has_files(inputs: Mapping[str, Any]) -> bool:
    """Tells whether messages have parts, which may be large: those are read in a thread."""
    history = inputs.get(HISTORY)
    return isinstance(history, list) and any(
        isinstance(item, dict) and isinstance(item.get("content"), list) for item in history
    )


def check_said(run: Run, answered: Answered) -> None:
    """Raises ProviderFailed for an answer that says nothing, as that of a filter for safety."""
    if answered.is_empty:
        own = answered.stopped_by
        reason = answered.finish_reason or own or "no reason given"
        word = f" ({own})" if own and own.lower() != reason else ""
        raise ProviderFailed(f"{run.call.provider} answered nothing: {reason}{word}", kind="empty")


def note_failure(outcome: Outcome, error: BaseException) -> None:
    """Remembers why a run failed, in the words that its session will show."""
    match error:
        case ProviderBusy():
            outcome.error, outcome.error_type = error.message, "rate_limited"
        case ProviderFailed():
            outcome.error, outcome.error_type = error.message, error.kind
        case PromptError():
            outcome.error, outcome.error_type = error.message, "bad_input"
        case asyncio.CancelledError() | GeneratorExit():
            outcome.error, outcome.error_type = "the caller left before the answer", "cancelled"
        case _:
            outcome.error, outcome.error_type = "Parley failed", type(error).__name__
