"""The chat run: POST /chat/run, and the two doors that Agenta's clients know."""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Request, Response, post
from litestar.response import Stream
from msgspec import Struct, field

from parley.api.errors import ApiError, BadRequest, answer_error
from parley.model import HISTORY, Part, ProjectId
from parley.prompts import BadInputs, Caller, ChatAnswer, ChatRunner, RunRequest

__all__ = ["CHAT_ROUTES"]

SESSION = "ag.session.id"
SESSION_CHARACTERS_MAX = 10_000
AGENTA_SESSION = re.compile(r"[A-Za-z0-9._:-]{1,128}")  # what the original takes by this door
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
METADATA_MAX = 100
BODY_BYTES_MAX = 20 << 20  # pictures and files stand in it

Found = TypeVar("Found")


class ClientLeft(ApiError):
    """The caller closed the connection; nobody reads this."""

    status = 499


class RunBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What is run, as it was announced: an application, where it is deployed, its inputs."""

    base_id: str
    environment: str = "production"
    inputs: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    stream: bool = False


class UsageAnswer(Struct, frozen=True):
    """Tokens that the provider counted."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int


class RunAnswer(Struct, frozen=True, kw_only=True):
    """What the model said. `cost_usd` null: unknown. `version` null: the prompt is not saved.

    `waited_ms`: for other runs to end, before the model was asked.
    """

    message: str
    usage: UsageAnswer
    cost_usd: float | None
    trace_id: str
    session_id: str
    version: int | None
    variant: str | None
    environment: str
    model: str
    finish_reason: str
    waited_ms: float
    tool_calls: list[dict[str, Any]]


class ServiceBody(Struct, frozen=True):
    """The body of Agenta's `/services/chat/run`."""

    environment: str = "production"
    app: str = ""
    base_id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)


class Slug(Struct, frozen=True):
    """A reference by slug."""

    slug: str = ""


class References(Struct, frozen=True):
    """What is invoked."""

    application: Slug = field(default_factory=Slug)
    environment: Slug = field(default_factory=lambda: Slug("production"))


class InvokeData(Struct, frozen=True):
    """The data of an invocation; `parameters` of the caller's own are not taken."""

    inputs: dict[str, Any] = field(default_factory=dict)


class InvokeBody(Struct, frozen=True):
    """The body of Agenta's `/services/chat/v0/invoke`."""

    data: InvokeData
    references: References
    session_id: str = ""


@post(
    "/chat/run",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
    summary="Run a managed prompt",
    tags=["chat"],
)
async def run_chat(
    request: Request[Any, Any, Any],
    chat: ChatRunner,
    project_id: ProjectId,
    data: RunBody,
) -> Response[Any] | Stream:
    """Runs what an environment answers with, and records the run as a turn of its session.

    The session: `metadata["ag.session.id"]`, else the header `x-ag-session-id`, else the baggage,
    else one is made and told. With `stream` the answer comes as server-sent events.
    """
    baggage = baggage_of(request)
    metadata = {**baggage, **data.metadata}
    if len(metadata) > METADATA_MAX:
        raise BadRequest(f"{len(metadata)} names, at most {METADATA_MAX}", field="metadata")
    wanted = RunRequest(
        base_id=data.base_id,
        environment=data.environment,
        inputs=data.inputs,
        metadata={name: value for name, value in metadata.items() if name != SESSION},
        session_id=session_of(
            {
                f"metadata.{SESSION}": data.metadata.get(SESSION),
                "x-ag-session-id": request.headers.get("x-ag-session-id"),
                f"baggage.{SESSION}": baggage.get(SESSION),
            }
        ),
        caller=caller_of(request),
    )
    if data.stream:
        return await streamed(request, chat, project_id, wanted)
    answer = await unless_left(request, chat.run(project_id, wanted))
    return Response(run_answer(answer), headers=headers_of(answer))


@post(
    "/services/chat/run",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
    summary="Run, as Agenta has it",
    tags=["chat"],
)
async def run_service(
    request: Request[Any, Any, Any], chat: ChatRunner, project_id: ProjectId, data: ServiceBody
) -> Response[Any]:
    """The same run in the body and the answer of Agenta's `/services/chat/run`."""
    baggage = baggage_of(request)
    wanted = RunRequest(
        base_id=data.app or data.base_id,
        environment=data.environment,
        inputs=with_history(data.inputs, data.messages),
        metadata={name: value for name, value in baggage.items() if name != SESSION},
        session_id=session_of(
            {
                "x-ag-session-id": request.headers.get("x-ag-session-id"),
                f"baggage.{SESSION}": baggage.get(SESSION),
            }
        ),
        caller=caller_of(request),
    )
    answer = await unless_left(request, chat.run(project_id, wanted))
    body = {
        "version": "3.0",
        "data": said(answer),
        "content_type": "application/json",
        "tree_id": answer.trace_id,
        "trace_id": answer.trace_id,
        "session_id": answer.session_id,
    }
    return Response(body, headers=headers_of(answer))


@post(
    "/services/chat/v0/invoke",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
    summary="Invoke, as Agenta has it",
    tags=["chat"],
)
async def invoke_service(
    request: Request[Any, Any, Any], chat: ChatRunner, project_id: ProjectId, data: InvokeBody
) -> Response[Any]:
    """The same run in the body and the answer of Agenta's `/services/chat/v0/invoke`."""
    baggage = baggage_of(request)
    session_id = session_of(
        {
            "session_id": data.session_id,
            "x-ag-session-id": request.headers.get("x-ag-session-id"),
            f"baggage.{SESSION}": baggage.get(SESSION),
        }
    )
    if session_id and not AGENTA_SESSION.fullmatch(session_id):
        message = "this door takes 1 to 128 letters, digits and . _ : -; /chat/run takes any id"
        raise BadRequest(message, field="session_id")
    inputs = dict(data.data.inputs)
    wanted = RunRequest(
        base_id=data.references.application.slug,
        environment=data.references.environment.slug,
        inputs=with_history(inputs, inputs.pop("messages", [])),
        metadata={name: value for name, value in baggage.items() if name != SESSION},
        session_id=session_id,
        caller=caller_of(request),
    )
    answer = await unless_left(request, chat.run(project_id, wanted))
    body = {
        "version": "2025.07.14",
        "status": {"code": 200, "message": "Success"},
        "trace_id": answer.trace_id,
        "span_id": answer.span_id,
        "session_id": answer.session_id,
        "data": {"outputs": said(answer)},
    }
    return Response(body, headers=headers_of(answer))


def with_history(inputs: Mapping[str, Any], messages: Any) -> dict[str, Any]:
    """Returns inputs with the messages so far under our name. Raises BadInputs."""
    if messages and HISTORY in inputs:
        raise BadInputs(f"given beside inputs.{HISTORY}", field="messages")
    return {**inputs, HISTORY: messages} if messages else dict(inputs)


async def unless_left(request: Request[Any, Any, Any], work: Coroutine[Any, Any, Found]) -> Found:
    """Returns what comes of some work; it is cancelled when the caller closes the connection."""
    running = asyncio.create_task(work)
    leaving = asyncio.create_task(has_left(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientLeft("the caller left")
        return running.result()
    finally:
        leaving.cancel()
        if not running.done():
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def has_left(request: Request[Any, Any, Any]) -> None:
    """Returns when the connection is closed; the body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def streamed(
    request: Request[Any, Any, Any], chat: ChatRunner, project_id: ProjectId, wanted: RunRequest
) -> Stream:
    """Returns a stream of events. What goes wrong before the first word is an error answer."""
    pieces = chat.stream(project_id, wanted)

    async def begin() -> str | ChatAnswer:
        return await anext(pieces)

    first = await unless_left(request, begin())

    async def events() -> AsyncIterator[bytes]:
        try:
            yield event_of(first)
            async for piece in pieces:
                yield event_of(piece)
        except Exception as error:
            yield failure_event(error)
        finally:
            await pieces.aclose()

    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return Stream(events(), media_type="text/event-stream", headers=headers)


def event_of(piece: str | ChatAnswer) -> bytes:
    """Returns the event of a piece of text, or of the whole answer."""
    if isinstance(piece, str):
        return b"event: delta\ndata: " + msgspec.json.encode({"text": piece}) + b"\n\n"
    return b"event: end\ndata: " + msgspec.json.encode(run_answer(piece)) + b"\n\n"


def failure_event(error: Exception) -> bytes:
    """Returns the event of an error in the midst."""
    answer = answer_error(None, error)
    body = {"status": answer.status_code, "error": answer.content.error}
    return b"event: error\ndata: " + msgspec.json.encode(body) + b"\n\n"


def run_answer(answer: ChatAnswer) -> RunAnswer:
    """Returns an answer as it was announced."""
    tokens = answer.tokens
    return RunAnswer(
        message=answer.message,
        usage=UsageAnswer(
            tokens.input,
            tokens.output,
            tokens.input + tokens.output,
            tokens.cached,
            tokens.reasoning,
        ),
        cost_usd=None if answer.cost is None else float(answer.cost),
        trace_id=answer.trace_id,
        session_id=answer.session_id,
        version=answer.version.version if answer.version else None,
        variant=answer.version.variant if answer.version else None,
        environment=answer.environment,
        model=answer.model,
        finish_reason=answer.finish_reason,
        waited_ms=round(answer.waited_seconds * 1000, 1),
        tool_calls=[tool_call(part) for part in answer.parts if part.kind == "tool_call"],
    )


def tool_call(part: Part) -> dict[str, Any]:
    """Returns a tool call in OpenAI's form."""
    function = {"name": part.name, "arguments": part.arguments}
    return {"id": part.call_id, "type": "function", "function": function}


def said(answer: ChatAnswer) -> dict[str, Any]:
    """Returns an answer as a message in OpenAI's form."""
    calls = [tool_call(part) for part in answer.parts if part.kind == "tool_call"]
    message: dict[str, Any] = {"role": "assistant", "content": answer.message}
    return {**message, "tool_calls": calls} if calls else message


def headers_of(answer: ChatAnswer) -> dict[str, str]:
    """Returns what the headers tell of a run; a session id that no header can hold is left out."""
    told = {"x-ag-trace-id": answer.trace_id, "x-ag-span-id": answer.span_id}
    told["traceparent"] = f"00-{answer.trace_id}-{answer.span_id}-01"
    if AGENTA_SESSION.fullmatch(answer.session_id):
        told["x-ag-session-id"] = answer.session_id
        told["baggage"] = f"{SESSION}={answer.session_id}"
    return told


def session_of(sources: Mapping[str, Any]) -> str:
    """Returns the first session id that was given, "" for none. Raises BadRequest."""
    for name, value in sources.items():
        if value is None or value == "":
            continue
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or len(text) > SESSION_CHARACTERS_MAX:
            message = f"expected text of at most {SESSION_CHARACTERS_MAX:,} characters"
            raise BadRequest(message, field=name)
        return text
    return ""


def baggage_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Returns the `ag.` entries of the W3C Baggage header; others are not ours."""
    found = {}
    for entry in request.headers.get("baggage", "").split(","):
        name, equals, value = entry.partition(";")[0].partition("=")
        if equals and name.strip().startswith("ag."):
            found[name.strip()] = unquote(value.strip())
    return found


def caller_of(request: Request[Any, Any, Any]) -> Caller | None:
    """Returns the span of the W3C traceparent header, None without a valid one."""
    match = TRACEPARENT.fullmatch(request.headers.get("traceparent", "").strip())
    if not match or not int(match[1], 16) or not int(match[2], 16):
        return None
    return Caller(match[1], match[2])


CHAT_ROUTES = (run_chat, run_service, invoke_service)
