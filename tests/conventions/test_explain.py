"""What was understood of a span is told as the view did it."""

from typing import Any

import pytest

from parley.conventions import claims, understand
from parley.conventions.explain import COLUMNS
from parley.query import read_trace
from tests.storing import CORPUS, Loading, recorded

CLIENTS = sorted(path.name for path in CORPUS.iterdir() if (path / "expected.json").exists())
NUMBERS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_usd")


def test_each_field_says_its_dialect_and_attribute() -> None:
    found = understand(
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": 12,
            "llm.invocation_parameters": '{"model": "gpt-4o"}',
            "input.value": "Hello",
            "my.own": 1,
            "http.route": "/",
            "session.id": "s",
        },
        {"deployment.environment.name": "prod"},
    )
    assert found.fields["input_tokens"] == "openinference: llm.token_count.prompt"
    assert found.fields["kind"] == "openinference: openinference.span.kind"
    assert found.fields["request_model"] == "openinference: llm.invocation_parameters → model"
    assert found.fields["input_messages"] == "openinference: input.value"
    assert found.fields["environment"] == "resource: deployment.environment.name (resource)"
    assert found.fields["session_id"].endswith(": session.id")
    assert (found.unclaimed, found.unused, found.unread) == (["my.own"], ["http.route"], [])


def test_what_does_not_fit_supplies_nothing() -> None:
    found = understand(
        {
            "session.id": "[Scrubbed due to 'session']",
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.output_tokens": 10**15,
            "gen_ai.operation.name": "dance",
            "gen_ai.input.messages": '[{"role": 7}]',
            "error.type": "Oops",
        }
    )
    assert found.fields == {}
    assert found.unread == ["gen_ai.input.messages"]


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_told_agrees_with_what_the_view_stored(loading: Loading, client: str) -> None:
    traces = set()
    for kind, body in recorded(client):
        loading.load([body], kind)
    rows = loading.store.read_all("work.pending", limit=100_000)
    traces = {row[1] for row in rows if row[0] == loading.project_id}
    compared = 0
    for trace_id in traces:
        tree = read_trace(loading.store, loading.project_id, trace_id)
        assert tree is not None
        for span in tree.spans:
            told = understand(
                span.attributes,
                span.resource,
                has_error=span.failed,
                scope=span.scope,
                start_ns=span.start_ns,
            ).fields
            stored: dict[str, Any] = {name: getattr(span, name) for name in (*NUMBERS, "ttft_ms")}
            for name, value in stored.items():
                assert (value is not None) == (name in told), (span.name, name, value, told)
            assert bool(span.kind) == ("kind" in told), (span.name, span.kind)
            assert bool(span.model) == ("request_model" in told or "response_model" in told)
            assert bool(span.provider) == ("provider" in told)
            compared += 1
    assert compared


def test_no_attribute_is_both_used_and_declared_useless() -> None:
    known = claims()
    assert not known.exact & known.unused_exact
    assert "kind" in COLUMNS
