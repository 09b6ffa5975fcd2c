"""Pictures, sound and files in a history: told to the provider, kept in the session, not fetched."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.models import ModelServer
from tests.prompts.conftest import send
from tests.prompts.test_run import run_body
from tests.serving import Server

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c636060f8cf0000030101002718e3660000000049454e44ae426082"
)
WAV = b"RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(24)
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def data_of(media_type: str, data: bytes) -> str:
    """Returns a `data:` address."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


PICTURE = {"type": "image_url", "image_url": {"url": data_of("image/png", PNG)}}
SOUND = {
    "type": "input_audio",
    "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"},
}
FILE = {"type": "file", "file": {"filename": "a.pdf", "file_data": data_of("application/pdf", PDF)}}
AFAR = {"type": "image_url", "image_url": {"url": "https://pictures.invalid/cat.png"}}
TEXT = {"type": "text", "text": "What is this?"}


def ask_about(server: Server, *parts: object, **more: object):
    """Returns the answer to a question that has parts."""
    said = [{"role": "user", "content": [TEXT, *parts]}]
    inputs = {"tone": "kind", "chat_history": said}
    return send(server, "POST", "/chat/run", run_body(inputs=inputs, **more))


def test_files_reach_the_provider_and_the_session(ready: Server, models: ModelServer) -> None:
    answer = ask_about(ready, PICTURE, SOUND, FILE, AFAR)
    assert answer.status_code == 200, answer.text
    heard = models.last_body["messages"][-1]["content"]
    assert heard[0] == TEXT
    assert heard[1]["image_url"]["url"] == PICTURE["image_url"]["url"]  # type: ignore[index]
    assert heard[2]["input_audio"] == SOUND["input_audio"]
    assert heard[3]["file"]["file_data"] == FILE["file"]["file_data"]  # type: ignore[index]
    assert heard[4]["image_url"]["url"] == "https://pictures.invalid/cat.png"
    ready.wait_derived()
    (turn,) = ready.open_session("conversation_123", "transcript")["turns"]
    asked = next(m for m in turn["messages"] if m["role"] == "user")
    assert asked["text"] == "What is this?"
    media = [part for part in asked["parts"] if part["kind"] == "media"]
    assert [part["media_type"] for part in media][:3] == [
        "image/png",
        "audio/wav",
        "application/pdf",
    ]
    for part, data in zip(media, (PNG, WAV, PDF), strict=False):
        assert ready.client.get(ready.url + part["url"]).content == data
    assert media[3]["uri"] == "https://pictures.invalid/cat.png"
    again = ready.open_session("conversation_123", "turns/1/chat-history")
    assert again["is_complete"]
    assert again["chat_history"] == [
        {"role": "user", "content": [TEXT, PICTURE, SOUND, FILE, AFAR]}
    ]
    body = run_body(inputs={"tone": "kind", "chat_history": again["chat_history"]})
    assert send(ready, "POST", "/chat/run", body).status_code == 200
    assert models.last_body["messages"][-1]["content"] == heard


def test_anthropic_is_told_pictures_too(ready: Server, models: ModelServer) -> None:
    key = {"provider": "anthropic", "api_key": "sk-ant-012345", "base_url": models.url}
    assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
    prompt = {
        "model": "anthropic:claude-haiku-4-5",
        "messages": [{"role": "system", "content": "Be {{tone}}."}, {"role": "history"}],
        "parameters": {"max_tokens": 500, "retries": 0},
    }
    version = {"prompt": prompt, "variant": "claude", "deploy_to": "claude"}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    assert ask_about(ready, PICTURE, AFAR, environment="claude").status_code == 200
    sources = [block["source"] for block in models.last_body["messages"][-1]["content"][1:]]
    assert sources[0] == {
        "type": "base64",
        "media_type": "image/png",
        "data": base64.b64encode(PNG).decode(),
    }
    assert sources[1] == {"type": "url", "url": "https://pictures.invalid/cat.png"}
    refused = ask_about(ready, SOUND, environment="claude")
    assert refused.status_code == 422
    assert "anthropic takes no audio/wav" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
        {"type": "image_url", "image_url": {"url": "gs://bucket/cat.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,!!"}},
        {"type": "image_url", "image_url": {}},
        {"type": "file", "file": {"file_id": "file-7"}},
        {"type": "image_url", "image_url": {"url": data_of("image/tiff", b"II*\0" + bytes(60))}},
    ],
)
def test_what_cannot_be_told_is_refused_by_name(ready: Server, part: object) -> None:
    answer = ask_about(ready, part)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == "inputs.chat_history.0.content"


def test_no_address_is_fetched(ready: Server, models: ModelServer) -> None:
    """Sound and files by address are what the library would fetch by itself."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{http.server_port}"
        picture = {"type": "image_url", "image_url": {"url": f"{address}/cat.png"}}
        assert ask_about(ready, picture).status_code == 200
        for part in (
            {"type": "file", "file": {"file_data": f"{address}/a.pdf"}},
            {"type": "input_audio", "input_audio": {"data": f"{address}/a.wav", "format": "wav"}},
        ):
            assert ask_about(ready, part).status_code == 422
        http.shutdown()
    assert asked == []
    assert (
        models.last_body["messages"][-1]["content"][1]["image_url"]["url"] == f"{address}/cat.png"
    )
