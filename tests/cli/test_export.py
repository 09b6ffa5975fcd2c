"""`parley export` against a running server."""

import csv
import json
from pathlib import Path

from tests.cli.test_prices import parley
from tests.serving import Server
from tests.telemetry import chat


def test_sessions_are_written_whole_or_not_at_all(server: Server, tmp_path: Path) -> None:
    server.post("/v1/traces", chat("a/b", question="One?", answer="1"))
    server.post("/v1/traces", chat("other", question="Two?", answer="2"))
    server.wait_derived()
    listed = server.get_json("/api/v1/sessions", params={"sort": "started_at"})["sessions"]
    done = parley(server, "export", "--sort", "started_at")
    assert [json.loads(line) for line in done.stdout.splitlines()] == listed
    assert "2 sessions" in done.stderr

    file = tmp_path / "out.csv"
    done = parley(server, "export", str(file), "--format", "csv", "--filter", 'last_output = "2"')
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    with file.open(newline="") as opened:
        assert [row["session_id"] for row in csv.DictReader(opened)] == ["other"]
    assert "1 sessions" not in done.stderr

    chosen = parley(server, "export", "--kind", "dataset", "--session", "a/b").stdout
    said = [(m["role"], m["content"]) for m in json.loads(chosen)["messages"]]
    assert said == [("user", "One?"), ("assistant", "1")]
    page = parley(server, "export", "--format", "md", "--session", "a/b").stdout
    assert page.startswith("# Session `a/b`\n")
    assert "> One?" in page

    wrong = parley(server, "export", str(tmp_path / "no.csv"), "--filter", "nonsense >")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("parley: filter: ")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert parley(server, "export", "--format", "md").returncode == 1
