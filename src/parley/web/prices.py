"""The page of prices: models in use with their rates, and a form that sets what one costs.

Works without scripts: the form is sent, and comes back with what is wrong at each field; removing
asks first by the same page with the price's id in the address.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from msgspec import Struct, field

from parley.access import Access
from parley.derive import LivePrices, Progress
from parley.model import to_iso
from parley.pricing import BadPrice, Override, parse_override
from parley.query import RATE_DAYS, ModelRate, list_projects, read_rates
from parley.web import words
from parley.web.pages import Place
from parley.web.settings_tabs import PRICES, SettingsPage, prices_href, session_href
from parley.web.state import PageState
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["prices_page", "prices_routes"]

SAID_WORDS = {
    "set": "The price is set. Its calls are priced again in the background.",
    "same": "That price is set already; nothing changed.",
    "removed": "Removed. Its calls are priced again by what is left.",
    "gone": "That price is not here any more.",
}
SOURCES = {"override": "set here", "package": "genai-prices", "": "no price"}
REASONS = {
    "no_price": "no price",
    "no_model": "names no model",
    "no_usage": "reports no usage",
    "failed": "failed",
    "clamped": "odd counts, cut",
    "service_tier": "no price for its tier",
}
PARTS = {
    "input": "in",
    "output": "out",
    "cached_input": "cached",
    "cache_write": "cache write",
    "reasoning": "reasoning",
}


class Input(Struct, frozen=True, kw_only=True):
    """One field of the form, with what was typed and what is wrong with it."""

    name: str
    label: str
    value: str
    hint: str
    wrong: str
    kind: str = "text"
    is_required: bool = False


FORM: tuple[tuple[str, str, str, str, bool], ...] = (
    ("model", "Model", "as clients write it; * stands for anything", "text", True),
    ("provider", "Provider", "empty: any", "text", False),
    ("input", "Input", "dollars for a million tokens", "number", True),
    ("output", "Output", "dollars for a million tokens", "number", True),
    ("cached_input", "Cached input", "empty: as input", "number", False),
    ("cache_write", "Cache write", "empty: as input", "number", False),
    ("reasoning", "Reasoning", "empty: as output", "number", False),
    ("valid_from", "From", "first day, UTC; empty: always", "date", False),
    ("valid_until", "Until", "first day after it", "date", False),
    ("tiers", "Tiers", 'for large calls: [{"above": 200000, "input": 4}]', "text", False),
)


class ModelRow(Struct, frozen=True, kw_only=True):
    """One model in use, in words."""

    name: str
    asked: str  # the model that was asked for, when another answered
    provider: str
    calls: str
    tokens: str
    cost: str
    cost_note: str
    rate: str
    rate_more: str
    source: str
    is_unknown: bool
    when: str
    when_exact: str
    session_href: str
    set_href: str


class PriceRow(Struct, frozen=True, kw_only=True):
    """One price that was set, in words."""

    id: str
    model: str
    provider: str
    scope: str
    days: str
    rate: str
    rate_more: str
    edit_href: str
    remove_href: str
    remove_action: str
    is_asked: bool


class PricesPage(SettingsPage, frozen=True, kw_only=True):
    """Models, prices, and the form."""

    models: list[ModelRow]
    prices: list[PriceRow]
    inputs: list[Input]
    for_all: bool
    replaces: str
    is_form_open: bool
    form_wrong: str
    action: str
    own_href: str
    package: str
    progress: str
    progress_share: float
    days: int = RATE_DAYS
    said: str = ""


class Typed(Struct, frozen=True, kw_only=True):
    """What the form shows: values, what is wrong with them, the price that it changes."""

    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    replaces: str = ""


def prices_routes(place: Place, prices: LivePrices, access: Access) -> list[Any]:
    """Returns the page, and what its form and buttons send."""

    def project_of(request: Request[Any, Any, Any]) -> str:
        return access.read_project(request.scope["headers"], request.scope["query_string"])

    def answer(page: PricesPage, status: int = 200) -> Response[str]:
        text = render("prices.html", page=page)
        return Response(
            text, status_code=status, media_type=MediaType.HTML, headers=SECURITY_HEADERS
        )

    @get(PRICES, include_in_schema=False)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        query = dict(request.query_params)
        page = await asyncio.to_thread(prices_page, place, prices, project_of(request), query=query)
        return answer(page)

    @post(PRICES, include_in_schema=False)
    async def set_price(
        request: Request[Any, Any, Any],
        data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[Any]:
        project = project_of(request)
        values = {name: text for name, text in data.items() if text and name != "replaces"}
        replaces = data.get("replaces", "")
        try:
            override = parse_override(values, project)
        except BadPrice as error:
            typed = Typed(values=values, wrong=error.fields, replaces=replaces)
            page = await asyncio.to_thread(prices_page, place, prices, project, typed=typed)
            return answer(page, 400)
        removed = [replaces] if replaces and replaces != override.id else []
        changed = await asyncio.to_thread(prices.change, project, [override], removed)
        return Redirect(prices_href(project, said="set" if changed else "same"), status_code=303)

    @post(PRICES + "/{price_id:str}/remove", include_in_schema=False)
    async def remove(request: Request[Any, Any, Any], price_id: str) -> Response[Any]:
        project = project_of(request)
        changed = await asyncio.to_thread(prices.change, project, [], [price_id])
        said = "removed" if changed else "gone"
        return Redirect(prices_href(project, said=said), status_code=303)

    return [show, set_price, remove]


def prices_page(
    place: Place,
    prices: LivePrices,
    project: str,
    *,
    query: Mapping[str, str] | None = None,
    typed: Typed | None = None,
) -> PricesPage:
    """Returns the page; `query`: what its address asks for, `typed`: a form that was sent."""
    asked = query or {}
    overrides = prices.overrides(project)
    edited = next((item for item in overrides if item.id == asked.get("edit")), None)
    if typed is None and edited is not None:
        typed = Typed(values=values_of(edited), replaces=edited.id)
    elif typed is None and "model" in asked:
        typed = Typed(values={name: asked.get(name, "") for name in ("model", "provider")})
    form = typed or Typed()
    progress = prices.progress(project)
    source, changed_at = prices.package_source()
    other = [name for name in form.wrong if name not in {item[0] for item in FORM}]
    return PricesPage(
        state=PageState(project=project, live="off" if typed or progress.is_done else "on"),
        projects=list_projects(place.store),
        behind=place.behind(project),
        title="Prices",
        tab="prices",
        models=[
            model_row(item, project)
            for item in read_rates(place.store, project, prices.book(project))
        ],
        prices=[price_row(item, project, asked=asked.get("remove", "")) for item in overrides],
        inputs=[
            Input(
                name=name,
                label=label,
                value=form.values.get(name, "")[:500],
                hint=hint,
                wrong=form.wrong.get(name, ""),
                kind=kind,
                is_required=required,
            )
            for name, label, hint, kind, required in FORM
        ],
        for_all=form.values.get("scope") == "all",
        replaces=form.replaces,
        is_form_open=typed is not None,
        form_wrong="; ".join(f"{name}: {form.wrong[name]}" for name in other),
        action=prices_href(project),
        own_href=prices_href(project),
        package=f"{source}, taken {words.ago(changed_at)}" if source else "",
        progress=progress_words(progress),
        progress_share=share_of(progress),
        said=SAID_WORDS.get(asked.get("said", ""), ""),
    )


def progress_words(progress: Progress) -> str:
    """Returns how far the changes of prices are, "" when they are through."""
    if progress.is_done:
        return ""
    done = progress.traces - progress.waiting
    return f"Pricing again: {done:,} of {words.plural(progress.traces, 'trace')}"


def share_of(progress: Progress) -> float:
    """Returns the share that is done, in percent."""
    return round(100 * (1 - progress.waiting / max(progress.traces, 1)), 1)


def values_of(item: Override) -> dict[str, str]:
    """Returns a price as the form has it."""
    values = {name: getattr(item, name) for name, *_ in FORM if name != "tiers"}
    found = {
        name: value if isinstance(value, str) else f"{value:f}"
        for name, value in values.items()
        if value is not None
    }
    if item.tiers:
        found["tiers"] = msgspec.json.Encoder(decimal_format="number").encode(item.tiers).decode()
    return found | {"scope": "project" if item.project else "all"}


def model_row(item: ModelRate, project: str) -> ModelRow:
    """Returns a model in words."""
    name = item.response_model or item.model
    note = REASONS.get(item.cost_reason, "")
    if item.unpriced_calls and item.cost_usd is not None:
        note = f"at least; {item.unpriced_calls:,} calls have {note}"
    elif item.cost_reason == "failed" and item.cost_usd is not None:
        note = "without the calls that failed"
    elif item.client_calls:
        note = "told by the client"
    rate, more = rate_words(item.rate)
    return ModelRow(
        name=name or "no model named",
        asked=item.model if item.response_model else "",
        provider=item.provider,
        calls=f"{item.calls:,}",
        tokens=words.tokens(item.input_tokens + item.output_tokens),
        cost=words.money(item.cost_usd),
        cost_note=note,
        rate=rate,
        rate_more=more,
        source=SOURCES[item.source],
        is_unknown=bool(item.unpriced_calls) or not item.source,
        when=words.ago(item.last_ns),
        when_exact=to_iso(item.last_ns),
        session_href=session_href(project, item.last_session),
        set_href=prices_href(project, model=name, provider=item.provider) + "#form" if name else "",
    )


def price_row(item: Override, project: str, *, asked: str) -> PriceRow:
    """Returns a price in words."""
    rates = {name: f"{value:f}" for name in PARTS if (value := getattr(item, name)) is not None}
    for tier in item.tiers:
        rates |= {
            f"{name} above {tier.above}": f"{value:f}"
            for name in ("input", "output")
            if (value := getattr(tier, name)) is not None
        }
    rate, more = rate_words(rates)
    days = f"from {item.valid_from}" if item.valid_from else ""
    if item.valid_until:
        days += f" until {item.valid_until}"
    return PriceRow(
        id=item.id,
        model=item.model,
        provider=item.provider or "any provider",
        scope="" if item.project else "all projects",
        days=days.strip() or "always",
        rate=rate,
        rate_more=more,
        edit_href=prices_href(project, edit=item.id) + "#form",
        remove_href=prices_href(project, remove=item.id) + f"#price-{item.id}",
        remove_action=f"{PRICES}/{item.id}/remove?" + urlencode({"project": project}),
        is_asked=item.id == asked,
    )


def part_words(name: str) -> str:
    """Returns `cached_input above 200000` as "cached above 200 k"."""
    part, above, tokens = name.partition(" above ")
    return PARTS.get(part, part) + (f"{above}{words.tokens(int(tokens))}" if above else "")


def rate_words(rate: Mapping[str, str]) -> tuple[str, str]:
    """Returns ("$2.5 in, $10 out", the other parts)."""
    if not rate:
        return "", ""
    main = f"${rate.get('input', '0')} in, ${rate.get('output', '0')} out"
    others = [
        f"{part_words(name)} ${value}"
        for name, value in rate.items()
        if name not in ("input", "output")
    ]
    return main, ", ".join(others)
