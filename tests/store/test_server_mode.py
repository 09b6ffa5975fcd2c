"""ClickHouse by URL: the driver's real HTTP client, against the same engine behind HTTP."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from tests.clickhouse import clickhouse_server
from tests.corpus import corpus_score
from tests.serving import Server, start_server
from tests.telemetry import chat, chat_attributes, make_span, pack
from tests.test_corpus import CLIENTS, FOLDER, expected_sessions

LONG = "of-a-customer-whose-name-takes-a-whole-line-" * 3
MANY = 2500


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with clickhouse_server(tmp_path_factory.mktemp("clickhouse") / "store") as address:
        yield address


@pytest.fixture(scope="module")
def servers(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two servers with journals of their own on one ClickHouse."""
    folder = tmp_path_factory.mktemp("servers")
    one = start_server(folder / "one", "--clickhouse", url)
    two = start_server(folder / "two", "--clickhouse", url)
    yield one, two
    one.stop(30)
    two.stop(30)


def test_every_fact_of_every_client_is_right(servers: tuple[Server, Server]) -> None:
    one, two = (server.in_project("corpus") for server in servers)
    for place, name in enumerate(CLIENTS):
        (one, two)[place % 2].replay(FOLDER / name)
    one.wait_derived()
    two.wait_derived()
    wrong = [
        f"{name}, {want['key']}.{fact}: want {wanted!r}, got {shown!r}"
        for place, name in enumerate(CLIENTS)
        for session_id, want in expected_sessions(name).items()
        for fact, (is_right, wanted, shown) in corpus_score.compare(
            name, want, (two, one)[place % 2].open_session(session_id)
        ).items()
        if not is_right
    ]
    assert not wrong, "\n".join(wrong)


def test_values_longer_than_a_form_takes_are_sent(servers: tuple[Server, Server]) -> None:
    server = servers[0].in_project("many")
    spans = [
        make_span(attributes=chat_attributes(f"{LONG}{n}", [("user", f"word{n}")], "Yes."))
        for n in range(MANY)
    ]
    for first in range(0, MANY, 500):
        assert server.post("/v1/traces", pack(*spans[first : first + 500])).status_code == 200
    server.wait_derived()
    page = server.get_json("/api/v1/sessions", params={"limit": 1, "q": f"word{MANY - 1}"})
    assert [session["session_id"] for session in page["sessions"]] == [f"{LONG}{MANY - 1}"]
    assert server.get_json("/api/v1/sessions")["total"] == MANY


def test_turns_of_one_session_come_through_two_servers(servers: tuple[Server, Server]) -> None:
    one, two = (server.in_project("shared") for server in servers)
    for turn in range(20):
        body = chat("both", f"turn {turn}")
        assert (one, two)[turn % 2].post("/v1/traces", body).status_code == 200
    one.wait_derived()
    two.wait_derived()
    for server in (one, two):
        detail = server.open_session("both")
        assert detail["session"]["turns"] == len(detail["turns"]) == 20


def test_exports_stream(servers: tuple[Server, Server]) -> None:
    server = servers[1].in_project("corpus")
    table = parquet.read_table(
        io.BytesIO(server.get("/api/v1/export", params={"format": "parquet"}).content)
    )
    text = server.get("/api/v1/export", params={"format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    total = server.get_json("/api/v1/sessions")["total"]
    assert table.num_rows == len(rows) == total > len(CLIENTS)


def test_nothing_is_lost_when_a_server_dies(url: str, tmp_path: Path) -> None:
    server = start_server(tmp_path / "dying", "--clickhouse", url).in_project("dying")
    for turn in range(30):
        assert server.post("/v1/traces", chat("late", f"turn {turn}")).status_code == 200
    server.kill()
    server = start_server(tmp_path / "dying", "--clickhouse", url).in_project("dying")
    try:
        server.wait_derived()
        assert server.open_session("late")["session"]["turns"] == 30
    finally:
        server.stop(30)
