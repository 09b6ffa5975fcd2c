"""The composed server: settings reach the rooms, and what is broken shows."""

import shutil
from pathlib import Path

from tests.serving import Start, start_server
from tests.telemetry import chat


def test_limits_of_the_settings_are_kept(start: Start) -> None:
    server = start("--request-limit-bytes", "2000", "--journal-quota-bytes", "1500")
    assert server.post("/v1/traces", chat("a")).status_code == 200
    assert server.post("/v1/traces", chat("a", question="x" * 3000)).status_code == 413
    full = server.post("/v1/traces", chat("a", question="x" * 600))
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0


def test_readiness_names_what_is_broken(start: Start) -> None:
    server = start()
    assert server.get("/readyz").status_code == 200
    shutil.rmtree(server.data / "journal")
    broken = server.get("/readyz")
    assert broken.status_code == 503
    failed = [check for check in broken.json()["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == ["journal"]
    assert failed[0]["detail"] == "No such file or directory"
    assert server.get("/healthz").status_code == 200


def test_pages_api_and_ingest_share_one_port(start: Start) -> None:
    server = start()
    page = server.get("/", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    nowhere = server.get("/nowhere", headers={"accept": "text/html"})
    assert (nowhere.status_code, nowhere.headers["content-type"][:9]) == (404, "text/html")
    assert server.get("/nowhere").json()["error"]["code"] == "not_found"
    assert server.get("/v1/traces").status_code == 405
    assert server.get("/api/otlp/v1/traces").json() == {"status": "ready"}


def test_the_data_folder_is_nobody_elses_to_read(start: Start) -> None:
    server = start()
    assert (server.data / "journal").stat().st_mode & 0o077 == 0


def test_the_server_outlives_the_directory_it_was_started_in(tmp_path: Path) -> None:
    place = tmp_path / "gone-soon"
    place.mkdir()
    server = start_server(tmp_path / "data", working_in=place)
    try:
        place.rmdir()
        server.post("/v1/traces", chat("chat-1"))
        server.wait_derived()
        assert server.open_session("chat-1")["session"]["turns"] == 1
    finally:
        server.stop()
