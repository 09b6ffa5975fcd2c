"""The chat run: resolve, fill in, ask the model, leave a trace, answer."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from parley.model import Message, Part, Prompt, VersionRef
from parley.pricing import PriceBook, Tokens
from parley.prompts.checks import check_prompt, split_model
from parley.prompts.errors import PromptError, ProviderBusy, ProviderFailed
from parley.prompts.inputs import render
from parley.prompts.keys import ProviderKeys
from parley.prompts.models import Answered, ModelCall, ask, stream
from parley.prompts.registry import Registry
from parley.prompts.trace import Caller, Told, run_trace

__all__ = ["ChatAnswer", "ChatRunner", "RunRequest"]

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
    """What a run came to. cost None: unknown. version None: the prompt is not saved."""

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
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._book = book
        self._record = record

    async def run(self, project_id: str, request: RunRequest) -> ChatAnswer:
        """Returns the answer of a model. A run that its caller leaves is stopped and recorded so.

        Raises:
            NoSuchPrompt, BadPrompt, BadInputs, NoProviderKey: nothing was asked.
            ProviderBusy, ProviderFailed: a failed turn of the session.
        """
        run = await asyncio.to_thread(self._prepare, project_id, request)
        outcome = Outcome(time.time_ns())
        try:
            outcome.answered = await ask(run.call)
        except BaseException as error:
            note_failure(outcome, error)
            raise
        finally:
            await self._leave_trace(run, outcome)
        return self._answer(run, outcome.answered)

    async def stream(
        self, project_id: str, request: RunRequest
    ) -> AsyncGenerator[str | ChatAnswer, None]:
        """Returns the answer's text piece by piece, at last the whole; raises as `run` does."""
        run = await asyncio.to_thread(self._prepare, project_id, request)
        outcome = Outcome(time.time_ns())
        try:
            async with aclosing(stream(run.call)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Answered):
                        outcome.answered = piece
                        continue
                    outcome.first_ns = outcome.first_ns or time.time_ns()
                    outcome.said.append(piece)
                    yield piece
        except BaseException as error:
            note_failure(outcome, error)
            raise
        finally:
            await self._leave_trace(run, outcome)
        if outcome.answered is not None:
            yield self._answer(run, outcome.answered)

    def _prepare(self, project_id: str, request: RunRequest) -> Run:
        started_ns = time.time_ns()
        prompt, ref = self._resolve(project_id, request)
        messages = render(prompt, request.inputs)
        provider, model = split_model(prompt.model)
        credentials = self._keys.find(project_id, provider)
        return Run(
            project_id=project_id,
            request=request,
            prompt=prompt,
            ref=ref,
            messages=messages,
            call=ModelCall(
                provider=provider,
                model=model,
                api_key=credentials.api_key,
                base_url=credentials.base_url,
                messages=messages,
                parameters=prompt.parameters,
                tools=prompt.tools,
                response_format=prompt.response_format,
            ),
            caller=request.caller or Caller.fresh(),
            span_id=secrets.token_hex(8),
            session_id=request.session_id or secrets.token_hex(16),
            started_ns=started_ns,
        )

    def _resolve(self, project_id: str, request: RunRequest) -> tuple[Prompt, VersionRef | None]:
        if request.prompt is not None:
            check_prompt(request.prompt)
            return request.prompt, request.version
        if request.version is not None:
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
        )
        await asyncio.shield(self._record(run.project_id, run_trace(told)))

    def _answer(self, run: Run, answered: Answered) -> ChatAnswer:
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
        )


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
