"""Exports: the same sessions as the list, whole files, harmless in a spreadsheet."""

import base64
import csv
import io
import json
import re
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from parley.model import Session
from tests.serving import Server
from tests.telemetry import chat, chat_attributes, make_span, pack

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LISTS = ("users", "models", "environments", "tags")
MANY = 10_100
LONG = 6_000  # characters of a question


def rows_of(server: Server, **parameters: Any) -> list[dict[str, Any]]:
    """Returns the sessions of an export in JSON lines."""
    answer = server.get("/api/v1/export", params=parameters)
    assert answer.status_code == 200, answer.text
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["x-total-count"] == str(len(rows))
    return rows


@pytest.fixture
def talked(server: Server) -> Server:
    """Three sessions, one of which would be a formula in a spreadsheet."""
    server.post("/v1/traces", chat("plain", question="What is new?", answer="Nothing."))
    evil = chat_attributes(
        "=evil()", [("user", '=HYPERLINK("http://x")')], "-1+1", **{"user.id": "@u"}
    )
    server.post("/v1/traces", pack(make_span(attributes=evil)))
    for number in range(3):
        server.post("/v1/traces", chat("a/b c\n%2F", question=f"Number {number}?", answer="Ok 🌸"))
    server.wait_derived()
    return server


def test_json_lines_are_the_sessions_of_the_list(talked: Server) -> None:
    for asked in (
        {},
        {"sort": "turns"},
        {"filter": "turns >= 3"},
        {"q": "new", "from": "2026-01-01"},
        {"to": "2026-01-01"},
    ):
        assert (
            rows_of(talked, **asked)
            == talked.get_json("/api/v1/sessions", params=asked)["sessions"]
        )
    chosen = rows_of(talked, session=["a/b c\n%2F", "=evil()", "unknown"], sort="turns")
    assert [row["session_id"] for row in chosen] == ["=evil()", "a/b c\n%2F"]
    assert rows_of(talked.in_project("another")) == []
    assert rows_of(talked.in_project("another"), session="plain") == []


def test_csv_holds_every_field_and_no_formula(talked: Server) -> None:
    answer = talked.get("/api/v1/export", params={"format": "csv", "sort": "turns"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(
        r'attachment; filename="sessions-test-\w+-[\dT-]+\.csv"',
        answer.headers["content-disposition"],
    )
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    listed = talked.get_json("/api/v1/sessions", params={"sort": "turns"})["sessions"]
    assert [list(row) for row in rows] == [list(Session.__struct_fields__)] * 3
    for row, session in zip(rows, listed, strict=True):
        assert row["session_id"].removeprefix("'") == session["session_id"]
        assert int(row["turns"]) == session["turns"]
        assert float(row["cost_usd"]) == session["cost_usd"]
        assert row["usage_complete"] == "true"
        for name in LISTS:
            assert row[name].removeprefix("'") == "; ".join(session[name])
    evil = next(row for row in rows if "evil" in row["session_id"])
    assert evil["first_input"] == '\'=HYPERLINK("http://x")'
    assert (evil["last_output"], evil["users"]) == ("'-1+1", "'@u")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@\t\r"))]


def test_parquet_has_typed_columns_with_the_same_values(talked: Server) -> None:
    answer = talked.get("/api/v1/export", params={"format": "parquet", "sort": "-cost_usd"})
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    assert table.column_names == list(Session.__struct_fields__)
    listed = talked.get_json("/api/v1/sessions", params={"sort": "-cost_usd"})["sessions"]
    for row, session in zip(table.to_pylist(maps_as_pydicts="strict"), listed, strict=True):
        for name in ("started_at", "last_activity_at"):
            shown = datetime.fromisoformat(session.pop(name))
            assert row.pop(name).to_pydatetime(warn=False).astimezone(UTC) == shown
        cost = session.pop("cost_usd")
        assert row.pop("cost_usd") == Decimal(str(cost)).quantize(Decimal("1e-9"))
        assert row.pop("duration_ms") == pytest.approx(session.pop("duration_ms"))
        assert row == session
    assert not list((talked.data / "exports").iterdir())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("format=xlsx", "format"),
        ("kind=dreams", "kind"),
        ("kind=dataset&format=csv", "format"),
        ("sort=beauty", "sort"),
        ("filter=turns>", "filter"),
        ("from=2026-02-01&to=2026-01-01", "from"),
        ("limit=3", "limit"),
        ("q=a&q=b", "q"),
        ("&".join(["session=x"] * 1001), "session"),
    ],
)
def test_a_wrong_parameter_is_named(server: Server, query: str, field: str) -> None:
    answer = server.get(f"/api/v1/export?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_one_session_is_a_document_with_all_that_is_known(server: Server) -> None:
    session_id = "a/b\n../export?#%2F"
    image = {"type": "blob", "mime_type": "image/png", "modality": "image", "content": PIXEL}
    question = [{"role": "user", "parts": [{"type": "text", "content": "What is it?"}, image]}]
    attributes = chat_attributes(session_id, [], "A pixel.")
    attributes["gen_ai.input.messages"] = json.dumps(question)
    server.post("/v1/traces", pack(make_span(attributes=attributes)))
    server.wait_derived()
    opened = server.open_session(session_id)
    document = server.open_session(session_id, "export")
    assert {name: document[name] for name in opened} == opened
    assert document["transcript"] == server.open_session(session_id, "transcript")["turns"]
    assert document["traces"] == server.open_session(session_id, "spans")["traces"]
    assert "attachments" not in document
    asked = {"id": session_id, "attachments": "inline"}
    whole = server.get_json("/api/v1/session/export", params=asked)
    [part] = [p for p in whole["transcript"][0]["messages"][0]["parts"] if p["kind"] == "media"]
    held = whole.pop("attachments")[part["hash"]]
    assert whole == document
    assert base64.b64decode(held["base64"]) == base64.b64decode(PIXEL)
    assert (held["media_type"], held["size_bytes"]) == ("image/png", part["size_bytes"])
    wrong = server.get("/api/v1/session/export", params={"id": session_id, "format": "csv"})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "format")
    assert server.in_project("another").get("/api/v1/sessions/plain/export").status_code == 404


def test_markdown_reads_as_a_conversation_that_cannot_forge_its_page(server: Server) -> None:
    evil = (
        "Hello\n\n# Session `forged`\n<img src=x onerror=alert(1)> ![x](http://tracker)\n```\n<b>"
    )
    attributes = chat_attributes(
        "md `1`", [("user", evil)], "Fine.\n~~~\n</details>\n~~~\n<script>"
    )
    failed = chat_attributes("md `1`", [("user", "And now?")], "")
    now = time.time_ns()
    server.post("/v1/traces", pack(make_span(attributes=attributes, start_ns=now)))
    server.post(
        "/v1/traces", pack(make_span(attributes=failed, start_ns=now + 10**9, error="`late`\n# x"))
    )
    server.wait_derived()
    page = server.get("/api/v1/session/export", params={"id": "md `1`", "format": "md"}).text
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == ["# Session `` md `1` ``", "## Turn 1", "## Turn 2"]
    assert "> &lt;img src=x onerror=alert(1)> !\\[x](http://tracker)\n" in page
    assert "> ~~~\n> </details>\n> ~~~\n> &lt;script>" in page
    assert "**Failed:** `` `late` # x ``" in page
    assert re.search(
        r"^\*20\S+Z · 0\.50 s · 100 tokens in, 20 out · \$0\.\d+ · `gpt-4o`\*$", page, re.M
    )


def test_a_dataset_has_the_system_prompt_first_tools_and_their_results(server: Server) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Kyoto"}}
    result = {"type": "tool_call_response", "id": "c1", "response": "18 degrees"}
    asked = [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
    ]
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"type": "function", "name": "weather", "description": "Of a city", "parameters": schema}
    now, trace = time.time_ns(), b"7" * 16
    first = chat_attributes("taught", [], "") | {
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [call]}]),
        "gen_ai.tool.definitions": json.dumps([tool]),
    }
    after = [*asked, {"role": "assistant", "parts": [call]}, {"role": "tool", "parts": [result]}]
    second = chat_attributes("taught", [], "18.") | {"gen_ai.input.messages": json.dumps(after)}
    server.post(
        "/v1/traces",
        pack(
            make_span(attributes=first, trace_id=trace, start_ns=now),
            make_span(attributes=second, trace_id=trace, start_ns=now + 10**9),
        ),
    )
    server.post("/v1/traces", chat("unanswered", answer="", start_ns=now - 10**9))
    server.wait_derived()
    answer = server.get("/api/v1/export", params={"kind": "dataset"})
    assert answer.headers["x-total-count"] == "2"
    [example] = [json.loads(line) for line in answer.text.splitlines()]
    called = example["messages"][2]["tool_calls"]
    assert json.loads(called[0]["function"].pop("arguments")) == {"city": "Kyoto"}
    assert called == [{"id": "c1", "type": "function", "function": {"name": "weather"}}]
    assert example["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": called},
        {"role": "tool", "tool_call_id": "c1", "content": "18 degrees"},
        {"role": "assistant", "content": "18."},
    ]
    function = {"name": "weather", "description": "Of a city", "parameters": schema}
    assert example["tools"] == [{"type": "function", "function": function}]


def memory_bytes(server: Server, name: str) -> int:
    """Returns a line of the process's memory: VmRSS now, VmHWM at most since it was cleared."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024


def test_a_large_export_takes_no_more_memory_and_ends_with_its_reader(server: Server) -> None:
    for first in range(0, MANY, 500):
        spans = [
            make_span(
                attributes=chat_attributes(
                    f"s{n}", [("user", f"{n} " + "many words " * (LONG // 11))], "Ok."
                )
            )
            for n in range(first, min(first + 500, MANY))
        ]
        assert server.post("/v1/traces", pack(*spans)).status_code == 200
    server.wait_derived(seconds=180)
    url, asked = f"{server.url}/api/v1/export", {"project": server.project, "kind": "dataset"}

    def download(**parameters: str) -> tuple[int, int]:
        with httpx.stream(
            "GET", url, params={**asked, **parameters}, timeout=120, trust_env=False
        ) as answer:
            assert answer.headers["x-total-count"] == str(MANY)
            size = lines = 0
            for piece in answer.iter_bytes():
                size, lines = size + len(piece), lines + piece.count(b"\n")
        return size, lines

    assert download(kind="sessions")[1] == MANY
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    before = memory_bytes(server, "VmRSS")
    size, lines = download()
    grown = memory_bytes(server, "VmHWM") - before
    print(f"{size / 1e6:.0f} MB exported, memory grew by {grown / 1e6:.0f} MB at most")
    assert lines == MANY
    assert size > MANY * LONG
    assert grown < size / 2
    for _ in range(4):  # more than may run at once, left in the midst
        with httpx.stream("GET", url, params=asked, timeout=30, trust_env=False) as answer:
            assert next(answer.iter_bytes())
    deadline = time.monotonic() + 20
    while server.get("/api/v1/export", params={"session": "s1"}).status_code == 503:
        assert time.monotonic() < deadline
    assert rows_of(server, session="s1")[0]["session_id"] == "s1"
