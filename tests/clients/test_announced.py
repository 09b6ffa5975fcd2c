"""The announced line of JavaScript, run by node against a real server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import NotInstalled, prepare_modules
from tests.clients.roster import FOLDER
from tests.serving import Server


def test_the_announced_line_of_javascript_makes_a_session(server: Server, tmp_path: Path) -> None:
    try:
        modules = prepare_modules("otel-js")
    except NotInstalled as error:
        pytest.skip(f"the announced JavaScript was not tested: {error}")
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(FOLDER / "announced.cjs", tmp_path)
    done = subprocess.run(
        ["node", "announced.cjs"],
        env={
            "PATH": os.environ["PATH"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{server.url}/api/otlp",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-parley-project={server.project}",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    server.wait_derived()
    found = server.open_session("conversation_123")
    session = found["session"]
    assert [(turn["input"], turn["output"]) for turn in found["turns"]] == [
        ("Is anybody there?", "17 letters"),
        ("And now?", "8 letters"),
    ]
    assert (session["traces"], session["spans"], session["llm_calls"]) == (2, 4, 2)
    assert (session["input_tokens"], session["output_tokens"]) == (200, 20)
    assert session["cost_usd"] == pytest.approx(200 * 0.15e-6 + 20 * 0.6e-6)
    told = server.open_session("conversation_123", "transcript")["turns"]
    assert [m["text"] for turn in told for m in turn["messages"]] == [
        "Is anybody there?",
        "17 letters",
        "And now?",
        "8 letters",
    ]
    spans = server.open_session("conversation_123", "spans")["traces"][0]["spans"]
    assert {span["session_id"] for span in spans} == {"conversation_123"}
