"""Asks a running server, as any other client would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from msgspec import Struct

from parley.cli.errors import NoServer, Refused
from parley.settings import is_loopback

__all__ = ["Client"]

TIMEOUT_SECONDS = 30.0
DOWNLOAD_SECONDS = 600.0  # until the first byte: a Parquet file is made before it is sent


class Client(Struct, frozen=True):
    """The server at `url`; an empty project means the server's default."""

    url: str
    project: str = ""
    token: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS

    def find_sessions(self, parameters: dict[str, str]) -> dict[str, Any]:
        """Returns a page of sessions as the API answers it."""
        return self.get("/api/v1/sessions", parameters)

    def open_session(self, session_id: str, *, part: str = "", cursor: str = "") -> dict[str, Any]:
        """Returns a session with its turns, or a page of a part of it."""
        parameters = {"cursor": cursor} if cursor else {}
        path, where = session_path(session_id, part)
        return self.get(path, {**parameters, **where})

    def label_session(self, session_id: str, change: dict[str, Any]) -> dict[str, Any]:
        """Changes what people say of a session; returns the session as the API answers it."""
        path, where = session_path(session_id)
        found: dict[str, Any] = self.send("PATCH", path, where, msgspec.json.encode(change))
        return found

    def get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Returns the JSON at a path. Raises as `send` does."""
        return self.send("GET", path, parameters)

    def send(
        self, method: str, path: str, parameters: dict[str, str], body: bytes = b""
    ) -> dict[str, Any]:
        """Returns the JSON that a request is answered with.

        Raises:
            NoServer: nothing answers.
            Refused: the answer is an error.
        """
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if self.project:
            parameters = {**parameters, "project": self.project}
        url = self.url.rstrip("/") + path
        try:
            answer = httpx.request(
                method,
                url,
                content=body,
                params=parameters,
                headers=headers,
                timeout=self.timeout_seconds,
                trust_env=not is_loopback(urlsplit(url).hostname or ""),  # no proxy to ourselves
            )
        except httpx.InvalidURL as error:
            raise NoServer(f"{self.url} is no address: {error}") from error
        except httpx.HTTPError as error:
            raise NoServer(
                f"no answer from {self.url} ({error}); is `parley serve` running there?"
            ) from error
        if answer.is_success:
            found: dict[str, Any] = answer.json()
            return found
        raise Refused(error_message(answer))

    @contextmanager
    def download(
        self, path: str, parameters: dict[str, Any]
    ) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """Gives (how many sessions it is made of, its bytes as they arrive).

        Raises as `send` does; also when the server breaks off.
        """
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if self.project:
            parameters = {**parameters, "project": self.project}
        url = self.url.rstrip("/") + path
        try:
            with httpx.stream(
                "GET",
                url,
                params=parameters,
                headers=headers,
                timeout=httpx.Timeout(TIMEOUT_SECONDS, read=DOWNLOAD_SECONDS),
                trust_env=not is_loopback(urlsplit(url).hostname or ""),
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(error_message(answer))
                counted = answer.headers.get("x-total-count")
                yield (int(counted) if counted else None), answer.iter_bytes()
        except httpx.InvalidURL as error:
            raise NoServer(f"{self.url} is no address: {error}") from error
        except httpx.RemoteProtocolError as error:
            raise Refused(f"the server broke off: {error}") from error
        except httpx.HTTPError as error:
            raise NoServer(
                f"no answer from {self.url} ({error}); is `parley serve` running there?"
            ) from error


def session_path(session_id: str, part: str = "") -> tuple[str, dict[str, str]]:
    """Returns the path of a session or of a part of it, and its parameters.

    A lone "." or ".." would be collapsed on the way; the query form holds any id.
    """
    if session_id in {".", ".."}:
        return "/api/v1/session", {"id": session_id} | ({"part": part} if part else {})
    return "/api/v1/sessions/" + quote(session_id, safe="") + (f"/{part}" if part else ""), {}


def error_message(answer: httpx.Response) -> str:
    """Returns the server's words, or the status when it is not our API that answers."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code} {answer.reason_phrase}"
