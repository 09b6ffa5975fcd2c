"""The playground: a prompt is filled in and talked to; each run is a turn of a real session.

A plain form carries the talk so far; the runs go the way of /chat/run and leave the same traces.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Stream
from markupsafe import Markup
from msgspec import Struct, field
from msgspec.structs import replace

from parley.access import Access
from parley.model import HISTORY, Application, PromptVersion, VersionRef
from parley.prompts import (
    Caller,
    ChatRunner,
    NoProviderKey,
    NoSuchPrompt,
    PromptError,
    ProviderBusy,
    ProviderFailed,
    Registry,
    RunRequest,
    asks_by_itself,
    variables,
)
from parley.query import BadQuery, chat_history
from parley.web import words
from parley.web.pages import Place
from parley.web.prompt_links import PROMPTS, prompts_href
from parley.web.prompt_pages import (
    PromptRequest,
    PromptsPage,
    frame,
    page_answer,
    project_of,
    ref_key,
    ref_of_key,
    ref_words,
)
from parley.web.prompt_talk import (
    Called,
    Said,
    answered,
    history_of,
    open_calls,
    read_talk,
    talk_of,
    written,
)
from parley.web.rich_text import json_html, markdown_html, plain_html
from parley.web.settings_tabs import provider_keys_href
from parley.web.state import PageState
from parley.web.templates import render

__all__ = ["playground_routes"]

TURNS_BEFORE = 100  # of a session, as many go along with the turn that is run again
SESSION_CHARACTERS_MAX = 200
METADATA = {"origin": "playground"}


class Field(Struct, frozen=True, kw_only=True):
    """One input of the prompt."""

    name: str
    value: str
    wrong: str


class SaidView(Struct, frozen=True, kw_only=True):
    """One message of the talk; of an answer its foot, one fact each."""

    role: str
    html: Markup
    calls: list[tuple[str, Markup]]
    foot: list[str]
    trace_href: str


class Failure(Struct, frozen=True, kw_only=True):
    """Why a run failed. trace_href "": nothing was asked, there is no trace."""

    title: str
    text: str
    trace_href: str = ""
    keys_href: str = ""


class PlaygroundPage(PromptsPage, frozen=True, kw_only=True):
    """A prompt, its inputs, and the talk with it."""

    slug: str
    name: str
    own_href: str
    action: str
    again_href: str
    targets: list[tuple[str, str]]
    target: str
    model: str
    fields: list[Field]
    talk: list[SaidView]
    talk_text: str
    session_id: str
    session_href: str
    question: str
    question_wrong: str
    calls: list[Called]
    asks_by_itself: bool
    failure: Failure | None = None
    note: str = ""


class Play(Struct, frozen=True, kw_only=True):
    """What the form holds. target: `env:production` or `version:default:3`."""

    target: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    talk: list[Said] = field(default_factory=list)
    session_id: str = ""
    question: str = ""
    results: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def playground_routes(
    place: Place, registry: Registry, chat: ChatRunner, access: Access
) -> list[Any]:
    """Returns the page and what it sends."""

    @get(PROMPTS + "/{slug:str}/playground", include_in_schema=False)
    async def show(request: PromptRequest, slug: str) -> Response[Any]:
        project = project_of(access, request)
        query = dict(request.query_params)

        def read() -> PlaygroundPage | None:
            application = registry.open(project, slug)
            if not application.variants:
                return None
            play = begin(place, application, project, query)
            version = resolve(registry, project, slug, play.target)
            return playground_page(place, application, version, project, play)

        page = await asyncio.to_thread(read)
        if page is None:
            return Redirect(prompts_href(project, slug, "edit"), status_code=303)
        return page_answer("playground.html", page)

    @post(PROMPTS + "/{slug:str}/playground", include_in_schema=False)
    async def send(
        request: PromptRequest,
        slug: str,
        data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[Any]:
        project = project_of(access, request)
        play = read_play(data)
        application = await asyncio.to_thread(registry.open, project, slug)
        version = await asyncio.to_thread(resolve, registry, project, slug, play.target)
        shown = Shown(place, application, version, project)
        if data.get("do") != "run":
            return page_answer("playground.html", await shown.page(Outcome(play)))
        session_id = play.session_id or f"playground-{secrets.token_hex(8)}"
        play = replace(play, session_id=session_id)  # that of a failed run too
        pieces = pieces_of(chat, project, version, play)
        if "text/event-stream" in request.headers.get("accept", ""):
            headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
            events = events_of(pieces, shown)
            return Stream(events, status_code=200, media_type="text/event-stream", headers=headers)
        outcome = Outcome(play)
        async for piece in pieces:
            outcome = piece if isinstance(piece, Outcome) else outcome
        status = 400 if outcome.failure or outcome.wrong else 200
        return page_answer("playground.html", await shown.page(outcome), status)

    return [show, send]


def begin(place: Place, application: Application, project: str, query: Mapping[str, str]) -> Play:
    """Returns an empty talk, or what was said before a turn that is to be run again."""
    target = first_target(application, query)
    session, turn = query.get("session", ""), query.get("turn", "")
    if not session:
        return Play(target=target)
    if not (turn.isascii() and turn.isdigit() and len(turn) < 10):
        raise BadQuery("turn", f"{turn[:20]!r} is no number of a turn")
    found = chat_history(
        place.store, project, session, turn, turns_before=TURNS_BEFORE, attached_bytes=0
    )
    if found is None:
        raise BadQuery("turn", f"there is no turn {int(turn)} in session {session[:100]}")
    talk, question = talk_of(found.chat_history)
    notes = [f"Turn {found.turn} of {session[:100]}, to be run again in a session of its own."]
    if found.first_turn > 1:
        notes.append(f"What was said before turn {found.first_turn} stays out.")
    if found.left_out:
        what = words.plural(found.left_out, "image, file or unanswered call")
        notes.append(f"{what} cannot go along.")
    return Play(target=target, talk=talk, question=question, note=" ".join(notes))


def first_target(application: Application, query: Mapping[str, str]) -> str:
    """Returns what the page begins with: as asked, else production, else what there is."""
    if query.get("version"):
        return f"version:{query['version']}"
    if query.get("environment"):
        return f"env:{query['environment']}"
    environments = list(application.environments)
    if environments:
        return f"env:{'production' if 'production' in environments else environments[0]}"
    variant, number = next(iter(application.variants.items()))
    return f"version:{variant}:{number}"


def resolve(registry: Registry, project: str, slug: str, target: str) -> PromptVersion:
    """Returns the version behind a target. Raises NoSuchPrompt."""
    kind, _, name = target.partition(":")
    if kind == "env":
        return registry.deployed(project, slug, name)
    if kind != "version":
        raise NoSuchPrompt(f"{target[:100]!r} is neither env:… nor version:…", field="target")
    return registry.version(project, ref_of_key(slug, name))


def read_play(data: Mapping[str, str]) -> Play:
    """Returns what the form holds. Raises BadQuery for a talk that is none."""
    try:
        talk = read_talk(data.get("talk", ""))
    except msgspec.MsgspecError as error:
        raise BadQuery("talk", str(error)) from error

    def named(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): text.replace("\r\n", "\n")
            for name, text in data.items()
            if name.startswith(prefix)
        }

    return Play(
        target=data.get("target", ""),
        inputs=named("input."),
        talk=talk,
        session_id=data.get("session_id", "")[:SESSION_CHARACTERS_MAX],
        question=data.get("question", "").replace("\r\n", "\n"),
        results=named("result."),
    )


def asked_of(play: Play) -> Play:
    """Returns the talk with what the person says now: results of calls, and a message."""
    talk = list(play.talk)
    talk += [
        Said(role="tool", text=play.results.get(call.id, ""), call_id=call.id)
        for call in open_calls(play.talk)
    ]
    if play.question.strip():
        talk.append(Said(role="user", text=play.question))
    return replace(play, talk=talk)


def request_of(play: Play, version: PromptVersion, trace_id: str) -> RunRequest:
    """Returns the run that the last words of a talk ask for."""
    inputs: dict[str, Any] = {
        name: play.inputs[name] for name in variables(version.prompt) if play.inputs.get(name)
    }
    if play.talk or not asks_by_itself(version.prompt):
        inputs[HISTORY] = history_of(play.talk)
    kind, _, name = play.target.partition(":")
    return RunRequest(
        base_id=version.ref.application,
        environment=name if kind == "env" else "",
        version=None if kind == "env" else version.ref,
        inputs=inputs,
        metadata=METADATA,
        session_id=play.session_id,
        caller=Caller(trace_id),
    )


class Outcome(Struct):
    """What a run came to: the talk after it, or why there is no answer."""

    play: Play
    failure: Failure | None = None
    wrong: dict[str, str] = field(default_factory=dict)


async def pieces_of(
    chat: ChatRunner, project: str, version: PromptVersion, play: Play
) -> AsyncGenerator[str | Outcome, None]:
    """Yields the answer piece by piece, at last what the run came to."""
    asked = asked_of(play)
    trace_id = secrets.token_hex(16)
    began = time.monotonic()
    outcome = Outcome(play)
    try:
        pieces = chat.stream(project, request_of(asked, version, trace_id))
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece
                    continue
                said = answered(
                    piece,
                    latency_ms=(time.monotonic() - began) * 1000,
                    version=ref_words(piece.version) if piece.version else "",
                )
                talk = [*asked.talk, said]
                outcome.play = replace(play, talk=talk, question="", results={})
    except PromptError as error:
        outcome.failure, outcome.wrong = failure_of(
            error, project, trace_id, provider=version.prompt.model.partition(":")[0]
        )
    yield outcome


class Shown(Struct, frozen=True):
    """What the page is of, whatever a run comes to."""

    place: Place
    application: Application
    version: PromptVersion
    project: str

    async def page(self, outcome: Outcome) -> PlaygroundPage:
        """Returns the page after a run."""
        return await asyncio.to_thread(
            playground_page,
            self.place,
            self.application,
            self.version,
            self.project,
            outcome.play,
            failure=outcome.failure,
            wrong=outcome.wrong,
        )


async def events_of(
    pieces: AsyncGenerator[str | Outcome, None], shown: Shown
) -> AsyncIterator[bytes]:
    """Yields a run as server-sent events: `delta` with words, at last `page` with the page."""
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, str):
                yield event("delta", piece)
            else:
                page = await shown.page(piece)
                yield event("page", render("playground.html", page=page))


def event(name: str, data: object) -> bytes:
    """Returns a server-sent event."""
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


def failure_of(
    error: PromptError, project: str, trace_id: str, *, provider: str
) -> tuple[Failure | None, dict[str, str]]:
    """Returns what the page says of a run that failed: a block, or words at a field."""
    match error:
        case ProviderBusy() | ProviderFailed():
            href = f"/traces/{trace_id}?{urlencode({'project': project})}"
            return Failure(title="No answer was given", text=error.message, trace_href=href), {}
        case NoProviderKey():
            href = provider_keys_href(project, set=provider)
            return Failure(title="No key", text=error.message, keys_href=href), {}
    name = (error.field or "").removeprefix("inputs.")
    return None, {"question" if name.startswith(HISTORY) else name: error.message}


def playground_page(
    place: Place,
    application: Application,
    version: PromptVersion,
    project: str,
    play: Play,
    *,
    failure: Failure | None = None,
    wrong: Mapping[str, str] | None = None,
) -> PlaygroundPage:
    """Returns the page; `wrong`: what was missing, by the input it is about."""
    errors = dict(wrong or {})
    slug = application.slug
    names = variables(version.prompt)
    fields = [
        Field(name=name, value=play.inputs.get(name, ""), wrong=errors.pop(name, ""))
        for name in names
    ]
    question_wrong = errors.pop("question", "")
    if errors:  # of nothing that stands in the form
        told = "; ".join(f"{name}: {text}" if name else text for name, text in errors.items())
        failure = Failure(title="It was not run", text=told)
    key = ref_key(version.ref)
    return PlaygroundPage(
        **frame(place, project, f"Playground of {application.name}"),
        slug=slug,
        name=application.name,
        own_href=prompts_href(project, slug, version=key),
        action=prompts_href(project, slug, "playground"),
        again_href=prompts_href(project, slug, "playground", **target_query(play.target)),
        targets=targets_of(application, version.ref),
        target=play.target,
        model=version.prompt.model,
        fields=fields,
        talk=[said_view(said, project) for said in play.talk],
        talk_text=written(play.talk),
        session_id=play.session_id,
        session_href=PageState(project=project, range="all").session_href(play.session_id)
        if play.session_id and (play.talk or failure)
        else "",
        question=play.question,
        question_wrong=question_wrong,
        calls=open_calls(play.talk),
        asks_by_itself=asks_by_itself(version.prompt),
        failure=failure,
        note=play.note,
    )


def targets_of(application: Application, shown: VersionRef) -> list[tuple[str, str]]:
    """Returns what can be run: environments, the version that is shown, the newest of each."""
    found = [
        (f"env:{name}", f"{name}, now {ref_words(ref)}")
        for name, ref in application.environments.items()
    ]
    newest = [VersionRef(application.slug, *item) for item in application.variants.items()]
    refs = dict.fromkeys([shown, *newest, *application.environments.values()])
    return [*found, *((f"version:{ref_key(ref)}", f"version {ref_words(ref)}") for ref in refs)]


def target_query(target: str) -> dict[str, str]:
    """Returns a target as an address has it."""
    kind, _, name = target.partition(":")
    return {"environment" if kind == "env" else "version": name}


def said_view(said: Said, project: str) -> SaidView:
    """Returns a message ready to print."""
    foot = []
    if said.trace_id:
        foot = [
            words.duration(said.latency_ms),
            f"{words.tokens(said.input_tokens)} in, {words.tokens(said.output_tokens)} out",
            words.money(said.cost_usd) if said.cost_usd is not None else "cost unknown",
            said.model,
            said.version,
        ]
    return SaidView(
        role=said.role,
        html=markdown_html(said.text) if said.role == "assistant" else plain_html(said.text),
        calls=[(call.name, json_html(call.arguments)) for call in said.calls],
        foot=[item for item in foot if item],
        trace_href=f"/traces/{quote(said.trace_id, safe='')}?{urlencode({'project': project})}"
        if said.trace_id
        else "",
    )
