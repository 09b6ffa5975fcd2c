"""`parley prompts` against a running server."""

import json
import subprocess
from pathlib import Path

from tests.models import serve_models
from tests.prompts.conftest import PROMPT
from tests.serving import Server, command, environment


def parley(server: Server, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("prompts", *arguments, "--url", server.url, "--project", server.project),
        capture_output=True,
        text=True,
        input=typed,
        timeout=120,
        env=environment(),
        check=False,
    )


def said(server: Server, *arguments: str, typed: str = "") -> str:
    done = parley(server, *arguments, typed=typed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_prompt_is_committed_deployed_run_and_rolled_back(server: Server, tmp_path: Path) -> None:
    assert "No application yet" in said(server, "list")
    assert said(server, "create", "support", "--name", "Support") == "support made\n"
    file = tmp_path / "prompt.json"
    file.write_text(json.dumps(PROMPT))
    deployed = said(server, "commit", "support", str(file), "--deploy", "production")
    assert deployed == "support default:1, deployed to production\n"

    shown = said(server, "show", "support", "1", "--json")
    assert "You help in a {{tone}} way." in said(server, "show", "support", "default:1")
    shorter = shown.replace("You help", "You shortly help")
    committed = said(server, "commit", "support", "-", "--note", "short", typed=shorter)
    assert committed == "support default:2\n"
    assert "+You shortly help in a {{tone}} way." in said(server, "diff", "support", "1", "2")
    assert said(server, "diff", "support", "2", "2") == "Nothing differs.\n"
    assert "default:2" in said(server, "deploy", "support", "2", "production")
    assert "production default:2" in said(server, "list")

    with serve_models() as models:
        where = ("--base-url", f"{models.url}/v1")
        assert "set" in said(server, "keys", "set", "openai", *where, typed="sk-0123456789\n")
        listed = said(server, "keys", "list")
        assert "ends in 6789" in listed
        assert "sk-0123456789" not in listed
        answer = parley(
            server, "run", "support", "Hi", "--input", "tone=kind", "--session", "by-hand"
        )
        assert answer.stdout == "You said: Hi\n", answer.stderr
        assert "default:2" in answer.stderr
        assert "session by-hand" in answer.stderr
        assert models.exchanges[-1].heard.system == "You shortly help in a kind way."
        missing = parley(server, "run", "support", "Hi")
        assert (missing.returncode, missing.stderr) == (1, "parley: inputs.tone: tone is missing\n")
    server.wait_derived()
    assert server.open_session("by-hand")["session"]["turns"] == 1

    back = said(server, "rollback", "support", "production")
    assert back == "production of support answers with default:1\n"
    assert said(server, "keys", "remove", "openai") == "key of openai removed\n"
    assert "is called" in said(server, "rename", "support", "Desk")
    assert parley(server, "remove", "support", typed="n\n").returncode == 1
    assert said(server, "remove", "support", "--yes") == "support removed\n"


def test_what_is_wrong_is_one_line(server: Server, tmp_path: Path) -> None:
    said(server, "create", "support")
    file = tmp_path / "prompt.json"
    for content, told in (
        (json.dumps(PROMPT | {"model": "gpt"}), "model: expected provider:name"),
        ("{", "is not JSON"),
        ("[]", "expected an object"),
        (json.dumps({"model": "openai:x"}), "messages"),
    ):
        file.write_text(content)
        failed = parley(server, "commit", "support", str(file))
        assert failed.returncode == 1
        assert told in failed.stderr
        assert failed.stderr.startswith("parley: ")
        assert failed.stderr.count("\n") == 1
    for arguments, told in (
        (("deploy", "support", "x", "production"), "no version"),
        (("run", "support", "--input", "tone"), "expected name=value"),
        (("show", "nobody"), "no application 'nobody'"),
        (("commit", "support", "/nowhere"), "cannot read"),
    ):
        assert told in parley(server, *arguments).stderr
