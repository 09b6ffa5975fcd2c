"""The pages about clients agree with the receiver, the conventions, and what clients sent."""

import gzip
import json

import pytest

from parley.conventions import SESSION_KEYS
from parley.receive import INGEST_PATHS
from tests.clients.roster import CLIENTS
from tests.docs.guide_table import GUIDES
from tests.docs.guides import CORPUS, FOLDER, Guide, code_of
from tests.serving import Server

GRPC = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
EACH = pytest.mark.parametrize("guide", GUIDES, ids=[guide.slug for guide in GUIDES])


@EACH
def test_a_guide_names_what_the_server_knows(guide: Guide) -> None:
    assert guide.path in {*INGEST_PATHS, GRPC}
    assert set(guide.keys) <= {key.key for key in SESSION_KEYS}
    assert sum(map(bool, (guide.live, guide.recorded, guide.read, guide.runs))) == 1
    assert len(code_of(guide).splitlines()) <= 50


@pytest.mark.parametrize("guide", [g for g in GUIDES if g.recorded], ids=lambda g: g.slug)
def test_a_recorded_client_sent_what_its_guide_says(guide: Guide) -> None:
    sent = b""
    paths = set()
    for file in sorted((CORPUS / guide.recorded).glob("*.meta.json")):
        meta = json.loads(file.read_text())
        body = file.with_name(meta["file"]).read_bytes()
        sent += gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        paths.add(meta["path"])
    assert guide.path in paths
    assert all(key.encode() in sent for key in guide.keys)


# Clients that are run, and whose page is not made of the script.
OTHERWISE = {
    "agent_framework_agent.py",
    "autogen_agent.py",
    "langfuse_js.mjs",
    "litellm_sdk.py",
    "mastra.mjs",
    "mlflow_sdk.py",
    "openinference_llama_index.py",
    "openlit_sdk.py",
    "opik_otel.py",
    "otel_genai.py",
    "phoenix_sdk.py",
    "semantic_kernel_chat.py",
    "strands_agents.py",
    "voltagent.mjs",
}


def test_every_client_that_is_run_has_a_guide_and_no_page_is_left_over() -> None:
    shown = {guide.live.script.name for guide in GUIDES if guide.live}
    assert {client.script for client in CLIENTS} - shown == OTHERWISE
    assert {path.stem for path in FOLDER.iterdir()} == {guide.slug for guide in GUIDES}


def test_the_session_of_the_curl_page_is_there(server: Server) -> None:
    page = (FOLDER / "curl.md").read_text()
    body = page.split("--data '", 1)[1].split("'\n", 1)[0]
    server.post("/v1/traces", body.encode(), {"content-type": "application/json"})
    server.wait_derived()
    opened = server.open_session("conversation_123")
    assert [turn["input"] for turn in opened["turns"]] == ["Hello?"]
    assert opened["session"]["session_source"] == "gen_ai.conversation.id"
