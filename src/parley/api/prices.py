"""/api/v1/prices: what models cost: the package's rates, and the prices that users set."""

import asyncio
from decimal import Decimal
from typing import Annotated, Any

import httpx
import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import QueryParameter
from msgspec import Struct

from parley.api.errors import ApiError, BadRequest, NotFound
from parley.derive import LivePrices
from parley.model import ProjectId, to_iso
from parley.pricing import (
    BadPackage,
    Override,
    default_source,
    parse_override,
    parse_overrides,
    read_rows,
)
from parley.query import ModelRate, read_rates
from parley.store import Store

__all__ = ["PRICE_ROUTES", "PriceAnswer", "price_answer"]

FETCH_SECONDS = 15.0
BODY_BYTES_MAX = 64 << 20


class NotFetched(ApiError):
    """Newer data could not be fetched; nothing was changed."""

    status = 502


class PriceAnswer(Struct, frozen=True, kw_only=True):
    """A price that a user set, in US dollars for a million tokens, as exact decimal text."""

    id: str
    scope: str
    provider: str
    model: str
    valid_from: str | None
    valid_until: str | None
    input: str
    output: str
    cached_input: str | None
    cache_write: str | None
    reasoning: str | None
    tiers: list[dict[str, Any]]


class ModelAnswer(Struct, frozen=True, kw_only=True):
    """A model in use, its calls of the last 30 days, and the rate that a call has now."""

    provider: str
    model: str
    response_model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_calls: int
    cost_reason: str
    source: str
    rate: dict[str, str]
    price_id: str
    last_at: str
    last_session: str


class PackageAnswer(Struct, frozen=True):
    """Where the rates come from; without a source those that are installed."""

    source: str
    updated_at: str | None


class RepricingAnswer(Struct, frozen=True):
    """How far it is to derive again what changed prices are about."""

    traces: int
    waiting: int
    is_done: bool


class PricesAnswer(Struct, frozen=True):
    """The prices that users set, the models in use, and what is being priced again."""

    prices: list[PriceAnswer]
    models: list[ModelAnswer]
    package: PackageAnswer
    repricing: RepricingAnswer


class PutAnswer(Struct, frozen=True):
    """What was set, and whether anything is different now."""

    prices: list[PriceAnswer]
    changed: bool


class RemovedAnswer(Struct, frozen=True):
    """What was removed."""

    removed: str


@get("/api/v1/prices", summary="List prices and models in use", tags=["prices"])
async def list_prices(
    *,
    store: Store,
    prices: LivePrices,
    project_id: ProjectId,
    model: Annotated[
        str, QueryParameter(name="model", description="Only what has this in a model's name.")
    ] = "",
    unknown: Annotated[
        bool, QueryParameter(name="unknown", description="Only models with calls without a price.")
    ] = False,
) -> PricesAnswer:
    """Prices that were set for the project or for all, and the models of the last 30 days."""

    def read() -> PricesAnswer:
        rates = read_rates(store, project_id, prices.book(project_id))
        word = model.lower()
        return PricesAnswer(
            [
                price_answer(item)
                for item in prices.overrides(project_id)
                if word in item.model.lower() and not unknown
            ],
            [
                model_answer(item)
                for item in rates
                if (word in item.model.lower() or word in item.response_model.lower())
                and (item.unpriced_calls or not unknown)
            ],
            package_answer(prices),
            repricing_answer(prices, project_id),
        )

    return await asyncio.to_thread(read)


@get("/api/v1/prices/repricing", summary="How far changed prices are", tags=["prices"])
async def show_repricing(prices: LivePrices, project_id: ProjectId) -> RepricingAnswer:
    """How many traces of the project are being priced again, and how many of them still wait."""
    return await asyncio.to_thread(repricing_answer, prices, project_id)


@put("/api/v1/prices", summary="Set a price", tags=["prices"])
async def set_price(
    request: Request[Any, Any, Any], prices: LivePrices, project_id: ProjectId
) -> PutAnswer:
    """Sets the price of a model; one of the same provider, model and first day is replaced.

    The calls that it is about are priced again in the background: see `repricing` of the list.
    """
    values = decoded(await request.body())
    if not isinstance(values, dict):
        raise BadRequest("expected a JSON object with the fields of a price", field="body")
    override = parse_override(values, project_id)
    changed = await asyncio.to_thread(prices.change, project_id, [override])
    return PutAnswer([price_answer(override)], changed)


@delete("/api/v1/prices/{price_id:str}", status_code=200, summary="Remove a price", tags=["prices"])
async def remove_price(prices: LivePrices, project_id: ProjectId, price_id: str) -> RemovedAnswer:
    """Removes a price of the project, or of all; its calls are priced by what is left."""
    if not await asyncio.to_thread(prices.change, project_id, [], [price_id]):
        raise NotFound(f"no price {price_id[:100]!r} is set here", field="id")
    return RemovedAnswer(price_id)


@post("/api/v1/prices/import", status_code=200, summary="Set many prices", tags=["prices"])
async def import_prices(
    request: Request[Any, Any, Any], prices: LivePrices, project_id: ProjectId
) -> PutAnswer:
    """Sets all prices of a JSON or CSV body, or none: the first error names line and field."""
    text = text_of(await request.body())
    overrides = await asyncio.to_thread(lambda: parse_overrides(read_rows(text), project_id))
    changed = await asyncio.to_thread(prices.change, project_id, overrides)
    return PutAnswer([price_answer(item) for item in overrides], changed)


@post("/api/v1/prices/update", status_code=200, summary="Take newer rates", tags=["prices"])
async def update_package(
    request: Request[Any, Any, Any],
    prices: LivePrices,
    prices_url: str,
    project_id: ProjectId,  # noqa: ARG001 - may be named as everywhere; the rates are of all
) -> PackageAnswer:
    """Fetches the newest data of genai-prices, or takes them from the body, for every project.

    Calls without a price are priced by them; when it fails nothing changes.
    """
    body = await request.body()
    source = "a file" if body else prices_url or default_source()
    content = text_of(body) if body else await asyncio.to_thread(fetch, source)
    try:
        await asyncio.to_thread(prices.update_package, content, source)
    except BadPackage as error:
        if body:
            raise BadRequest(f"body: {error}", field="body") from error
        raise NotFetched(f"{source} answered what is {error}; nothing was changed") from error
    return await asyncio.to_thread(package_answer, prices)


def fetch(source: str) -> str:
    """Returns what an address answers. Raises NotFetched."""
    try:
        answer = httpx.get(source, timeout=FETCH_SECONDS, follow_redirects=True)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"cannot fetch {source}: {error}; nothing was changed"
        raise NotFetched(message) from error
    return answer.text


def text_of(body: bytes) -> str:
    """Returns a body as text. Raises BadRequest."""
    if len(body) > BODY_BYTES_MAX:
        raise BadRequest(f"larger than {BODY_BYTES_MAX:,} bytes", field="body")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("expected UTF-8", field="body") from error


def decoded(body: bytes) -> Any:
    """Returns a JSON body, its decimals exact. Raises BadRequest."""
    try:
        return msgspec.json.Decoder(float_hook=Decimal).decode(text_of(body))
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"expected JSON: {error}", field="body") from error


def price_answer(item: Override) -> PriceAnswer:
    """Returns a price with its decimals as text."""
    values = msgspec.to_builtins(item)
    names = [name for name in PriceAnswer.__struct_fields__ if name in values]
    return PriceAnswer(
        **{name: values[name] for name in names}
        | {
            "valid_from": item.valid_from or None,
            "valid_until": item.valid_until or None,
        },
        id=item.id,
        scope="project" if item.project else "all",
    )


def model_answer(item: ModelRate) -> ModelAnswer:
    """Returns a model in use."""
    names = set(ModelAnswer.__struct_fields__)
    fields = {n: getattr(item, n) for n in item.__struct_fields__ if n in names}
    return ModelAnswer(**fields, last_at=to_iso(item.last_ns))


def package_answer(prices: LivePrices) -> PackageAnswer:
    """Returns where the package's rates come from."""
    source, changed_at = prices.package_source()
    return PackageAnswer(source, to_iso(changed_at) if source else None)


def repricing_answer(prices: LivePrices, project_id: str) -> RepricingAnswer:
    """Returns how far the changes of prices are."""
    progress = prices.progress(project_id)
    return RepricingAnswer(progress.traces, progress.waiting, progress.is_done)


PRICE_ROUTES = (
    list_prices,
    show_repricing,
    set_price,
    remove_price,
    import_prices,
    update_package,
)
