"""Where telemetry goes: what the application gave, else its environment, else this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["DEFAULT_HOST", "Destination", "destination"]

DEFAULT_HOST = "http://127.0.0.1:4318"
HOSTS = ("PARLEY_URL", "PARLEY_HOST", "AGENTA_HOST")
KEYS = ("PARLEY_API_KEY", "PARLEY_TOKEN", "AGENTA_API_KEY")
TRACES_PATH = "/api/otlp/v1/traces"  # Parley takes it as it takes /v1/traces; Agenta only this one


@dataclass(frozen=True)
class Destination:
    """A server, and as whom it is spoken to."""

    host: str
    api_key: str | None = None
    project: str | None = None

    @property
    def traces_url(self) -> str:
        """Where spans are posted."""
        return self.host + TRACES_PATH

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        headers = {}
        if self.api_key:
            headers["Authorization"] = f"ApiKey {self.api_key}"
        if self.project:
            headers["x-parley-project"] = self.project
        return headers


def destination(
    host: str | None,
    api_key: str | None,
    project: str | None,
    *,
    before: Destination | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Destination:
    """Returns where to send. What is None keeps what it was, or comes from the environment.

    Raises ValueError when the host is no http(s) address.
    """
    if before is not None:
        return Destination(
            _checked(host, "host") if host is not None else before.host,
            api_key if api_key is not None else before.api_key,
            project if project is not None else before.project,
        )
    source = "host"
    if host is None:
        # The server calls the address that it listens on PARLEY_HOST too: no URL, not meant.
        for source in HOSTS:
            found = environment.get(source)
            if found and (source != "PARLEY_HOST" or "://" in found):
                host = found
                break
    if api_key is None:
        api_key = next((environment[name] for name in KEYS if environment.get(name)), None)
    return Destination(
        _checked(host, source) if host is not None else DEFAULT_HOST,
        api_key,
        project if project is not None else environment.get("PARLEY_PROJECT") or None,
    )


def _checked(host: str, source: str) -> str:
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = f"{source}: expected an address such as {DEFAULT_HOST}, not {host!r}"
        raise ValueError(message)
    return host.rstrip("/").removesuffix("/api")
