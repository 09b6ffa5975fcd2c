"""A change of prices derives again what it is about, and nothing else."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from parley.bus import Bus
from parley.derive import Deriver, LivePrices
from parley.model import ModelUsage
from parley.pricing import BadPackage, Override
from parley.pricing.override import day_ns
from parley.query import open_session, read_models
from parley.records import Records
from parley.store import Store, StoreTooLarge
from tests.storing import Loading
from tests.telemetry import chat_attributes, make_span, pack

DAY = day_ns("2026-06-15")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(str(tmp_path / "records.db"))
    yield opened
    opened.close()


def send(loading: Loading, session: str, model: str, *, at: int = DAY, **more: Any) -> None:
    attributes = chat_attributes(session, [("user", "Hi")], "Hello", **more)
    attributes["gen_ai.request.model"] = attributes["gen_ai.response.model"] = model
    loading.load([pack(make_span(start_ns=at, attributes=attributes))])


def derive(store: Store, prices: LivePrices) -> int:
    """Derives until nothing waits; returns how many traces were."""
    deriver = Deriver(store, Bus(), prices)
    prices.catch_up()
    while deriver.run_once():
        pass
    assert deriver.failed_traces == 0
    return deriver.derived_traces


def used(loading: Loading, session: str) -> ModelUsage:
    detail = open_session(loading.store, loading.project_id, session)
    assert detail is not None
    (usage,) = detail.usage
    assert usage.cost_usd == detail.session.cost_usd
    assert detail.turns[0].usage == [usage]
    assert detail.session.cost_complete is (usage.cost_usd is not None)
    assert detail.cost_reason == ("" if usage.cost_usd is not None else usage.cost_reason)
    return usage


def price(loading: Loading, model: str, **more: Any) -> Override:
    values = {"provider": "", "input": Decimal(1), "output": Decimal(2), **more}
    return Override(**{"project": loading.project_id, "model": model, **values})


def test_a_gap_is_filled_and_only_its_traces_are_derived(
    loading: Loading, records: Records
) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "gap", "mine")
    send(loading, "known", "gpt-4o")
    assert derive(loading.store, prices) == 2
    assert used(loading, "gap").cost_usd is None
    assert used(loading, "gap").cost_reason == "no_price"
    assert used(loading, "known").cost_source == "package"
    before = used(loading, "known").cost_usd

    assert prices.change(loading.project_id, [price(loading, "mine")])
    assert prices.progress(loading.project_id).is_done is False
    assert derive(loading.store, prices) == 1
    assert used(loading, "gap").cost_usd == pytest.approx((100 + 2 * 20) / 1e6)
    assert used(loading, "gap").cost_source == "override"
    assert used(loading, "known").cost_usd == before
    progress = prices.progress(loading.project_id)
    assert (progress.is_done, progress.waiting) == (True, 0)
    assert not prices.change(loading.project_id, [price(loading, "mine")]), "set already"


def test_a_batch_call_is_priced_by_a_model_of_its_tier_alone(
    loading: Loading, records: Records
) -> None:
    prices = LivePrices(records, loading.store)
    attributes = chat_attributes("batch", [("user", "Hi")], "Hello")
    attributes["gen_ai.request.model"] = attributes["gen_ai.response.model"] = "gpt-4o"
    attributes["openai.response.service_tier"] = "batch"
    loading.load([pack(make_span(start_ns=DAY, attributes=attributes))])
    send(loading, "known", "gpt-4o")
    derive(loading.store, prices)
    assert used(loading, "batch").cost_reason == "service_tier"
    assert used(loading, "batch").model == "gpt-4o:batch"
    assert used(loading, "known").cost_source == "package"

    assert prices.change(loading.project_id, [price(loading, "gpt-4o:batch")])
    assert derive(loading.store, prices) == 1
    assert used(loading, "batch").cost_usd == pytest.approx((100 + 2 * 20) / 1e6)


def test_a_price_of_a_day_changes_only_the_calls_since(loading: Loading, records: Records) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "old", "gpt-4o", at=DAY - 1_000_000_000_000)
    send(loading, "new", "gpt-4o", at=DAY + 1)
    derive(loading.store, prices)
    before = used(loading, "old")
    prices.change(loading.project_id, [price(loading, "gpt-4o", valid_from="2026-06-15")])
    assert derive(loading.store, prices) == 1
    assert used(loading, "old") == before
    assert used(loading, "new").cost_source == "override"
    # Also when the old one is derived again for another reason.
    loading.store.run("work.touch_all")
    derive(loading.store, prices)
    assert used(loading, "old") == before


def test_a_price_that_is_removed_or_moved_gives_its_calls_back(
    loading: Loading, records: Records
) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "s", "gpt-4o")
    derive(loading.store, prices)
    before = used(loading, "s")
    item = price(loading, "gpt-*")
    prices.change(loading.project_id, [item])
    derive(loading.store, prices)
    assert used(loading, "s").cost_source == "override"
    moved = price(loading, "gpt-*", valid_from="2026-12-01")
    prices.change(loading.project_id, [moved], [item.id])
    assert derive(loading.store, prices) == 1
    assert used(loading, "s") == before


def test_a_cost_that_the_client_told_wins(loading: Loading, records: Records) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "told", "mine", **{"llm.cost.total": 0.25})
    prices.change(loading.project_id, [price(loading, "*")])
    assert derive(loading.store, prices) == 1
    assert (used(loading, "told").cost_usd, used(loading, "told").cost_source) == (0.25, "client")
    prices.change(loading.project_id, [price(loading, "*", input=Decimal(9))])
    assert derive(loading.store, prices) == 0


def test_another_projects_price_never_applies(
    loading: Loading, records: Records, tmp_path: Path
) -> None:
    other = Loading(loading.store, tmp_path)
    prices = LivePrices(records, loading.store)
    for place in (loading, other):
        send(place, "s", "mine")
    derive(loading.store, prices)
    prices.change(other.project_id, [price(other, "*")])
    assert derive(loading.store, prices) == 1
    assert used(loading, "s").cost_reason == "no_price"
    assert used(other, "s").cost_source == "override"
    prices.change(other.project_id, [price(loading, "mine", project="", input=Decimal(3))])
    derive(loading.store, prices)
    assert used(loading, "s").cost_usd == pytest.approx((300 + 40) / 1e6)
    assert used(other, "s").cost_usd == pytest.approx(140 / 1e6), "its own price comes first"


def test_what_an_earlier_process_left_is_priced_again(loading: Loading, records: Records) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "s", "mine")
    derive(loading.store, prices)
    prices.change(loading.project_id, [price(loading, "mine")])
    # The process ends here: nothing is on the work list yet.
    later = LivePrices(records, loading.store)
    later.catch_up()
    assert later.progress(loading.project_id).waiting == 1
    # And here, before the trace is derived.
    last = LivePrices(records, loading.store)
    assert derive(loading.store, last) == 1
    assert used(loading, "s").cost_source == "override"
    assert last.progress(loading.project_id).is_done


def test_what_is_new_is_derived_before_what_is_priced_again(
    loading: Loading, records: Records
) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "s", "mine")
    derive(loading.store, prices)
    prices.change(loading.project_id, [price(loading, "mine")])
    prices.catch_up()
    send(loading, "fresh", "mine")
    waiting = loading.store.pending_work(10)
    assert len(waiting) == 2
    assert waiting[0][2] > waiting[1][2], "touched later, and first"


def package(*models: str) -> str:
    """Data in the form of genai-prices, with one provider."""
    found = [
        {
            "id": name,
            "match": {"equals": name},
            "prices": {"input_mtok": 5, "output_mtok": 10},
        }
        for name in models
    ]
    provider = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": found}
    provider["model_match"] = {"or": [{"equals": name} for name in models]}
    return json.dumps([provider])


def test_newer_data_of_the_package_fill_gaps_and_outlive_the_process(
    loading: Loading, records: Records
) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "gap", "acme-late")
    send(loading, "known", "gpt-4o")
    derive(loading.store, prices)
    before = used(loading, "known")
    with pytest.raises(BadPackage):
        prices.update_package('[{"id": "acme"}]', "a file")
    with pytest.raises(BadPackage):
        prices.update_package("<html>", "a file")
    assert prices.package_source() == ("", 0)
    prices.update_package(package("acme-late"), "a file")
    assert derive(loading.store, prices) == 1
    assert used(loading, "gap").cost_usd == pytest.approx((500 + 200) / 1e6)
    assert used(loading, "gap").cost_source == "package"
    assert used(loading, "known") == before, "the price of its day"
    assert LivePrices(records, loading.store).package_source()[0] == "a file"


def test_why_there_is_no_cost_is_said(loading: Loading, records: Records) -> None:
    prices = LivePrices(records, loading.store)
    send(loading, "no-model", "")
    attributes = chat_attributes("no-usage", [("user", "Hi")], "Hello")
    for name in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"):
        del attributes[name]
    loading.load([pack(make_span(attributes=attributes))])
    send(loading, "odd", "gpt-4o", **{"gen_ai.usage.cache_read.input_tokens": 10**9})
    send(loading, "dear", "gpt-4o", **{"llm.cost.total": 1e11})
    derive(loading.store, prices)
    found = {name: used(loading, name) for name in ("no-model", "no-usage", "odd", "dear")}
    reasons = {name: item.cost_reason for name, item in found.items()}
    assert reasons == {
        "no-model": "no_model",
        "no-usage": "no_usage",
        "odd": "clamped",
        "dear": "clamped",
    }
    assert found["no-model"].cost_usd is None
    assert found["odd"].cost_usd == pytest.approx((100 * 1.25 + 20 * 10) / 1e6)
    models = read_models(loading.store, loading.project_id, from_ns=0)
    assert sum(item.usage.calls for item in models) == 4


class Failing:
    """A store in which one trace is too large to read, until it is mended."""

    def __init__(self, store: Store, trace_id: str) -> None:
        self._store = store
        self.trace_id = trace_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        if question == "spans.for_derivation" and self.trace_id in values["trace_ids"]:
            raise StoreTooLarge("Query memory limit exceeded")
        return self._store.read(question, **values)


def notes(loading: Loading) -> list[tuple[Any, ...]]:
    return loading.store.read("notes.of_traces", project_id=loading.project_id, limit=10)


def test_a_trace_that_cannot_be_derived_leaves_a_note_until_it_can(loading: Loading) -> None:
    trace_id = bytes(range(16))
    attributes = chat_attributes("s", [("user", "Hi")], "Hello")
    body = pack(make_span(trace_id=trace_id, attributes=attributes))
    loading.load([body])
    send(loading, "other", "gpt-4o")
    failing: Any = Failing(loading.store, trace_id.hex())
    deriver = Deriver(failing, Bus())
    while deriver.run_once():
        pass
    assert loading.result_ids() == ["other"]
    ((noted, _, reason),) = notes(loading)
    assert (noted, "memory" in reason) == (trace_id.hex(), True)
    loading.load([body])
    mended = Deriver(loading.store, Bus())  # another process knows of the note
    while mended.run_once():
        pass
    assert loading.result_ids() == ["other", "s"]
    assert notes(loading) == []
