"""The front door of a server: one OTLP request at a time, refused clearly or taken."""

import threading

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from parley.demo.errors import DemoError

__all__ = ["Door"]

LATER = frozenset({429, 502, 503, 504})  # OTLP: try the same request again
MAX_WAIT_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.25


class Door:
    """Posts to `{base_url}/v1/traces`. `stopped` ends every wait."""

    def __init__(
        self, base_url: str, *, token: str | None, project: str, stopped: threading.Event
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/traces"
        headers = {"Content-Type": "application/x-protobuf", "x-parley-project": project}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.Client(headers=headers, timeout=30.0, trust_env=False)
        self._stopped = stopped

    def post(self, body: bytes) -> None:
        """Returns when the server has taken the whole body.

        Waits and repeats, up to a minute, while the server is away or asks for patience.

        Raises:
            DemoError: the server refused the body or stayed away.
        """
        waited, wait = 0.0, FIRST_WAIT_SECONDS
        while True:
            problem, wait_asked = self._try(body)
            if not problem:
                return
            wait = max(wait, wait_asked)
            if waited + wait > MAX_WAIT_SECONDS or self._stopped.wait(wait):
                raise DemoError(problem)
            waited, wait = waited + wait, wait * 2

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _try(self, body: bytes) -> tuple[str, float]:
        """Returns why it must be tried again and after how many seconds; "" when taken."""
        try:
            answer = self._client.post(self._url, content=body)
        except httpx.TransportError as error:
            return f"no server answers at {self._url} ({error or type(error).__name__})", 0.0
        if answer.status_code in LATER:
            asked = answer.headers.get("Retry-After", "")
            return _refusal(self._url, answer), float(asked) if asked.isdigit() else 0.0
        if answer.status_code != 200:
            raise DemoError(_refusal(self._url, answer))
        partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
        if partial.rejected_spans:
            raise DemoError(
                f"{self._url} rejected {partial.rejected_spans} spans: {partial.error_message}"
            )
        return "", 0.0


def _refusal(url: str, answer: httpx.Response) -> str:
    hint = {
        401: " (does it need --token?)",
        403: " (is this host name allowed? see --allowed-host)",
        404: " (is this a Parley server?)",
    }.get(answer.status_code, "")
    text = "".join(char for char in answer.text[:300] if char.isprintable())
    return f"{url} answered {answer.status_code}{hint}: {text}"
