"""The commands, run as a person runs them."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from parley import __version__
from parley.cli.main import app
from parley.settings import SETTINGS, Settings
from tests.serving import Server, Start, command, environment
from tests.telemetry import chat


def run(*arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Returns a finished command with what it printed."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment(),
        check=False,
    )


def test_version() -> None:
    assert run("--version").stdout == f"parley {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["sessions", "--help"]])
def test_help_says_what_there_is(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_serve_and_demo_have_an_option_for_every_setting() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name in ("serve", "demo"):
        options = {option for item in commands[name].params for option in item.opts}
        assert {f"--{item.name}" for item in SETTINGS} | {"--help"} == options | {"--help"}
        variables = {item.envvar for item in commands[name].params if item.envvar}
        assert variables == {item.variable for item in SETTINGS}


def test_the_listed_defaults_are_the_defaults() -> None:
    defaults = Settings(data=Path("~/.local/share/parley"))
    shown = {
        item.name: str(getattr(defaults, item.name.replace("-", "_")) or "") for item in SETTINGS
    }
    assert {item.name: item.default for item in SETTINGS} == shown


def test_a_long_transcript_is_printed_to_its_end(server: Server) -> None:
    turns = 1 + 500
    for number in range(turns):
        server.post("/v1/traces", chat("long-chat", question=f"Question {number}?"))
    server.wait_derived()
    options = ["--url", server.url, "--project", server.project, "--part", "transcript"]
    done = run("sessions", "show", "long-chat", *options)
    assert done.stdout.count("user: Question ") == turns
    assert "Question 500?" in done.stdout


def test_sessions_are_searched_and_filtered(server: Server) -> None:
    server.post("/v1/traces", chat("chat-1", question="Where is my parcel?"))
    server.post("/v1/traces", chat("chat-2", question="Hello?"))
    server.wait_derived()
    options = ["--url", server.url, "--project", server.project]
    found = run("sessions", "list", "--q", "PARCEL", "--filter", "turns = 1", "--json", *options)
    assert [s["session_id"] for s in json.loads(found.stdout)["sessions"]] == ["chat-1"]
    table = run("sessions", "list", "--q", "parcel", *options).stdout
    assert "Where is my parcel?" in table
    assert "chat-2" not in table
    wrong = run("sessions", "list", "--filter", "turns > 1 and modle = 'x'", *options)
    assert wrong.returncode == 1
    assert wrong.stderr == "parley: filter: no field modle; did you mean model? (column 15)\n"


def test_sessions_list_prints_a_table_and_json(server: Server) -> None:
    server.post("/v1/traces", chat("chat-1", question="Where is [bold]my[/bold] parcel?"))
    server.wait_derived()
    options = ["--url", server.url, "--project", server.project]
    table = run("sessions", "list", *options)
    assert table.returncode == 0, table.stderr
    assert "chat-1" in table.stdout
    assert "[bold]my[/bold]" in table.stdout  # data is shown, not obeyed
    assert "1 of 1 sessions" in table.stdout
    page = json.loads(run("sessions", "list", *options, "--json").stdout)
    assert page == server.get_json("/api/v1/sessions")


def test_sessions_show_prints_turns_transcript_and_json(server: Server) -> None:
    session_id = "a/b \x1b[31mred\n2"
    server.post("/v1/traces", chat(session_id, question="Hello \x1b[2J there?", answer="Hi 🦜"))
    server.wait_derived()
    options = ["--url", server.url, "--project", server.project]
    shown = run("sessions", "show", session_id, *options)
    assert shown.returncode == 0, shown.stderr
    assert "Hi 🦜" in shown.stdout
    assert "\x1b" not in shown.stdout  # nothing that a client sent reaches the terminal as a code
    said = run("sessions", "show", session_id, "--part", "transcript", *options)
    assert "user: Hello" in said.stdout
    assert "\x1b" not in said.stdout
    for part in ("transcript", "spans"):
        whole = run("sessions", "show", session_id, "--part", part, "--json", *options)
        assert json.loads(whole.stdout) == server.open_session(session_id, part)


def test_errors_are_one_line_and_a_status(server: Server) -> None:
    options = ["--url", server.url, "--project", server.project]
    missing = run("sessions", "show", "nobody", *options)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.startswith("parley: id: no session 'nobody'")
    assert missing.stderr.count("\n") == 1
    wrong = run("sessions", "list", "--sort", "shoe_size", *options)
    assert wrong.returncode == 1
    assert "sort" in wrong.stderr
    nobody = run("sessions", "list", "--url", "http://127.0.0.1:9")
    assert nobody.returncode == 1
    assert "parley serve" in nobody.stderr
    for url in ("nonsense", "http://"):
        assert run("sessions", "list", "--url", url).returncode == 1


def test_doctor_tells_what_a_folder_holds_and_rebuilds_it(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    running = start()
    running.post("/v1/traces", chat("s1"))
    running.wait_derived()
    before = running.get_json("/api/v1/sessions/s1")
    held = run("doctor", "--data", str(data))
    assert held.returncode == 1
    assert f"process {running.process.pid}" in held.stderr
    assert running.stop() == 0
    healthy = run("doctor", "--data", str(data))
    assert healthy.returncode == 0, healthy.stderr
    assert "'default':" in healthy.stdout
    assert "1 spans, 1 sessions, 2 messages" in healthy.stdout
    assert "quarantine:          empty" in healthy.stdout
    rebuilt = run("doctor", "--data", str(data), "--rebuild", "--sweep")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "rebuild" in rebuilt.stdout
    assert "every attachment is named" in rebuilt.stdout
    again = start()
    again.wait_derived()
    assert again.get_json("/api/v1/sessions/s1") == before
    again.stop()


def test_doctor_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = run("doctor", "--data", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "does not exist" in done.stderr


def test_serve_refuses_the_world_without_a_token(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "parley.example"):
        done = run("serve", "--host", host, "--port", "0", "--data", str(tmp_path / "data"))
        assert done.returncode == 1
        assert "--token" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_demo_keeps_out_of_real_data(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    start().stop()
    done = run("demo", "--port", "0", "--data", str(data))
    assert done.returncode == 1
    assert "not the demo's" in done.stderr
