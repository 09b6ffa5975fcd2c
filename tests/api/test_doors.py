"""Who gets in: hosts, origins and the token, on a server that has one."""

import base64
from collections.abc import Iterator

import pytest

from tests.serving import Server, start_server
from tests.telemetry import chat

TOKEN = "s3cret-ähm"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a token and one more name."""
    folder = tmp_path_factory.mktemp("guarded") / "data"
    running = start_server(folder, "--token", TOKEN, "--allowed-host", "parley.example")
    yield running
    running.stop()


FORMS = [
    {"authorization": f"Bearer {TOKEN}"},
    {"authorization": f"ApiKey {TOKEN}"},
    {"authorization": TOKEN},
    {"authorization": "Basic " + base64.b64encode(f"pk:{TOKEN}".encode()).decode()},
    {"x-api-key": TOKEN},
    {"api_key": TOKEN},
    {"cookie": "parley_token=s3cret-%C3%A4hm"},
]


def encoded(headers: dict[str, str]) -> dict[bytes, bytes]:
    """Returns headers in UTF-8: the client library would insist on ASCII."""
    return {name.encode(): value.encode() for name, value in headers.items()}


@pytest.mark.parametrize(
    "headers", FORMS, ids=[next(iter(form)) + str(i) for i, form in enumerate(FORMS)]
)
def test_the_token_is_taken_in_every_form(guarded: Server, headers: dict[str, str]) -> None:
    sent = encoded({"content-type": "application/x-protobuf", **headers})
    answer = guarded.client.get(guarded.url + "/api/v1/stats", headers=encoded(headers))
    assert answer.status_code == 200
    assert guarded.client.post(
        guarded.url + "/v1/traces", content=chat("a"), headers=sent
    ).is_success


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"x-api-key": ""}])
def test_without_the_token_nothing_is_told(guarded: Server, headers: dict[str, str]) -> None:
    for path in ("/api/v1/stats", "/api/v1/sessions/x", "/api/v1/openapi.json", "/metrics"):
        answer = guarded.get(path, headers=headers)
        assert answer.status_code == 401, path
        assert answer.json()["error"]["code"] == "unauthorized"
    assert guarded.post("/v1/traces", chat("a"), headers).status_code == 401
    for path in ("/healthz", "/readyz"):
        assert guarded.get(path, headers=headers).status_code == 200


def test_a_foreign_host_is_refused(guarded: Server) -> None:
    good = {"authorization": f"Bearer {TOKEN}"}
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        refused = guarded.client.get(
            guarded.url + "/api/v1/stats", headers=encoded({**good, "host": host})
        )
        assert refused.status_code in {400, 403}, host
    for host in ("localhost", "127.0.0.1:1", "[::1]:4318", "parley.example", "PARLEY.example:443"):
        answer = guarded.client.get(
            guarded.url + "/api/v1/stats", headers=encoded({**good, "host": host})
        )
        assert answer.status_code == 200, host


def test_a_foreign_page_cannot_write(server: Server) -> None:
    body = chat("a")
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}):
        assert server.post("/v1/traces", body, headers).status_code == 403
    assert server.post("/v1/traces", body, {"origin": server.url}).status_code == 200
    answer = server.get("/api/v1/stats", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
