"""`parley prices` and `parley doctor unknown` against a running server."""

import subprocess
from pathlib import Path

from tests.api.test_prices import send
from tests.serving import Server, command, environment


def parley(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, "--url", server.url, "--project", server.project),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
        check=False,
    )


def test_prices_are_set_listed_imported_and_removed(server: Server, tmp_path: Path) -> None:
    send(server, "s", "my-model")
    server.wait_derived()
    listed = parley(server, "prices", "list", "--unknown")
    assert "my-model" in listed.stdout, listed.stderr
    assert "unknown" in listed.stdout

    done = parley(server, "prices", "set", "my-*", "--input", "1", "--output", "2", "--wait")
    assert done.returncode == 0, done.stderr
    price_id = done.stdout.split()[0]
    assert server.open_session("s")["session"]["cost_usd"] == 0.00014
    listed = parley(server, "prices", "list", "--model", "MY")
    assert price_id in listed.stdout
    assert "override" in listed.stdout
    assert "No such model" in parley(server, "prices", "list", "--unknown").stdout

    wrong = parley(server, "prices", "set", "my-*", "--input", "x", "--output", "2")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("parley: input: expected dollars")
    file = tmp_path / "prices.csv"
    file.write_text("model,input,output\nmy-model,3,4\nother,3,\n")
    failed = parley(server, "prices", "import", str(file))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "line 3: output" in failed.stderr
    file.write_text("model,input,output\nmy-model,3,4\n")
    assert parley(server, "prices", "import", str(file), "--wait").stdout == "1 price set\n"
    assert server.open_session("s")["session"]["cost_usd"] == 0.00038
    removed = parley(server, "prices", "remove", price_id)
    assert removed.stdout == f"{price_id} removed\n"
    assert parley(server, "prices", "remove", price_id).returncode == 1


def test_a_file_of_rates_that_is_none_changes_nothing(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text("[{}]")
    failed = parley(server, "prices", "update", "--file", str(file))
    assert failed.returncode == 1
    assert "not in the form of genai-prices" in failed.stderr
    assert "cannot read" in parley(server, "prices", "update", "--file", "/nowhere").stderr


def test_doctor_tells_what_was_not_understood(server: Server) -> None:
    send(server, "s", "my-model", **{"acme.plan": "pro"})
    server.wait_derived()
    told = parley(server, "doctor", "unknown")
    assert told.returncode == 0, told.stderr
    assert "acme.plan" in told.stdout
    assert "my-model" in told.stdout
    assert "Traces that could not be derived: none" in told.stdout
