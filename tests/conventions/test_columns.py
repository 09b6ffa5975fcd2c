"""Attributes of each client fill the typed columns: asked of a real engine."""

import json
import secrets
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.conventions import DIALECTS
from parley.conventions.compiler import COLUMNS, render_view
from parley.conventions.table import Dialect, Field
from parley.model import from_iso
from parley.store import Store
from tests.storing import Loading
from tests.telemetry import make_span, pack

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "OpenTelemetry GenAI": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 30,
            "gen_ai.response.time_to_first_chunk": 0.25,
        },
        {"kind": "llm", "input_tokens": 100, "cached_tokens": 30, "ttft_ms": 250.0},
    ),
    "words in any case": ({"gen_ai.operation.name": "CHAIN"}, {"kind": "chain"}),
    "a word that nobody knows": (
        {"gen_ai.operation.name": "dance", "traceloop.span.kind": "tool"},
        {"kind": "tool"},
    ),
    "Mastra": (
        {
            "gen_ai.operation.name": "model.step",
            "mastra.span.type": "model_step",
            "gen_ai.usage.cached_input_tokens": 30,
            "userId": "ada",
        },
        {"kind": "chain", "cached_tokens": 30, "user_id": "ada"},
    ),
    "VoltAgent": (
        {
            "entity.type": "agent",
            "ai.model.name": "gpt-4o",
            "usage.prompt_tokens": 100,
            "usage.completion_tokens": 20,
            "usage.cached_tokens": 30,
        },
        {"kind": "llm", "request_model": "gpt-4o", "input_tokens": 100, "cached_tokens": 30},
    ),
    "VoltAgent, a step": ({"entity.type": "agent", "span.type": "llm"}, {"kind": "chain"}),
    "Langfuse, Python": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "prompt_tokens": 100,
                    "completion_tokens": 20,
                    "prompt_tokens_details": {"cached_tokens": 30},
                    "completion_tokens_details": {"reasoning_tokens": 5},
                }
            ),
            "langfuse.observation.cost_details": '{"input": 0.1, "total": 0.25}',
            "langfuse.environment": "staging",
        },
        {
            "kind": "llm",
            "request_model": "gpt-4o",
            "input_tokens": 100,
            "output_tokens": 20,
            "cached_tokens": 30,
            "reasoning_tokens": 5,
            "cost_usd": 0.25,
            "environment": "staging",
        },
    ),
    "Langfuse, JS: counts that leave details out, a failure without a status": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(
                {
                    "input": 70,
                    "output": 15,
                    "input_cached_tokens": 30,
                    "output_reasoning_tokens": 5,
                }
            ),
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.status_message": "429 too many",
        },
        {
            "input_tokens": 100,
            "output_tokens": 20,
            "cached_tokens": 30,
            "reasoning_tokens": 5,
            "error_type": "error",
            "error_message": "429 too many",
        },
    ),
    "Langfuse's drop-in: an id in JSON quotes": (
        {"langfuse.observation.metadata.langfuse_session_id": '"a\\"b"'},
        {
            "own_session": 'a"b',
            "own_source": "langfuse.observation.metadata.langfuse_session_id",
        },
    ),
    "sound and images, by the names of OpenTelemetry": (
        {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.audio.input_tokens": 40,
            "gen_ai.usage.image.input_tokens": 10,
            "gen_ai.usage.text.input_tokens": 50,
            "openai.request.service_tier": "auto",
            "openai.response.service_tier": "flex",
        },
        {
            "input_tokens": 100,
            "details": {
                "input_audio_tokens": "40",
                "input_image_tokens": "10",
                "service_tier": "flex",
            },
        },
    ),
    "OpenInference: sound, and the tier in the answer": (
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.completion_details.audio": 7,
            "llm.token_count.prompt_details.audio": -1,
            "output.value": '{"id": "msg_1", "usage": {"service_tier": "batch"}}',
        },
        {"details": {"output_audio_tokens": "7", "service_tier": "batch"}},
    ),
    "Langfuse, JS: sound is left out of the counts, too": (
        {
            "langfuse.observation.usage_details": json.dumps(
                {"input": 30, "output": 8, "input_cached_tokens": 30, "input_audio_tokens": 40}
            ),
        },
        {"input_tokens": 100, "output_tokens": 8, "details": {"input_audio_tokens": "40"}},
    ),
    "LangSmith: a Python dictionary in a string; its session name is a project": (
        {
            "langsmith.span.kind": "llm",
            "langsmith.trace.session_name": "demo",
            "langsmith.metadata.thread_id": "t1",
            "gen_ai.usage.input_token_details": "{'audio': 4, 'cache_read': 30}",
        },
        {
            "kind": "llm",
            "source_project": "demo",
            "own_session": "t1",
            "cached_tokens": 30,
            "details": {"input_audio_tokens": "4"},
        },
    ),
    "MLflow: every value JSON": (
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o"',
            "mlflow.chat.tokenUsage": '{"input_tokens": 100, "cache_read_input_tokens": 30}',
            "session.id": '"s1"',
        },
        {
            "kind": "llm",
            "request_model": "gpt-4o",
            "input_tokens": 100,
            "cached_tokens": 30,
            "own_session": "s1",
        },
    ),
    "Vercel AI 4": (
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.usage.promptTokens": 100,
            "ai.response.providerMetadata": '{"openai":{"cachedPromptTokens":30}}',
            "ai.telemetry.metadata.userId": "ada",
        },
        {"kind": "llm", "input_tokens": 100, "cached_tokens": 30, "user_id": "ada"},
    ),
    "GenAI: an answer fetched again is no call": (
        {"gen_ai.operation.name": "fetch_response", "gen_ai.response.model": "gpt-4o"},
        {"kind": "chain"},
    ),
    "Vercel AI 7: its runtime context": (
        {
            "gen_ai.operation.name": "agent_step",
            "ai.settings.context.sessionId": "s1",
            "ai.settings.context.userId": "ada",
            "gen_ai.client.operation.time_to_first_chunk": 0.25,
        },
        {"kind": "chain", "own_session": "s1", "user_id": "ada", "ttft_ms": 250},
    ),
    "Vercel AI's outer span": ({"ai.operationId": "ai.streamText"}, {"kind": "agent"}),
    "Laminar": ({"lmnr.span.type": "LLM"}, {"kind": "llm"}),
    "Logfire: scrubbed id, details in the raw usage": (
        {
            "session_id": "[Scrubbed due to 'session']",
            "user_id": "ada",
            "gen_ai.usage.raw": '{"prompt_tokens_details":{"cached_tokens":30}}',
        },
        {"own_session": "", "user_id": "ada", "cached_tokens": 30},
    ),
    "OpenLIT: 0 where it knows no price": ({"gen_ai.usage.cost": 0.0}, {"cost_usd": None}),
    "LiteLLM 2: 0 is what a cached answer costs": ({"litellm.cost.total": 0.0}, {"cost_usd": 0}),
    "OpenInference: no sound": (
        {"llm.token_count.prompt": 0, "llm.token_count.prompt_details.audio": 0},
        {"input_tokens": 0, "details": {}},
    ),
    "pydantic-ai 1": ({"agent_name": "concierge"}, {"kind": "agent"}),
    "pydantic-ai 2": ({"metadata": '{"user":"ada"}'}, {"user_id": "ada"}),
    "LiteLLM 1": (
        {
            "gen_ai.cost.total_cost": 0.5,
            "llm.user": "ada",
            "metadata.usage_object": "{'prompt_tokens_details': {'cached_tokens': 30, 'audio_tokens': None}}",
        },
        {"cost_usd": 0.5, "user_id": "ada", "cached_tokens": 30},
    ),
    "OpenInference: a failed call": (
        {
            "openinference.span.kind": "LLM",
            "llm.invocation_parameters": '{"model": "gpt-4o", "temperature": 0.2}',
        },
        {"kind": "llm", "request_model": "gpt-4o"},
    ),
    "OpenInference: the id in the answer": (
        {"openinference.span.kind": "LLM", "output.value": '{"id":"msg_1","content":[]}'},
        {"response_id": "msg_1"},
    ),
    "nonsense": (
        {
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.prompt_tokens": 7,
            "gen_ai.usage.output_tokens": -1,
            "gen_ai.usage.completion_tokens": 1e30,
            "langfuse.observation.usage_details": "{broken",
            "session.id": ["a", "list"],
            "gen_ai.conversation.id": "c1",
        },
        {"input_tokens": 7, "output_tokens": None, "own_session": "c1", "own_rank": 1003},
    ),
}


@pytest.fixture(scope="module")
def columns(store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Every case's span as the store has it."""
    loading = Loading(store, tmp_path_factory.mktemp("columns"))
    ids = {name: secrets.token_bytes(8) for name in CASES}
    spans = [make_span(span_id=ids[name], attributes=CASES[name][0]) for name in CASES]
    loading.load([pack(*spans)])
    wanted = sorted({column for _, want in CASES.values() for column in want})
    rows = store._engine.query(
        f"SELECT lower(hex(span_id)), {', '.join(wanted)} FROM spans FINAL "
        "WHERE project_id = {project:String}",
        {"project": loading.project_id},
    )
    found = {row[0]: dict(zip(wanted, row[1:], strict=True)) for row in rows}
    return {name: found[ids[name].hex()] for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_clients_attributes_fill_the_columns(
    name: str, columns: dict[str, dict[str, Any]]
) -> None:
    want = CASES[name][1]
    assert {column: columns[name][column] for column in want} == want


@pytest.mark.parametrize(
    ("scope", "value", "want"),
    [
        ("strands.telemetry.tracer", 250, 250.0),
        ("openlit.otel.tracing", 0.25, 250.0),
        ("some.application", 0.25, None),  # nobody knows its unit
    ],
)
def test_an_attribute_of_no_agreed_unit_is_read_where_it_is_known(
    scope: str, value: float, want: float | None, loading: Loading
) -> None:
    attributes = {"gen_ai.server.time_to_first_token": value, "gen_ai.usage.input_tokens": 3}
    request = ExportTraceServiceRequest.FromString(pack(make_span(attributes=attributes)))
    request.resource_spans[0].scope_spans[0].scope.name = scope
    loading.load([request.SerializeToString()])
    assert columns_of(loading, "ttft_ms, input_tokens") == [(want, 3)]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('"2026-11-22T10:00:01.250Z"', 1250.0),
        ("2026-11-22T10:00:00.000Z", 0.0),
        ("2026-11-22T09:59:59.000Z", None),
        ("soon", None),
    ],
)
def test_the_time_of_a_first_token_is_a_wait(
    text: str, want: float | None, loading: Loading
) -> None:
    start_ns = from_iso("2026-11-22T10:00:00Z")
    attributes = {"langfuse.observation.completion_start_time": text}
    loading.load([pack(make_span(start_ns=start_ns, attributes=attributes))])
    assert columns_of(loading, "ttft_ms") == [(want,)]


def columns_of(loading: Loading, names: str) -> list[tuple[Any, ...]]:
    """Returns some columns of a project's spans."""
    return loading.store._engine.query(
        f"SELECT {names} FROM spans FINAL WHERE project_id = {{project:String}}",
        {"project": loading.project_id},
    )


def test_every_field_names_a_column() -> None:
    for dialect in DIALECTS:
        assert set(dialect.fields) <= set(COLUMNS), dialect.name
        for fields in dialect.fields.values():
            assert all(set(item.plus) <= set(COLUMNS) for item in fields)


def test_an_attribute_that_would_fill_two_columns_is_refused() -> None:
    twice = Dialect(
        name="x", title="X", source="", fields={"user_id": [Field("x")], "provider": [Field("x")]}
    )
    with pytest.raises(ValueError, match="more than one column: x"):
        render_view([twice])
