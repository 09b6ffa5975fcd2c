"""The page of the keys of model providers: set, replaced, removed, never shown again."""

import asyncio
import os
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from msgspec import Struct

from parley.access import Access
from parley.model import to_iso
from parley.prompts import PROVIDERS, BadPrompt, Credentials, ProviderKeys
from parley.query import list_projects
from parley.records import ProviderKey
from parley.web import words
from parley.web.pages import Place
from parley.web.prompt_pages import page_answer
from parley.web.settings_tabs import PROVIDER_KEYS, SettingsPage, provider_keys_href
from parley.web.state import PageState

__all__ = ["provider_key_routes"]

SAID_WORDS = {
    "set": "The key is set. It is kept encrypted and never shown again.",
    "removed": "The key is removed.",
    "gone": "That key is not here any more.",
}


class KeyRow(Struct, frozen=True, kw_only=True):
    """A provider and where its key is from."""

    provider: str
    title: str
    source: str
    is_set: bool
    base_url: str
    when: str
    when_exact: str
    set_href: str
    remove_href: str
    remove_action: str
    is_asked: bool


class KeysPage(SettingsPage, frozen=True, kw_only=True):
    """The providers, and the form that sets a key."""

    rows: list[KeyRow]
    provider: str
    base_url: str
    wrong: Mapping[str, str]
    action: str
    own_href: str
    is_form_open: bool
    said: str


def provider_key_routes(place: Place, keys: ProviderKeys, access: Access) -> list[Any]:
    """Returns the page, and what its form and buttons send."""

    def project_of(request: Request[Any, Any, Any]) -> str:
        return access.read_project(request.scope["headers"], request.scope["query_string"])

    @get(PROVIDER_KEYS, include_in_schema=False)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        query = dict(request.query_params)
        page = await asyncio.to_thread(keys_page, place, keys, project_of(request), query)
        return page_answer("provider_keys.html", page)

    @post(PROVIDER_KEYS, include_in_schema=False)
    async def set_key(
        request: Request[Any, Any, Any],
        data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[Any]:
        project = project_of(request)
        provider, key, base_url = (
            data.get(name, "").strip() for name in ("provider", "api_key", "base_url")
        )
        try:
            await asyncio.to_thread(keys.set, project, Credentials(provider, key, base_url))
        except BadPrompt as error:
            typed = {"set": provider, "base_url": base_url}
            wrong = {error.field or "api_key": error.message}
            page = await asyncio.to_thread(keys_page, place, keys, project, typed, wrong)
            return page_answer("provider_keys.html", page, 400)
        return Redirect(provider_keys_href(project, said="set"), status_code=303)

    @post(PROVIDER_KEYS + "/{provider:str}/remove", include_in_schema=False)
    async def remove(request: Request[Any, Any, Any], provider: str) -> Response[Any]:
        project = project_of(request)
        was_there = await asyncio.to_thread(keys.remove, project, provider)
        said = "removed" if was_there else "gone"
        return Redirect(provider_keys_href(project, said=said), status_code=303)

    return [show, set_key, remove]


def keys_page(
    place: Place,
    keys: ProviderKeys,
    project: str,
    query: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
) -> KeysPage:
    """Returns the page; what was typed as a key is not in it."""
    kept = {item.provider: item for item in keys.kept(project)}
    asked = query.get("set", "")
    known = kept.get(asked)
    return KeysPage(
        state=PageState(project=project, live="off"),
        projects=list_projects(place.store),
        behind=place.behind(project),
        title="Provider keys",
        tab="provider-keys",
        rows=[
            key_row(name, kept.get(name), project, asked=query.get("remove", ""))
            for name in PROVIDERS
        ],
        provider=asked if asked in PROVIDERS else next(iter(PROVIDERS)),
        base_url=query.get("base_url", known.base_url if known else "")[:500],
        wrong=wrong or {},
        action=provider_keys_href(project),
        own_href=provider_keys_href(project),
        is_form_open=bool(wrong) or bool(asked) or not kept,
        said=SAID_WORDS.get(query.get("said", ""), ""),
    )


def key_row(provider: str, kept: ProviderKey | None, project: str, *, asked: str) -> KeyRow:
    """Returns a provider in words: whose key is used, and when it was set."""
    described = PROVIDERS[provider]
    variable = next((name for name in described.key_variables if os.environ.get(name)), "")
    source = f"the server's {variable}" if variable else "none"
    if kept is not None:
        source = f"set here, ends in {kept.hint}" if kept.hint else "set here"
    return KeyRow(
        provider=provider,
        title=described.title,
        source=source,
        is_set=kept is not None,
        base_url=kept.base_url if kept else "",
        when=words.ago(kept.changed_at) if kept else "",
        when_exact=to_iso(kept.changed_at) if kept else "",
        set_href=provider_keys_href(project, set=provider) + "#form",
        remove_href=provider_keys_href(project, remove=provider) + f"#key-{provider}",
        remove_action=f"{PROVIDER_KEYS}/{provider}/remove?" + urlencode({"project": project}),
        is_asked=provider == asked and kept is not None,
    )
