"""What a program says about a session is there when the call returns."""

from tests.sdk.live.conftest import RunProgram
from tests.serving import Server
from tests.telemetry import chat

ANNOTATES = """
import asyncio
import agenta as ag
from agenta import errors

with ag.session("a/b ü"):
    kept = ag.annotate(name="helpful", value=0.9, comment="to the point", author="ann")
print(kept["session_id"], kept["value"], kept["source"], kept["comment"])

client = ag.Agenta()
traces = client.ask("GET", "/api/v1/session", {"id": "known", "part": "spans"})["traces"]

async def more():
    of_trace = await client.aannotate(
        name="tone", value="kind", trace_id=traces[0]["trace_id"], annotation_id="t-1"
    )
    again = await ag.aannotate(
        name="tone", value="kind", trace_id=traces[0]["trace_id"], annotation_id="t-1"
    )
    print(of_trace == again, of_trace["session_id"])
    said = await client.sessions.aannotations("known")
    print([item["value"] for item in said["annotations"]])
    print((await client.sessions.alist(q="anybody"))["total"])
    print((await client.sessions.aget("known"))["session"]["turns"])
    print(len((await client.sessions.atranscript("known"))["turns"]))
    await client.aremove_annotation("t-1")

asyncio.run(more())
client.remove_annotation(kept["id"])
for ask in (
    lambda: client.annotate(session_id="known", name="", value=1),
    lambda: client.annotate(name="nobody's", value=1),
    lambda: client.annotate(session_id="known", name="tone", value=1, annotation_id="t-1"),
    lambda: client.remove_annotation(kept["id"]),
    lambda: ag.annotate(name="late", value=True, trace_id="0" * 31 + "1"),
):
    try:
        ask()
    except errors.RequestRefused as error:
        print(type(error).__name__, error.status, error.field)
"""


def test_a_program_annotates_its_sessions(server: Server, run_program: RunProgram) -> None:
    server.post("/v1/traces", chat("known", question="Is anybody there?"))
    server.wait_derived()
    done = run_program(ANNOTATES)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "a/b ü 0.9 sdk to the point",
        "True known",
        "['kind']",
        "1",
        "1",
        "1",
        "InvalidRequest 400 name",
        "InvalidRequest 400 session_id",
        "Conflict 409 id",
        "NotFound 404 id",
        "NotFound 404 trace_id",
    ]
