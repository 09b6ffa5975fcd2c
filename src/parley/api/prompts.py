"""/api/v1/prompts: applications, their versions, environments; /api/v1/provider-keys."""

import asyncio
from typing import Annotated, Any

from litestar import delete, get, patch, post, put
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType

from parley.api.errors import BadRequest, NotFound
from parley.model import (
    Application,
    Deployment,
    ProjectId,
    Prompt,
    PromptVersion,
    VersionRef,
    to_iso,
)
from parley.prompts import Credentials, ProviderKeys, Registry, input_schema
from parley.records import ProviderKey

__all__ = ["PROMPT_ROUTES", "ref_of_text"]

DEFAULT_VARIANT = "default"
REF_HELP = "A version as `variant:number`, or its number alone for the variant `default`."


class RefAnswer(Struct, frozen=True):
    """A version by its variant and its number there."""

    variant: str
    version: int


class ApplicationAnswer(Struct, frozen=True):
    """An application: each variant's newest version, and what each environment answers with.

    `archived_at`: since when it answers nothing, null for one that is in use.
    """

    slug: str
    name: str
    created_at: str
    variants: dict[str, int]
    environments: dict[str, RefAnswer]
    archived_at: str | None


class VersionAnswer(Struct, frozen=True):
    """A version of a prompt, and the JSON Schema of the inputs that it takes."""

    variant: str
    version: int
    prompt: Prompt
    input_schema: dict[str, Any]
    note: str
    author: str
    created_at: str


class DeploymentAnswer(Struct, frozen=True):
    """That an environment took a version."""

    environment: str
    variant: str
    version: int
    note: str
    author: str
    deployed_at: str


class ApplicationsAnswer(Struct, frozen=True):
    """Every application of a project."""

    applications: list[ApplicationAnswer]


class PromptAnswer(Struct, frozen=True):
    """An application with all of its versions and deployments, newest first."""

    application: ApplicationAnswer
    versions: list[VersionAnswer]
    deployments: list[DeploymentAnswer]


class DiffAnswer(Struct, frozen=True):
    """The lines of a unified diff, none when nothing differs."""

    lines: list[str]


class KeyAnswer(Struct, frozen=True):
    """That a provider has a key. `hint`: its last characters."""

    provider: str
    base_url: str
    hint: str
    changed_at: str


class KeysAnswer(Struct, frozen=True):
    """The providers that have a key in this project."""

    keys: list[KeyAnswer]


class RemovedAnswer(Struct, frozen=True):
    """What was removed."""

    removed: str


class NewApplication(Struct, frozen=True, forbid_unknown_fields=True):
    """An application to make."""

    slug: str
    name: str = ""


class NewName(Struct, frozen=True, forbid_unknown_fields=True):
    """What an application is called."""

    name: str


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose change it is."""

    author: str = ""


class NewVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """A version to save, and where to deploy it at once."""

    prompt: Prompt
    variant: str = DEFAULT_VARIANT
    note: str = ""
    author: str = ""
    deploy_to: str | UnsetType = UNSET


class NewDeployment(Struct, frozen=True, forbid_unknown_fields=True):
    """A version to deploy."""

    environment: str
    version: int
    variant: str = DEFAULT_VARIANT
    note: str = ""
    author: str = ""


class RollBack(Struct, frozen=True, forbid_unknown_fields=True):
    """An environment to roll back."""

    environment: str
    author: str = ""


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """The key of a provider. base_url: of what speaks the same API elsewhere."""

    provider: str
    api_key: str
    base_url: str = ""


@get("/api/v1/prompts", summary="List applications", tags=["prompts"])
async def list_prompts(
    registry: Registry,
    project_id: ProjectId,
    archived: Annotated[
        bool, QueryParameter(name="archived", description="Those that are archived instead.")
    ] = False,
) -> ApplicationsAnswer:
    """The applications of the project that are in use, or those that are archived, by slug."""
    found = await asyncio.to_thread(registry.applications, project_id, is_archived=archived)
    return ApplicationsAnswer([application_answer(item) for item in found])


@post("/api/v1/prompts", summary="Make an application", tags=["prompts"])
async def create_prompt(
    registry: Registry, project_id: ProjectId, data: NewApplication
) -> ApplicationAnswer:
    """Makes an application; it answers nothing until a version is deployed."""
    made = await asyncio.to_thread(registry.create, project_id, data.slug, data.name)
    return application_answer(made)


@get("/api/v1/prompts/{slug:str}", summary="Show an application", tags=["prompts"])
async def show_prompt(registry: Registry, project_id: ProjectId, slug: str) -> PromptAnswer:
    """An application with its versions and deployments, newest first."""

    def read() -> PromptAnswer:
        return PromptAnswer(
            application_answer(registry.open(project_id, slug, field="slug")),
            [version_answer(item) for item in registry.versions(project_id, slug)],
            [deployment_answer(item) for item in registry.history(project_id, slug)],
        )

    return await asyncio.to_thread(read)


@patch("/api/v1/prompts/{slug:str}", summary="Rename an application", tags=["prompts"])
async def rename_prompt(
    registry: Registry, project_id: ProjectId, slug: str, data: NewName
) -> ApplicationAnswer:
    """Gives an application another name; its slug stays."""
    return application_answer(await asyncio.to_thread(registry.rename, project_id, slug, data.name))


@delete(
    "/api/v1/prompts/{slug:str}", status_code=200, summary="Remove an application", tags=["prompts"]
)
async def remove_prompt(registry: Registry, project_id: ProjectId, slug: str) -> RemovedAnswer:
    """Removes an application with its versions and deployments. What it said stays in sessions."""
    await asyncio.to_thread(registry.remove, project_id, slug)
    return RemovedAnswer(slug)


@post(
    "/api/v1/prompts/{slug:str}/archive",
    status_code=200,
    summary="Archive an application",
    tags=["prompts"],
)
async def archive_prompt(
    registry: Registry, project_id: ProjectId, slug: str, data: Change | None = None
) -> ApplicationAnswer:
    """Takes an application out of use: lists hide it, and its runs answer 410. Nothing is lost."""
    return await set_archived(registry, project_id, slug, data, is_archived=True)


@post(
    "/api/v1/prompts/{slug:str}/unarchive",
    status_code=200,
    summary="Bring an application back",
    tags=["prompts"],
)
async def unarchive_prompt(
    registry: Registry, project_id: ProjectId, slug: str, data: Change | None = None
) -> ApplicationAnswer:
    """Brings an archived application back; its environments answer as they did."""
    return await set_archived(registry, project_id, slug, data, is_archived=False)


async def set_archived(
    registry: Registry, project_id: str, slug: str, data: Change | None, *, is_archived: bool
) -> ApplicationAnswer:
    """Archives an application or brings it back. Raises NoSuchPrompt."""
    author = data.author if data else ""
    changed = await asyncio.to_thread(
        registry.archive, project_id, slug, is_archived=is_archived, author=author
    )
    return application_answer(changed)


@post("/api/v1/prompts/{slug:str}/versions", summary="Save a version", tags=["prompts"])
async def save_version(
    registry: Registry, project_id: ProjectId, slug: str, data: NewVersion
) -> VersionAnswer:
    """Saves the next version of a variant; the same prompt again is the version before."""

    def save() -> PromptVersion:
        made = registry.save(
            project_id,
            slug,
            data.prompt,
            variant=data.variant,
            note=data.note,
            author=data.author,
        )
        if data.deploy_to is not UNSET:
            registry.deploy(
                project_id, data.deploy_to, made.ref, note=data.note, author=data.author
            )
        return made

    return version_answer(await asyncio.to_thread(save))


@get(
    "/api/v1/prompts/{slug:str}/versions/{variant:str}/{number:int}",
    summary="Show a version",
    tags=["prompts"],
)
async def show_version(
    registry: Registry, project_id: ProjectId, slug: str, variant: str, number: int
) -> VersionAnswer:
    """A version and the inputs that it takes."""
    ref = VersionRef(slug, variant, number)
    return version_answer(await asyncio.to_thread(registry.version, project_id, ref))


@get("/api/v1/prompts/{slug:str}/diff", summary="Compare two versions", tags=["prompts"])
async def show_diff(
    registry: Registry,
    project_id: ProjectId,
    slug: str,
    before: Annotated[str, QueryParameter(name="before", description=REF_HELP)],
    after: Annotated[str, QueryParameter(name="after", description=REF_HELP)],
) -> DiffAnswer:
    """What differs between two versions, line by line."""
    refs = [ref_of_text(slug, text, name) for name, text in (("before", before), ("after", after))]
    return DiffAnswer(await asyncio.to_thread(registry.diff, project_id, *refs))


@post("/api/v1/prompts/{slug:str}/deployments", summary="Deploy a version", tags=["prompts"])
async def deploy_version(
    registry: Registry, project_id: ProjectId, slug: str, data: NewDeployment
) -> DeploymentAnswer:
    """Makes an environment answer with a version from now on."""
    ref = VersionRef(slug, data.variant, data.version)
    made = await asyncio.to_thread(
        lambda: registry.deploy(
            project_id, data.environment, ref, note=data.note, author=data.author
        )
    )
    return deployment_answer(made)


@post("/api/v1/prompts/{slug:str}/rollback", summary="Roll back an environment", tags=["prompts"])
async def roll_back(
    registry: Registry, project_id: ProjectId, slug: str, data: RollBack
) -> DeploymentAnswer:
    """Deploys the version that the environment answered with before."""
    made = await asyncio.to_thread(
        lambda: registry.roll_back(project_id, slug, data.environment, author=data.author)
    )
    return deployment_answer(made)


@get("/api/v1/provider-keys", summary="List providers with a key", tags=["prompts"])
async def list_keys(provider_keys: ProviderKeys, project_id: ProjectId) -> KeysAnswer:
    """The providers that have a key in this project; the keys themselves are never told."""
    kept = await asyncio.to_thread(provider_keys.kept, project_id)
    return KeysAnswer([key_answer(item) for item in kept])


@put("/api/v1/provider-keys", summary="Set a provider's key", tags=["prompts"])
async def set_key(provider_keys: ProviderKeys, project_id: ProjectId, data: NewKey) -> KeysAnswer:
    """Sets the key of a provider for this project; it is kept encrypted."""
    given = Credentials(data.provider, data.api_key, data.base_url)
    await asyncio.to_thread(provider_keys.set, project_id, given)
    return KeysAnswer(
        [key_answer(item) for item in await asyncio.to_thread(provider_keys.kept, project_id)]
    )


@delete(
    "/api/v1/provider-keys/{provider:str}",
    status_code=200,
    summary="Remove a provider's key",
    tags=["prompts"],
)
async def remove_key(
    provider_keys: ProviderKeys, project_id: ProjectId, provider: str
) -> RemovedAnswer:
    """Removes the key of a provider."""
    if not await asyncio.to_thread(provider_keys.remove, project_id, provider):
        raise NotFound(f"{provider[:100]!r} has no key here", field="provider")
    return RemovedAnswer(provider)


def ref_of_text(slug: str, text: str, field: str) -> VersionRef:
    """Returns the version that `variant:number` or a number names. Raises BadRequest."""
    variant, colon, number = text.rpartition(":")
    if not number.isascii() or not number.isdigit() or len(number) > 9 or (colon and not variant):
        raise BadRequest("expected variant:number, as in default:3", field=field)
    return VersionRef(slug, variant or DEFAULT_VARIANT, int(number))


def application_answer(item: Application) -> ApplicationAnswer:
    """Returns an application for JSON."""
    return ApplicationAnswer(
        item.slug,
        item.name,
        to_iso(item.created_at),
        item.variants,
        {name: RefAnswer(ref.variant, ref.version) for name, ref in item.environments.items()},
        to_iso(item.archived_at) if item.archived_at is not None else None,
    )


def version_answer(item: PromptVersion) -> VersionAnswer:
    """Returns a version for JSON."""
    return VersionAnswer(
        item.ref.variant,
        item.ref.version,
        item.prompt,
        input_schema(item.prompt),
        item.note,
        item.author,
        to_iso(item.created_at),
    )


def deployment_answer(item: Deployment) -> DeploymentAnswer:
    """Returns a deployment for JSON."""
    return DeploymentAnswer(
        item.environment,
        item.ref.variant,
        item.ref.version,
        item.note,
        item.author,
        to_iso(item.deployed_at),
    )


def key_answer(item: ProviderKey) -> KeyAnswer:
    """Returns that a provider has a key."""
    return KeyAnswer(item.provider, item.base_url, item.hint, to_iso(item.changed_at))


PROMPT_ROUTES = (
    list_prompts,
    create_prompt,
    show_prompt,
    rename_prompt,
    remove_prompt,
    archive_prompt,
    unarchive_prompt,
    save_version,
    show_version,
    show_diff,
    deploy_version,
    roll_back,
    list_keys,
    set_key,
    remove_key,
)
