"""`ag.Agenta`: asks the server. What goes over the wire is in CONTRACT.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, overload
from urllib.parse import quote, urlencode

from agenta.annotations import ANNOTATIONS, Annotation, annotation_body, one_annotation
from agenta.answers import AsyncChatStream, ChatAnswer, ChatStream, chat_answer
from agenta.scope import SESSION_ID, current_values, text_of
from agenta.sessions import Sessions, as_text
from agenta.settings import destination
from agenta.wire import Request, asking, asking_async, decoded

__all__ = ["Agenta"]

TIMEOUT_S = 120.0
RUN_PATH = "/chat/run"


class Agenta:
    """A server and the key for it; holds no connection. Safe to share between threads and tasks."""

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        project: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Chooses the server.

        Args:
            api_key: else PARLEY_API_KEY, PARLEY_TOKEN, AGENTA_API_KEY.
            host: else PARLEY_URL, AGENTA_HOST, else http://127.0.0.1:4318.
            project: else PARLEY_PROJECT, else what belongs to the key.
            timeout_s: how long the server may be silent.

        Raises:
            ValueError: the host is no address.
        """
        self._server = destination(host, api_key, project)
        self._timeout_s = timeout_s
        self.sessions = Sessions(self)

    @overload
    def run(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[False] = ...,
    ) -> ChatAnswer: ...
    @overload
    def run(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[True],
    ) -> ChatStream: ...
    def run(
        self,
        *,
        base_id: str,
        environment: str = "production",
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> ChatAnswer | ChatStream:
        """Runs a managed prompt and returns what the model said.

        Args:
            base_id: the application, by id or slug.
            environment: which of its deployments.
            inputs: the prompt's variables; `chat_history` holds the messages so far.
            metadata: of the run; `ag.session.id` names its session, else the current one does.
            stream: return an iterator of the answer's text, as it is written.

        Raises:
            RequestRefused: the server said no; `field` names what is to blame.
            Unreachable: it did not answer.
        """
        request = self._run_request(base_id, environment, inputs, metadata, is_stream=stream)
        if stream:
            return ChatStream(asking(request))
        with asking(request) as reply:
            return chat_answer(decoded(reply.read()))

    @overload
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[False] = ...,
    ) -> ChatAnswer: ...
    @overload
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[True],
    ) -> AsyncChatStream: ...
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = "production",
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> ChatAnswer | AsyncChatStream:
        """The same as `run`, awaited. Cancelling it closes the connection."""
        request = self._run_request(base_id, environment, inputs, metadata, is_stream=stream)
        if stream:
            return await AsyncChatStream(asking_async(request)).begin()
        async with asking_async(request) as reply:
            return chat_answer(decoded(await reply.read()))

    def annotate(
        self,
        *,
        name: str,
        value: float | bool | str,
        session_id: object = None,
        turn_id: str | None = None,
        trace_id: str | None = None,
        span_id: str | None = None,
        comment: str | None = None,
        author: str | None = None,
        annotation_id: str | None = None,
    ) -> Annotation:
        """Says something about a session, or about a turn, trace or span of it.

        Returns once the server has kept it. What is said anew by the same author about the same
        replaces it.

        Args:
            name: what is judged, such as `helpful`.
            value: a number, yes or no, or text.
            session_id: else that of the trace, if one is given, else the current one.
            turn_id: of the turn that it is about; without any of these three, the whole session.
            trace_id: of the trace.
            span_id: of the span, beside its trace's.
            comment: why.
            author: who says so.
            annotation_id: of your choice; with it, to call this again is to call it once.

        Raises:
            RequestRefused: the server said no; `field` names what is to blame.
            Unreachable: it did not answer.
        """
        body = annotation_body(
            name=name,
            value=value,
            session_id=session_id,
            turn_id=turn_id,
            trace_id=trace_id,
            span_id=span_id,
            comment=comment,
            author=author,
            annotation_id=annotation_id,
        )
        return one_annotation(self.ask("POST", ANNOTATIONS, body=body))

    async def aannotate(
        self,
        *,
        name: str,
        value: float | bool | str,
        session_id: object = None,
        turn_id: str | None = None,
        trace_id: str | None = None,
        span_id: str | None = None,
        comment: str | None = None,
        author: str | None = None,
        annotation_id: str | None = None,
    ) -> Annotation:
        """The same as `annotate`, awaited."""
        body = annotation_body(
            name=name,
            value=value,
            session_id=session_id,
            turn_id=turn_id,
            trace_id=trace_id,
            span_id=span_id,
            comment=comment,
            author=author,
            annotation_id=annotation_id,
        )
        return one_annotation(await self.aask("POST", ANNOTATIONS, body=body))

    def remove_annotation(self, annotation_id: str) -> None:
        """Removes an annotation for good; what it had replaced holds again. Raises NotFound."""
        self.ask("DELETE", f"{ANNOTATIONS}/{quote(annotation_id, safe='')}")

    async def aremove_annotation(self, annotation_id: str) -> None:
        """The same, awaited."""
        await self.aask("DELETE", f"{ANNOTATIONS}/{quote(annotation_id, safe='')}")

    def ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Returns the JSON that the API answers; parameters that are None are left out."""
        with asking(self._question(method, path, parameters, body)) as reply:
            return decoded(reply.read())

    async def aask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The same, awaited."""
        async with asking_async(self._question(method, path, parameters, body)) as reply:
            return decoded(await reply.read())

    def _question(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
    ) -> Request:
        given = {name: as_text(v) for name, v in (parameters or {}).items() if v is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        sent = None if body is None else json.dumps(body).encode()
        return self._request(method, target, sent, "application/json")

    def _run_request(
        self,
        base_id: str,
        environment: str,
        inputs: Mapping[str, Any] | None,
        metadata: Mapping[str, Any] | None,
        *,
        is_stream: bool,
    ) -> Request:
        told = {str(name): value for name, value in (metadata or {}).items()}
        here = {**current_values(), **told}
        if SESSION_ID in here:
            told[SESSION_ID] = here[SESSION_ID] = text_of(here[SESSION_ID])
        body = {
            "base_id": base_id,
            "environment": environment,
            "inputs": dict(inputs or {}),
            "metadata": told,
            **({"stream": True} if is_stream else {}),
        }
        kind = "text/event-stream" if is_stream else "application/json"
        return self._request("POST", RUN_PATH, json.dumps(body).encode(), kind)

    def _request(self, method: str, target: str, body: bytes | None, accept: str) -> Request:
        from agenta.telling import Tracing

        headers = dict(Tracing().inject())
        headers.update(self._server.headers, accept=accept)
        if body is not None:
            headers["content-type"] = "application/json"
        return Request(method, self._server.host + target, headers, body, self._timeout_s)
