"""The table of bad input, through the whole server: sent, stored, derived and read back.

Every row is sent again, over gRPC too where that can carry it, and counted once.
"""

import concurrent.futures
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from parley.receive.rpc import RPC_METHODS
from tests.receive.bad_input import Bad, table
from tests.serving import Server
from tests.telemetry import chat

TABLE = {row.name: row for row in table()}
# Taken, stored and derived; reading back fails in rooms behind the door.
TRACES = next(iter(RPC_METHODS))
SECONDS = 60
TRACES_MAX = 10


@dataclass
class Sent:
    """A row after it was sent: its own view of the server, and every answer."""

    server: Server
    statuses: list[int]
    texts: list[str]
    codes: list[str]


@pytest.fixture(scope="module")
def sent(shared_server: Server) -> dict[str, Sent]:
    """Every row, sent twice over HTTP and once more over gRPC; between them a good request."""
    found = {}
    for number, (name, row) in enumerate(TABLE.items()):
        server = shared_server.in_project(f"bad-input-{number}")
        result = Sent(server, [], [], [])
        for _ in range(2):
            answer = server.post("/v1/traces", row.body, row.headers)
            result.statuses.append(answer.status_code)
            result.texts.append(answer.content.decode(errors="replace"))
        if row.is_protobuf:
            try:
                server.export(row.body, TRACES)
                result.codes.append("OK")
            except grpc.RpcError as error:
                result.codes.append(error.code().name)
                result.texts.append(error.details())
        good = shared_server.in_project("bad-input-good")
        assert good.post("/v1/traces", chat(f"after {name}")).status_code == 200
        found[name] = result
    shared_server.wait_derived("bad-input-good", seconds=SECONDS)
    return found


def spans_shown(server: Server) -> list[dict[str, Any]]:
    """Returns the spans of the session: its first traces by their addresses, the rest in one."""
    traces = [id_ for turn in server.open_session("s")["turns"] for id_ in turn["trace_ids"]]
    shown = []
    for trace_id in traces[:TRACES_MAX]:
        shown += server.get_json(f"/api/v1/traces/{trace_id}")["spans"]
    if traces[TRACES_MAX:]:
        rest = server.open_session("s", "spans")["traces"][TRACES_MAX:]
        shown += [span for trace in rest for span in trace["spans"]]
    return shown


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_the_table_holds(row: Bad, sent: dict[str, Sent]) -> None:
    result = sent[row.name]
    assert result.statuses == [row.status] * 2, result.texts
    if row.is_protobuf:
        assert result.codes == ["OK" if row.status == 200 else "INVALID_ARGUMENT"]
    if row.status != 200:
        assert all(row.says in text for text in result.texts)
    stats = result.server.wait_derived(seconds=SECONDS)
    assert stats["spans"] == (row.spans if row.status == 200 else 0)
    if stats["spans"]:
        shown = spans_shown(result.server)
        assert len(shown) == row.spans
        assert row.check(shown)


def test_good_requests_between_them_are_all_there(sent: dict[str, Sent]) -> None:
    view = next(iter(sent.values())).server.in_project("bad-input-good")
    view.wait_derived()
    assert "\nparley_failed_traces_total 0\n" in view.get("/metrics").text
    assert view.get_json("/api/v1/stats")["sessions"] == len(TABLE)


def test_the_list_of_sessions_shows_what_was_taken(sent: dict[str, Sent]) -> None:
    def listed(name: str) -> list[str]:
        server = sent[name].server
        server.wait_derived()
        return [item["session_id"] for item in server.get_json("/api/v1/sessions")["sessions"]]

    taken = [name for name, row in TABLE.items() if row.status == 200 and row.spans]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        assert set(map(tuple, threads.map(listed, taken))) == {("s",)}
