"""The middleware before a whole application, spoken to over ASGI."""

import asyncio

import httpx
import pytest

from parley.access import Access, AccessMiddleware, AccessRules

BROWSER = {"accept": "text/html,application/xhtml+xml"}


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def ask(method, path, *, token=None, headers=None, host="localhost"):
    middleware = AccessMiddleware(
        app, Access(AccessRules(token, frozenset())), ingest_paths=frozenset({"/v1/traces"})
    )

    async def run():
        transport = httpx.ASGITransport(app=middleware)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(run())


def test_without_a_token_everything_of_ours_passes():
    assert ask("GET", "/").content == b"in"
    assert ask("POST", "/api/v1/x", headers={"origin": "http://localhost"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/app.css", "/sign-in"])
def test_foreign_hosts_see_nothing(path):
    response = ask("GET", path, host="evil.example")
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"
    assert response.json()["error"]["field"] == "host"


def test_foreign_pages_cannot_write_not_even_sign_in():
    response = ask("POST", "/sign-in", headers={"origin": "http://evil.example"})
    assert response.status_code == 403
    assert response.json()["error"]["field"] == "origin"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/app.css", "/sign-in"])
def test_some_paths_need_no_token(path):
    assert ask("GET", path, token="t").status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/sessions", "/metrics", "/static", "/healthz/x"])
def test_all_others_do(path):
    response = ask("GET", path, token="t")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert ask("GET", path, token="t", headers={"authorization": "Bearer t"}).status_code == 200
    assert ask("GET", path, token="t", headers={"cookie": "parley_token=t"}).status_code == 200


def test_browsers_are_sent_to_sign_in_and_back():
    response = ask("GET", "/?open=a%2Fb&q=1", token="t", headers=BROWSER)
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2F%3Fopen%3Da%252Fb%26q%3D1"
    assert ask("POST", "/x", token="t", headers=BROWSER).status_code == 401


def test_the_way_back_never_leads_to_another_host():
    response = ask("GET", "http://localhost//evil.example/x", token="t", headers=BROWSER)
    assert response.headers["location"] == "/sign-in?next=%2Fevil.example%2Fx"


def test_ingest_paths_are_left_to_their_receiver():
    assert ask("POST", "/v1/traces", token="t", host="evil.example").status_code == 200
    assert ask("POST", "/v1/traces/", token="t").status_code == 401


def test_websockets_are_closed_and_lifespan_passes():
    seen = []

    async def record(scope, receive, send):
        seen.append(scope["type"])

    async def send(message):
        seen.append(message)

    middleware = AccessMiddleware(record, Access(AccessRules(None, frozenset())))
    asyncio.run(middleware({"type": "lifespan"}, None, send))
    asyncio.run(middleware({"type": "websocket", "path": "/"}, None, send))
    assert seen == ["lifespan", {"type": "websocket.close", "code": 1008}]
