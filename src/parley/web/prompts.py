"""The routes of prompts: list, application, editor, differences, and what their forms send."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from msgspec import Struct

from parley.access import Access
from parley.model import Prompt, PromptMessage, PromptVersion, VersionRef
from parley.prompts import (
    DEFAULT_VARIANT,
    PROVIDERS,
    BadPrompt,
    ChatRunner,
    NoProviderKey,
    NoSuchPrompt,
    ProviderKeys,
    Registry,
    check_name,
    input_schema,
)
from parley.query import PromptRef
from parley.web.pages import Place
from parley.web.playground import playground_routes
from parley.web.prompt_form import Form, form_of_prompt, prompt_of_form, read_form, wrong_of
from parley.web.prompt_links import PROMPTS, RERUN, prompt_of_turn, prompts_href
from parley.web.prompt_pages import (
    PromptRequest,
    PromptsPage,
    frame,
    page_answer,
    project_of,
    ref_key,
    ref_of_key,
    ref_words,
)
from parley.web.prompt_views import application_page, diff_page, list_page
from parley.web.provider_keys import provider_key_routes
from parley.web.settings_tabs import provider_keys_href

__all__ = ["PromptParts", "prompts_routes"]

Sent = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class PromptParts(Struct, frozen=True):
    """What the pages of prompts need beside the store."""

    registry: Registry
    provider_keys: ProviderKeys
    chat: ChatRunner


class EditorPage(PromptsPage, frozen=True, kw_only=True):
    """The form of a version. base: the version it began as, "" for the first one."""

    slug: str
    name: str
    form: Form
    base: str
    action: str
    own_href: str
    inputs: list[str]
    variants: list[str]
    environments: list[str]
    providers: list[tuple[str, str]]
    keyless: str  # the provider, when nobody gave its key
    keys_href: str


def prompts_routes(place: Place, parts: PromptParts, access: Access) -> list[Any]:
    """Returns every page of prompts."""
    registry = parts.registry
    return [
        *list_routes(place, registry, access),
        *application_routes(place, registry, access),
        *change_routes(place, registry, access),
        *editor_routes(place, parts, access),
        rerun_route(place, registry, access),
        *playground_routes(place, registry, parts.chat, access),
        *provider_key_routes(place, parts.provider_keys, access),
    ]


def list_routes(place: Place, registry: Registry, access: Access) -> list[Any]:
    """Returns the list and the form that makes an application."""

    @get(PROMPTS, include_in_schema=False)
    async def show(request: PromptRequest) -> Response[str]:
        project = project_of(access, request)
        query = dict(request.query_params)
        page = await asyncio.to_thread(list_page, place, registry, project, query=query)
        return page_answer("prompts.html", page)

    @post(PROMPTS, include_in_schema=False)
    async def make(request: PromptRequest, data: Sent) -> Response[Any]:
        project = project_of(access, request)
        slug = data.get("slug", "").strip()
        try:
            await asyncio.to_thread(registry.create, project, slug, data.get("name", "").strip())
        except BadPrompt as error:
            page = await asyncio.to_thread(
                list_page, place, registry, project, values=data, wrong=wrong_of(error)
            )
            return page_answer("prompts.html", page, 400)
        return Redirect(prompts_href(project, slug, "edit", said="made"), status_code=303)

    return [show, make]


def application_routes(place: Place, registry: Registry, access: Access) -> list[Any]:
    """Returns the page of an application, and its comparison."""

    @get(PROMPTS + "/{slug:str}", include_in_schema=False)
    async def show(request: PromptRequest, slug: str) -> Response[str]:
        project = project_of(access, request)
        query = dict(request.query_params)
        page = await asyncio.to_thread(
            application_page, place, registry, project, slug, query=query
        )
        return page_answer("prompt.html", page)

    @get(PROMPTS + "/{slug:str}/diff", include_in_schema=False)
    async def diff(request: PromptRequest, slug: str) -> Response[str]:
        project = project_of(access, request)
        query = dict(request.query_params)
        page = await asyncio.to_thread(diff_page, place, registry, project, slug, query=query)
        return page_answer("prompt_diff.html", page)

    return [show, diff]


def change_routes(place: Place, registry: Registry, access: Access) -> list[Any]:
    """Returns what the forms of an application send: deploy, roll back, rename, archive, remove."""

    async def change(
        request: PromptRequest, slug: str, values: Mapping[str, str], said: str, work: Any
    ) -> Response[Any]:
        """Does what a form asks; what is wrong comes back at its field."""
        project = project_of(access, request)
        query = dict(request.query_params)
        try:
            await asyncio.to_thread(work, project)
        except BadPrompt as error:
            wrong = {error.field or "form": error.message}
            page = await asyncio.to_thread(
                lambda: application_page(
                    place, registry, project, slug, query=query, values=values, wrong=wrong
                )
            )
            return page_answer("prompt.html", page, 400)
        version = query.get("version", "")
        return Redirect(prompts_href(project, slug, version=version, said=said), status_code=303)

    @post(PROMPTS + "/{slug:str}/deploy", include_in_schema=False)
    async def deploy(request: PromptRequest, slug: str, data: Sent) -> Response[Any]:
        def work(project: str) -> None:
            ref = ref_of_key(slug, request.query_params.get("version", ""))
            environment, note, author = (
                data.get(name, "").strip() for name in ("environment", "note", "author")
            )
            registry.deploy(project, environment, ref, note=note, author=author)

        return await change(request, slug, data, "deployed", work)

    @post(PROMPTS + "/{slug:str}/rollback", include_in_schema=False)
    async def roll_back(request: PromptRequest, slug: str, data: Sent) -> Response[Any]:
        environment = data.get("environment", "")
        return await change(
            request,
            slug,
            {},
            "rolledback",
            lambda project: registry.roll_back(project, slug, environment),
        )

    @post(PROMPTS + "/{slug:str}/rename", include_in_schema=False)
    async def rename(request: PromptRequest, slug: str, data: Sent) -> Response[Any]:
        name = data.get("name", "")
        return await change(
            request, slug, data, "renamed", lambda project: registry.rename(project, slug, name)
        )

    @post(PROMPTS + "/{slug:str}/archive", include_in_schema=False)
    async def archive(request: PromptRequest, slug: str) -> Response[Any]:
        project = project_of(access, request)
        await asyncio.to_thread(registry.archive, project, slug, is_archived=True)
        return Redirect(prompts_href(project, slug), status_code=303)

    @post(PROMPTS + "/{slug:str}/unarchive", include_in_schema=False)
    async def unarchive(request: PromptRequest, slug: str) -> Response[Any]:
        project = project_of(access, request)
        await asyncio.to_thread(registry.archive, project, slug, is_archived=False)
        return Redirect(prompts_href(project, slug, said="unarchived"), status_code=303)

    @post(PROMPTS + "/{slug:str}/remove", include_in_schema=False)
    async def remove(request: PromptRequest, slug: str) -> Response[Any]:
        project = project_of(access, request)
        await asyncio.to_thread(registry.remove, project, slug)
        return Redirect(prompts_href(project, said="removed"), status_code=303)

    return [deploy, roll_back, rename, archive, unarchive, remove]


def editor_routes(place: Place, parts: PromptParts, access: Access) -> list[Any]:
    """Returns the editor and what it sends."""
    registry = parts.registry

    @get(PROMPTS + "/{slug:str}/edit", include_in_schema=False)
    async def show(request: PromptRequest, slug: str) -> Response[str]:
        project = project_of(access, request)
        key, said = (request.query_params.get(name, "") for name in ("version", "said"))

        def read() -> EditorPage:
            base = base_version(registry, project, slug, key)
            variant = base.ref.variant if base else DEFAULT_VARIANT
            form = form_of_prompt(base.prompt if base else None, variant=variant)
            return editor_page(place, parts, project, slug, form=form, base=key, said=said)

        return page_answer("prompt_edit.html", await asyncio.to_thread(read))

    @post(PROMPTS + "/{slug:str}/edit", include_in_schema=False)
    async def send(request: PromptRequest, slug: str, data: Sent) -> Response[Any]:
        project = project_of(access, request)
        key = request.query_params.get("version", "")
        form = read_form(data)
        wrong: dict[str, str] = {}
        if data.get("do") == "save":
            saved, wrong = await asyncio.to_thread(save, registry, project, slug, form)
            if saved is not None:
                ref, said = saved
                href = prompts_href(project, slug, version=ref_key(ref), said=said)
                return Redirect(href, status_code=303)
        shown = form.with_wrong(wrong)
        page = await asyncio.to_thread(
            lambda: editor_page(place, parts, project, slug, form=shown, base=key)
        )
        return page_answer("prompt_edit.html", page, 400 if wrong else 200)

    return [show, send]


def rerun_route(place: Place, registry: Registry, access: Access) -> Any:
    """Returns what leads from a turn to the playground of the prompt that answered it.

    A turn that no managed prompt answered leads to the only application, else to a choice.
    """

    @get(RERUN, include_in_schema=False)
    async def again(request: PromptRequest) -> Redirect:
        project = project_of(access, request)
        session, turn = (request.query_params.get(name, "") for name in ("session", "turn"))

        def href() -> str:
            where = {"session": session, "turn": turn}
            slugs = [item.slug for item in registry.applications(project)]
            ref = prompt_of_turn(place.store, project, session, turn)
            if ref and ref.application in slugs:
                version = (
                    f"{ref.variant}:{ref.version}" if has_version(registry, project, ref) else ""
                )
                return prompts_href(
                    project, ref.application, "playground", version=version, **where
                )
            if len(slugs) == 1:
                return prompts_href(project, slugs[0], "playground", **where)
            return prompts_href(project, **where)

        return Redirect(await asyncio.to_thread(href), status_code=303)

    return again


def has_version(registry: Registry, project: str, ref: PromptRef) -> bool:
    """Returns whether what a trace says it ran is here."""
    try:
        key = f"{ref.variant}:{ref.version}"
        registry.version(project, ref_of_key(ref.application, key))
    except NoSuchPrompt:
        return False
    return True


def base_version(registry: Registry, project: str, slug: str, key: str) -> PromptVersion | None:
    """Returns the version that an edit begins with: the named, else the newest, None without."""
    if key:
        return registry.version(project, ref_of_key(slug, key))
    return next(iter(registry.versions(project, slug)), None)


def save(
    registry: Registry, project: str, slug: str, form: Form
) -> tuple[tuple[VersionRef, str] | None, dict[str, str]]:
    """Returns the version that a form was saved as and what to say, or what is wrong with it.

    An environment that cannot be is found before anything is saved.
    """
    prompt, wrong = prompt_of_form(form)
    if prompt is None:
        return None, wrong
    before = registry.versions(project, slug)
    environment = form.text("deploy_to")
    note, author = form.text("note"), form.text("author")
    try:
        if environment:
            check_name(environment, "deploy_to")
        made = registry.save(
            project,
            slug,
            prompt,
            variant=form.text("variant") or DEFAULT_VARIANT,
            note=note,
            author=author,
        )
        if environment:
            registry.deploy(project, environment, made.ref, note=note, author=author)
    except BadPrompt as error:
        return None, wrong_of(error)
    is_new = all(item.ref != made.ref for item in before)
    return (made.ref, "deployed" if environment else "saved" if is_new else "same"), {}


def editor_page(
    place: Place,
    parts: PromptParts,
    project: str,
    slug: str,
    *,
    form: Form,
    base: str,
    said: str = "",
) -> EditorPage:
    """Returns the editor. Raises NoSuchPrompt."""
    application = parts.registry.open(project, slug)
    rows = [PromptMessage("user", row.content) for row in form.rows]
    words = ref_words(ref_of_key(slug, base)) if base else ""
    provider = form.text("provider")
    return EditorPage(
        **frame(place, project, f"Edit {application.name}"),
        said="The application is made. Write its first version." if said == "made" else "",
        slug=slug,
        name=application.name,
        form=form,
        base=words,
        action=prompts_href(project, slug, "edit", version=base),
        own_href=prompts_href(project, slug, version=base),
        inputs=list(input_schema(Prompt(messages=rows, model=""))["properties"]),
        variants=list(application.variants) or [DEFAULT_VARIANT],
        environments=list(application.environments) or ["production"],
        providers=[(name, item.title) for name, item in PROVIDERS.items()],
        keyless=provider if lacks_key(parts.provider_keys, project, provider) else "",
        keys_href=provider_keys_href(project),
    )


def lacks_key(keys: ProviderKeys, project: str, provider: str) -> bool:
    """Returns whether a known provider could not be asked: nobody gave a key."""
    try:
        keys.find(project, provider)
    except NoProviderKey:
        return True
    except KeyError:
        return False
    return False
