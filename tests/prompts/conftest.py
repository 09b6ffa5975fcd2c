"""A server with an application whose model is the test model server."""

from collections.abc import Iterator

import pytest

from tests.models import ModelServer, serve_models
from tests.serving import Server

PROMPT = {
    "model": "openai:gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You help in a {{tone}} way."},
        {"role": "history"},
    ],
    "parameters": {"temperature": 0.2, "retries": 0},
}


@pytest.fixture(scope="session")
def models() -> Iterator[ModelServer]:
    with serve_models() as server:
        yield server


@pytest.fixture
def ready(server: Server, models: ModelServer) -> Server:
    """The application "support", its first version deployed to production."""
    key = {"provider": "openai", "api_key": "sk-0123456789", "base_url": f"{models.url}/v1"}
    assert send(server, "PUT", "/api/v1/provider-keys", key).status_code == 200
    assert send(server, "POST", "/api/v1/prompts", {"slug": "support"}).status_code == 201
    version = {"prompt": PROMPT, "deploy_to": "production"}
    answer = send(server, "POST", "/api/v1/prompts/support/versions", version)
    assert answer.status_code == 201, answer.text
    return server


def send(server: Server, method: str, path: str, body: object, **headers: str):
    """Sends JSON as the project of a server."""
    sent = {"x-parley-project": server.project, **headers}
    return server.client.request(method, server.url + path, json=body, headers=sent)
