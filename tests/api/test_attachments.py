"""What stood in a message as data is stored once, and served so that it can do no harm."""

import base64
import json
from hashlib import sha256
from typing import Any

import pytest

from tests.serving import Server
from tests.telemetry import make_span, pack

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def told(session: str, *parts: dict[str, Any], answer: str = "I see.") -> bytes:
    """Returns a request with one call whose user message has these parts."""
    content = [{"type": "text", "content": "Look:"}, *parts]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.conversation.id": session,
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": content}]),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]
        ),
    }
    return pack(make_span(attributes=attributes))


def blob(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {"type": "blob", "mime_type": media_type, "content": encoded, **more}


def media_of(server: Server, session: str) -> list[dict[str, Any]]:
    """Returns the media parts of a transcript."""
    turns = server.open_session(session, "transcript")["turns"]
    parts = [part for turn in turns for m in turn["messages"] for part in m["parts"]]
    return [part for part in parts if part["kind"] == "media"]


def test_a_picture_is_in_the_transcript_with_its_address(server: Server) -> None:
    server.post("/v1/traces", told("s", blob(PNG, "image/png", name="cat & dog.png")))
    server.wait_derived()
    (part,) = media_of(server, "s")
    content_hash = sha256(PNG).hexdigest()
    assert part | {"url": ""} == {
        "kind": "media",
        "name": "cat & dog.png",
        "media_type": "image/png",
        "hash": content_hash,
        "size_bytes": len(PNG),
        "url": "",
    }
    answer = server.client.get(server.url + part["url"])  # the address alone names the project
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''cat%20%26%20dog.png"
    again = server.client.get(
        server.url + part["url"], headers={"if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (SVG, "image/svg+xml"),
        (b"<script>alert(1)</script> and more", "text/html"),
        (b"<script>alert(1)</script> and more", "image/png"),
        (b"%PDF-1.7 and more of it", "application/pdf"),
    ],
)
def test_what_could_run_is_a_download(server: Server, data: bytes, declared: str) -> None:
    server.post("/v1/traces", told("s", blob(data, declared)))
    server.wait_derived()
    (part,) = media_of(server, "s")
    answer = server.client.get(server.url + part["url"])
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_other_projects_and_odd_hashes_get_nothing(server: Server) -> None:
    server.post("/v1/traces", told("s", blob(PNG, "image/png")))
    server.wait_derived()
    content_hash = sha256(PNG).hexdigest()
    path = f"/api/v1/attachments/{content_hash}"
    assert server.get(path).status_code == 200
    other = server.in_project(f"{server.project}-other").get(path)
    assert (other.status_code, other.json()["error"]["field"]) == (404, "hash")
    assert server.get("/api/v1/attachments/" + "0" * 64).status_code == 404
    for wrong in ("abc", content_hash.upper(), "x" * 64):
        answer = server.get(f"/api/v1/attachments/{wrong}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "hash"), wrong


def test_a_range_of_bytes_is_served(server: Server) -> None:
    data = b"RIFF\x00\x00\x00\x00WAVE" + bytes(range(256)) * 40_000  # longer than one piece
    server.post("/v1/traces", told("s", blob(data, "audio/wav")))
    server.wait_derived()
    (part,) = media_of(server, "s")
    assert server.client.get(server.url + part["url"]).content == data
    for asked, first, last in (
        ("bytes=0-3", 0, 3),
        ("bytes=4194300-4194310", 4194300, 4194310),
        ("bytes=-5", len(data) - 5, len(data) - 1),
        (f"bytes={len(data) - 2}-", len(data) - 2, len(data) - 1),
    ):
        answer = server.client.get(server.url + part["url"], headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, data[first : last + 1]), asked
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(data)}"
    past = server.client.get(server.url + part["url"], headers={"range": f"bytes={len(data)}-"})
    assert (past.status_code, past.json()["error"]["field"]) == (416, "range")


def test_the_page_shows_pictures_and_loads_nothing_from_elsewhere(server: Server) -> None:
    server.post(
        "/v1/traces",
        told(
            "s",
            blob(PNG, "image/png"),
            blob(b"a,b\n1,2\n3,4\n5,6\n", "text/csv", name="table.csv"),
            blob(SVG, "image/svg+xml"),
            {"type": "uri", "modality": "image", "uri": "https://tracker.example/x.png"},
            {"type": "uri", "modality": "image", "uri": "javascript://x/%0aalert(1)"},
        ),
    )
    server.wait_derived()
    page = server.get(f"/?project={server.project}&open=s").text
    path = f"/api/v1/attachments/{sha256(PNG).hexdigest()}"
    assert page.count("<img ") == 1
    assert f'<img src="{path}?project={server.project}"' in page
    assert 'loading="lazy"' in page
    assert "table.csv</a>" in page
    assert 'href="https://tracker.example/x.png" rel="noopener nofollow noreferrer"' in page
    assert 'src="https://' not in page
    assert 'href="javascript:' not in page
