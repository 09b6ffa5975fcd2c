"""`@instrument` records what happened and changes nothing of it."""

import asyncio
import functools
import inspect
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import agenta as ag
import pytest
from opentelemetry import trace

from tests.sdk.conftest import Spans

tracer = trace.get_tracer("tests")


def value(spans: Spans, field: str, place: int = -1) -> Any:
    """Returns what was recorded of the span that ended last."""
    return json.loads(spans()[place].attributes[f"ag.data.{field}"])


def test_a_call_is_a_span_with_what_went_in_and_out(spans: Spans) -> None:
    @ag.instrument()
    def answer(question: str, *rest: int, tone: str = "dry", **more: int) -> dict[str, str]:
        return {"answer": question.upper()}

    assert answer("why", 1, 2, tone="kind", extra=3) == {"answer": "WHY"}
    (span,) = spans()
    assert (span.name, span.error) == ("answer", None)
    assert span.attributes["ag.type.span"] == "workflow"
    assert value(spans, "inputs") == {"question": "why", "args": [1, 2], "tone": "kind", "extra": 3}
    assert value(spans, "outputs") == {"answer": "WHY"}


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"type": "tool"}, "tool"),
        ({"spankind": "TOOL"}, "tool"),
        ({"kind": "agent"}, "agent"),
        ({"type": "task", "spankind": "LLM"}, "llm"),
        ({}, "task"),
    ],
)
def test_kinds_are_what_was_asked_for(spans: Spans, options: Any, kind: str) -> None:
    @ag.instrument(**options)
    def inner() -> None: ...

    with tracer.start_as_current_span("outer"):
        inner()
    assert spans()[0].attributes["ag.type.span"] == kind
    if options:
        inner()
        assert spans()[-1].attributes["ag.type.span"] == kind


def test_it_works_without_parentheses_by_place_and_with_a_name(spans: Spans) -> None:
    @ag.instrument
    def bare() -> int:
        return 1

    @ag.instrument("tool")
    def placed() -> int:
        return 2

    @ag.instrument(name="other name")
    def named() -> int:
        return 3

    assert (bare(), placed(), named()) == (1, 2, 3)
    assert [(span.name, span.attributes["ag.type.span"]) for span in spans()] == [
        ("bare", "workflow"),
        ("placed", "tool"),
        ("other name", "workflow"),
    ]


def test_methods_of_every_kind_work_and_self_is_not_recorded(spans: Spans) -> None:
    class Bot:
        @ag.instrument()
        def own(self, x: int) -> int:
            return x

        @classmethod
        @ag.instrument()
        def of_class(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

        @ag.instrument()
        @staticmethod
        def static(x: int) -> int:
            return x

        @ag.instrument()
        @classmethod
        def outermost(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

    bot = Bot()
    assert (bot.own(1), bot.of_class(2), bot.static(3)) == (1, ("Bot", 2), 3)
    assert bot.outermost(4) == ("Bot", 4)
    inputs = [json.loads(span.attributes["ag.data.inputs"]) for span in spans()]
    assert inputs == [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]


def test_functions_look_as_they_did() -> None:
    def plain(a: int, *, b: str = "x") -> str:
        """Words."""
        return b

    async def coroutine(a: int) -> int:
        return a

    def generator() -> Iterator[int]:
        yield 1

    async def async_generator() -> AsyncIterator[int]:
        yield 1

    for function in (plain, coroutine, generator, async_generator):
        seen = ag.instrument()(function)
        assert inspect.signature(seen) == inspect.signature(function)
        assert (seen.__name__, seen.__doc__) == (function.__name__, function.__doc__)
        for test in (
            inspect.iscoroutinefunction,
            inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        ):
            assert test(seen) == test(function)


class OwnError(Exception):
    pass


@pytest.mark.parametrize("error", [OwnError("no"), StopIteration(3), KeyboardInterrupt()])
def test_exceptions_pass_and_are_recorded(spans: Spans, error: BaseException) -> None:
    @ag.instrument()
    def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        fails()
    assert caught.value is error
    (span,) = spans()
    assert span.error is not None
    assert span.error.startswith(type(error).__name__)
    assert span.events == ["exception"]


def test_coroutines_are_one_span_with_their_children(spans: Spans) -> None:
    @ag.instrument()
    async def inner(x: int) -> int:
        await asyncio.sleep(0)
        return x

    @ag.instrument()
    async def outer() -> list[int]:
        return await asyncio.gather(inner(1), inner(2))

    assert asyncio.run(outer()) == [1, 2]
    found = spans()
    (root,) = [span for span in found if span.name == "outer"]
    assert [span.parent_id for span in found if span.name == "inner"] == [root.span_id] * 2


def test_cancellation_passes_and_ends_the_span(spans: Spans) -> None:
    @ag.instrument()
    async def slow() -> None:
        await asyncio.sleep(60)

    async def cancelling() -> None:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(cancelling())
    (span,) = spans()
    assert span.error == "CancelledError"


def test_a_generator_is_sent_to_thrown_at_and_returns_as_before(spans: Spans) -> None:
    @ag.instrument()
    def talk() -> Any:
        got = yield "a"
        try:
            got = yield f"{got} b"
        except OwnError:
            got = yield "caught"
        return f"{got} returned"

    steps = talk()
    assert next(steps) == "a"
    assert trace.get_current_span().get_span_context().is_valid is False
    assert steps.send("sent") == "sent b"
    assert steps.throw(OwnError()) == "caught"
    with pytest.raises(StopIteration) as end:
        steps.send("last")
    assert end.value.value == "last returned"
    (span,) = spans()
    assert (span.name, span.error) == ("talk", None)
    assert value(spans, "outputs") == "asent bcaught"


def test_the_span_of_a_generator_is_current_for_its_own_code_only(spans: Spans) -> None:
    @ag.instrument()
    def source() -> Iterator[int]:
        for number in range(2):
            with tracer.start_as_current_span(f"inside {number}"):
                pass
            yield number

    with tracer.start_as_current_span("consumer"):
        for number in source():
            with tracer.start_as_current_span(f"outside {number}"):
                pass
    found = {span.name: span for span in spans()}
    assert found["inside 0"].parent_id == found["source"].span_id
    assert found["inside 1"].parent_id == found["source"].span_id
    assert found["outside 0"].parent_id == found["consumer"].span_id
    assert value(spans, "outputs", place=[s.name for s in spans()].index("source")) == [0, 1]


def test_a_span_that_a_generator_keeps_open_is_current_when_it_goes_on(spans: Spans) -> None:
    @ag.instrument()
    def source() -> Iterator[int]:
        with tracer.start_as_current_span("open"):
            yield 1
            with tracer.start_as_current_span("deep"):
                yield 2

    @ag.instrument()
    async def asource() -> AsyncIterator[int]:
        with tracer.start_as_current_span("aopen"):
            yield 1
            with tracer.start_as_current_span("adeep"):
                yield 2

    async def using() -> list[int]:
        return [item async for item in asource()]

    assert (list(source()), asyncio.run(using())) == ([1, 2], [1, 2])
    found = {span.name: span for span in spans()}
    assert found["deep"].parent_id == found["open"].span_id
    assert found["adeep"].parent_id == found["aopen"].span_id
    assert found["open"].parent_id == found["source"].span_id


def test_a_generator_that_is_left_early_cleans_up_and_is_recorded(spans: Spans) -> None:
    cleaned = []

    @ag.instrument()
    def source() -> Iterator[str]:
        try:
            yield "first "
            yield "second"
        finally:
            cleaned.append(True)

    for _ in source():
        break
    steps = source()
    next(steps)
    steps.close()
    assert cleaned == [True, True]
    assert [(span.error, span.attributes["ag.data.outputs"]) for span in spans()] == [
        (None, '"first "'),
        (None, '"first "'),
    ]


def test_a_generator_that_fails_keeps_what_it_yielded(spans: Spans) -> None:
    @ag.instrument()
    def source() -> Iterator[str]:
        yield "part"
        raise OwnError("broken")

    with pytest.raises(OwnError, match="broken"):
        list(source())
    assert spans()[0].error == "OwnError: broken"
    assert value(spans, "outputs") == "part"


def test_a_generator_whose_cleaning_up_fails_ends_its_span(spans: Spans) -> None:
    @ag.instrument()
    def source() -> Iterator[str]:
        try:
            yield "part"
        finally:
            raise OwnError("late")

    steps = source()
    next(steps)
    with pytest.raises(OwnError):
        steps.close()
    assert spans()[0].error == "OwnError: late"


def test_async_generators_behave_as_before(spans: Spans) -> None:
    closed = []

    @ag.instrument()
    async def talk() -> Any:
        try:
            got = yield "a"
            try:
                yield f"{got} b"
            except OwnError:
                yield "caught"
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def using() -> None:
        steps = talk()
        assert await anext(steps) == "a"
        assert await steps.asend("sent") == "sent b"
        assert await steps.athrow(OwnError()) == "caught"
        with pytest.raises(StopAsyncIteration):
            await anext(steps)
        early = talk()
        await anext(early)
        await early.aclose()
        assert [item async for item in talk()] == ["a", "None b"]

    asyncio.run(using())
    assert closed == [True] * 3
    outputs = [json.loads(span.attributes["ag.data.outputs"]) for span in spans()]
    assert outputs == ["asent bcaught", "a", "aNone b"]


def test_streams_that_a_function_returns_are_recorded_as_they_are_read(spans: Spans) -> None:
    @ag.instrument(stream_output=lambda parts: {"answer": "-".join(parts)})
    def stream() -> Iterator[str]:
        return (word for word in ("a", "b"))

    @ag.instrument()
    def astream() -> AsyncIterator[str]:
        async def words() -> AsyncIterator[str]:
            yield "x"
            yield "y"

        return words()

    @ag.instrument()
    def coroutine() -> Any:
        async def later() -> str:
            return "z"

        return later()

    async def using() -> None:
        assert [item async for item in astream()] == ["x", "y"]
        assert await coroutine() == "z"

    assert list(stream()) == ["a", "b"]
    asyncio.run(using())
    outputs = [json.loads(span.attributes["ag.data.outputs"]) for span in spans()]
    assert outputs == [{"answer": "a-b"}, "xy", "z"]


def test_iterators_are_neither_consumed_nor_recorded(spans: Spans) -> None:
    @ag.instrument()
    def passes(items: Any) -> Any:
        return iter(items)

    assert list(passes(iter([1, 2]))) == [1, 2]
    (span,) = spans()
    assert "ag.data.outputs" not in span.attributes
    assert value(spans, "inputs") == {"items": "<list_iterator>"}


def test_what_is_to_be_ignored_is_not_recorded(spans: Spans) -> None:
    @ag.instrument(ignore_inputs=["password"], ignore_outputs=["token"])
    def some(user: str, password: str) -> dict[str, str]:
        return {"user": user, "token": "secret"}

    @ag.instrument(ignore_inputs=True, ignore_outputs=True)
    def nothing(password: str) -> str:
        return "secret"

    some("ann", password="secret")
    nothing("secret")
    first, second = spans()
    assert json.loads(first.attributes["ag.data.inputs"]) == {"user": "ann"}
    assert json.loads(first.attributes["ag.data.outputs"]) == {"user": "ann"}
    assert second.attributes.keys() == {"ag.type.span"}


def test_redaction_sees_everything_and_its_failure_records_nothing(
    spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    def redact(name: str, field: str, data: Any) -> Any:
        if field == "inputs":
            return dict.fromkeys(data, "***")
        raise OwnError("secret words")

    @ag.instrument(redact=redact)
    def strict(user: str) -> str:
        return "secret"

    @ag.instrument(redact=redact, redact_on_error=False)
    def lenient(user: str) -> str:
        return "public"

    assert strict("ann") == "secret"
    assert lenient("ann") == "public"
    first, second = spans()
    assert json.loads(first.attributes["ag.data.inputs"]) == {"user": "***"}
    assert "ag.data.outputs" not in first.attributes
    assert second.attributes["ag.data.outputs"] == '"public"'
    assert "redact of strict" in caplog.text
    assert "secret words" not in caplog.text


@dataclass
class Point:
    x: int
    y: Any


class Hostile:
    def __repr__(self) -> str:
        raise OwnError

    def __eq__(self, other: object) -> bool:
        raise OwnError

    __hash__ = None  # type: ignore[assignment]


def test_values_of_any_kind_are_recorded_somehow(spans: Spans) -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle

    @ag.instrument()
    def takes(**values: Any) -> None: ...

    takes(
        record=Point(1, {2}),
        raw=b"12345",
        huge=10**40,
        nan=float("nan"),
        keys={(1, 2): "tuple"},
        hostile=Hostile(),
        circle=circle,
        half="\ud83d!",
    )
    found = value(spans, "inputs")
    assert found.pop("circle")["self"]["self"]
    assert found == {
        "record": {"x": 1, "y": [2]},
        "raw": "<5 bytes>",
        "huge": str(10**40),
        "nan": "nan",
        "keys": {"(1, 2)": "tuple"},
        "hostile": "<Hostile: OwnError>",
        "half": "?!",
    }


def test_what_is_too_large_is_cut_and_says_so(spans: Spans) -> None:
    @ag.instrument()
    def takes(text: str, items: list[Any]) -> str:
        return text

    takes("x" * 3_000_000, list(range(1_000_000)))
    attributes = spans()[0].attributes
    assert max(map(len, map(str, attributes.values()))) < 300_000
    assert "more characters" in json.loads(attributes["ag.data.inputs"])["text"]
    assert json.loads(attributes["ag.data.outputs"]).endswith("more characters)")


def test_usage_that_a_model_function_returns_is_recorded(spans: Spans) -> None:
    @ag.instrument(type="llm")
    def model() -> dict[str, Any]:
        return {"usage": {"prompt_tokens": 3, "completion_tokens": 4}, "cost": 0.25}

    model()
    attributes = spans()[0].attributes
    assert attributes["ag.metrics.unit.tokens.prompt"] == 3
    assert attributes["ag.metrics.unit.tokens.completion"] == 4
    assert attributes["ag.metrics.unit.costs.total"] == 0.25


def test_partial_functions_and_objects_that_are_called_work(spans: Spans) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    class Adds:
        def __call__(self, a: int) -> int:
            return a + 1

    assert ag.instrument(name="partial")(functools.partial(add, 1))(2) == 3
    assert ag.instrument()(Adds())(1) == 2
    assert [span.name for span in spans()] == ["partial", "Adds"]


def test_before_init_functions_just_work(run_app: Any) -> None:
    done = run_app(
        """
        import agenta as ag
        @ag.instrument()
        def double(x):
            ag.tracing.store_session("s")
            return 2 * x
        print(double(2), ag.flush(), ag.tracing.get_trace_url() == "")
        """
    )
    assert (done.stdout, done.stderr) == ("4 True True\n", "")


def test_a_redaction_given_to_init_is_the_default(run_app: Any, collector: Any) -> None:
    done = run_app(
        """
        import agenta as ag
        ag.init(redact=lambda name, field, data: f"{name} {field}")
        @ag.instrument()
        def secret(x):
            ag.tracing.store_internals({"note": "secret"})
            return x
        secret("secret")
        """,
        AGENTA_HOST=collector.url,
    )
    assert (done.returncode, done.stderr) == (0, done.stderr)
    (span,) = collector.wait_for(1)
    assert span.attributes["ag.data.inputs"] == '"secret inputs"'
    assert span.attributes["ag.data.outputs"] == '"secret outputs"'
    assert "secret" not in str(span.attributes.get("ag.data.internals.note", ""))


def test_the_log_is_quiet(caplog: pytest.LogCaptureFixture, spans: Spans) -> None:
    @ag.instrument()
    async def fine() -> AsyncIterator[int]:
        yield 1

    async def using() -> None:
        async for _ in fine():
            break

    with caplog.at_level(logging.INFO):
        asyncio.run(using())
        assert spans()
    assert not caplog.records
