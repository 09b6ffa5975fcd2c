"""/healthz and /readyz: alive, and able to take and answer."""

import asyncio
from collections.abc import Callable

from litestar import Response, get
from msgspec import Struct

__all__ = ["Check", "Readiness", "show_health", "show_readiness"]


class Check(Struct, frozen=True):
    """One thing that must work. `detail` says what is wrong when `ok` is false."""

    name: str
    ok: bool
    detail: str = ""


class Health(Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


class Ready(Struct, frozen=True):
    """Every check; `status` is "ready" when all of them are fine, else "unavailable"."""

    status: str
    checks: list[Check]


Readiness = Callable[[], list[Check]]  # blocking


@get("/healthz", summary="Is the process alive", tags=["server"])
async def show_health(version: str) -> Health:
    """Answers as soon as the server listens."""
    return Health(status="ok", version=version)


@get("/readyz", summary="Can it take and answer", tags=["server"])
async def show_readiness(readiness: Readiness) -> Response[Ready]:
    """200 when the journal can be written and the store answers, else 503."""
    checks = await asyncio.to_thread(readiness)
    ready = all(check.ok for check in checks)
    status = "ready" if ready else "unavailable"
    return Response(Ready(status=status, checks=checks), status_code=200 if ready else 503)
