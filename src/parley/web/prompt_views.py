"""The pages that show prompts: the applications, one of them, two versions side by side."""

import time
from collections.abc import Mapping

from msgspec import Struct, field

from parley.model import Application, Deployment, PromptVersion, VersionRef, to_iso
from parley.prompts import Registry
from parley.query import PromptUsage, read_prompt_usage
from parley.store import StoreError
from parley.web import words
from parley.web.pages import Place
from parley.web.prompt_diff import DiffRow, diff_prompts
from parley.web.prompt_links import prompts_href
from parley.web.prompt_pages import (
    PromptsPage,
    VersionRow,
    VersionView,
    frame,
    ref_key,
    ref_of_key,
    ref_words,
    version_row,
    version_view,
)
from parley.web.state import PageState

__all__ = ["ApplicationPage", "DiffPage", "ListPage", "application_page", "diff_page", "list_page"]

WEEK_NS = 7 * 86_400 * 10**9
SAID_WORDS = {
    "made": "The application is made. Write its first version.",
    "saved": "Saved as a new version.",
    "same": "That is the newest version already; nothing was saved.",
    "deployed": "Deployed: the environment answers with it from now on.",
    "rolledback": "Rolled back.",
    "renamed": "Renamed.",
    "unarchived": "In use again: its environments answer as they did.",
    "removed": "Removed. What it said stays in its sessions.",
}


class DeployedAt(Struct, frozen=True):
    """An environment and the version it answers with."""

    name: str
    words: str
    href: str


class ApplicationRow(Struct, frozen=True, kw_only=True):
    """One application of the list."""

    slug: str
    name: str
    href: str
    play_href: str
    variants: str
    newest: str
    environments: list[DeployedAt]
    runs: str
    failed: str
    cost: str
    cost_note: str


class ListPage(PromptsPage, frozen=True, kw_only=True):
    """The applications in use or the archived, and the form that makes one.

    rerun: the turn to be run again. other_href: to the archived, or back; "" when there is none.
    """

    rows: list[ApplicationRow]
    is_counted: bool
    is_archive: bool
    other_href: str
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    rerun: str = ""
    back_href: str = ""
    is_form_open: bool = False


class EnvironmentRow(Struct, frozen=True, kw_only=True):
    """An environment, since when it answers with what, and what it answered with before."""

    name: str
    words: str
    href: str
    note: str
    by: str
    when: str
    when_exact: str
    play_href: str
    before: str  # what rolling back leads to, "" when there was no other


class DeploymentRow(Struct, frozen=True, kw_only=True):
    """One line of the history."""

    environment: str
    words: str
    href: str
    note: str
    by: str
    when: str
    when_exact: str


class ApplicationPage(PromptsPage, frozen=True, kw_only=True):
    """An application: its versions, one of them open, its environments."""

    slug: str
    name: str
    versions: list[VersionRow]
    shown: VersionView | None
    environments: list[EnvironmentRow]
    history: list[DeploymentRow]
    edit_href: str
    play_href: str
    diff_href: str
    deploy_action: str
    rollback_action: str
    rename_action: str
    archive_action: str
    remove_action: str
    own_href: str
    archived: str  # since when, "" for one that is in use
    wrong: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    is_removing: bool = False
    remove_href: str = ""


class DiffPage(PromptsPage, frozen=True, kw_only=True):
    """Two versions side by side."""

    slug: str
    name: str
    own_href: str
    action: str
    before: VersionRow
    after: VersionRow
    versions: list[VersionRow]
    rows: list[DiffRow]
    is_same: bool
    swap_href: str


def list_page(
    place: Place,
    registry: Registry,
    project: str,
    *,
    query: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> ListPage:
    """Returns the list; `values` and `wrong` are of a form that was sent."""
    asked = query or {}
    is_archive = asked.get("show") == "archived"
    applications = registry.applications(project, is_archived=is_archive)
    others = is_archive or registry.applications(project, is_archived=True)
    usage: dict[str, PromptUsage] | None = {}
    if applications:
        try:
            usage = read_prompt_usage(place.store, project, from_ns=time.time_ns() - WEEK_NS)
        except StoreError:
            usage = None  # the page says that it was not counted
    session, turn = asked.get("session", ""), asked.get("turn", "")
    rerun = {"session": session, "turn": turn} if session and turn.isdigit() else {}
    return ListPage(
        **frame(place, project, "Prompts"),
        said=SAID_WORDS.get(asked.get("said", ""), ""),
        rows=[application_row(item, usage, project, rerun) for item in applications],
        is_counted=usage is not None,
        is_archive=is_archive,
        other_href=prompts_href(project, show="" if is_archive else "archived") if others else "",
        values=values or {},
        wrong=wrong or {},
        rerun=turn if rerun else "",
        back_href=PageState(project=project, range="all").session_href(session) if rerun else "",
        is_form_open=bool(wrong) or not (applications or others),
    )


def application_row(
    item: Application,
    usage: Mapping[str, PromptUsage] | None,
    project: str,
    rerun: Mapping[str, str],
) -> ApplicationRow:
    """Returns an application in words."""
    used = usage.get(item.slug) if usage is not None else None
    newest = [f"{variant} {number}" for variant, number in item.variants.items()]
    cost, note = "", ""
    if used is not None:
        cost = words.money(used.cost_usd)
        note = "at least" if used.unpriced and used.cost_usd is not None else ""
    return ApplicationRow(
        slug=item.slug,
        name=item.name,
        href=prompts_href(project, item.slug, "playground", **rerun)
        if rerun
        else prompts_href(project, item.slug),
        play_href=prompts_href(project, item.slug, "playground", **rerun)
        if newest and item.archived_at is None
        else "",
        variants=words.plural(len(newest), "variant") if len(newest) > 1 else "",
        newest=", ".join(newest[:3]) + (" …" if len(newest) > 3 else ""),
        environments=[
            DeployedAt(name, ref_words(ref), prompts_href(project, item.slug, version=ref_key(ref)))
            for name, ref in item.environments.items()
        ],
        runs=words.count(used.runs) if used else "0" if usage is not None else "–",
        failed=f"{words.count(used.failed)} failed" if used and used.failed else "",
        cost=cost,
        cost_note=note,
    )


def application_page(
    place: Place,
    registry: Registry,
    project: str,
    slug: str,
    *,
    query: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> ApplicationPage:
    """Returns an application with one version open. Raises NoSuchPrompt."""
    asked = query or {}
    application = registry.open(project, slug)
    versions = registry.versions(project, slug)
    history = registry.history(project, slug)
    shown = chosen(versions, registry, project, slug, asked.get("version", ""))
    key = ref_key(shown.ref) if shown else ""
    return ApplicationPage(
        **frame(place, project, application.name),
        said=SAID_WORDS.get(asked.get("said", ""), ""),
        slug=slug,
        name=application.name,
        versions=[
            version_row(item, application.environments, project, shown=shown.ref if shown else None)
            for item in versions
        ],
        shown=version_view(shown) if shown else None,
        environments=[environment_row(name, history, project) for name in application.environments],
        history=[deployment_row(item, project) for item in history],
        edit_href=prompts_href(project, slug, "edit", version=key),
        play_href=""
        if shown is None or application.archived_at is not None
        else prompts_href(project, slug, "playground", version=key),
        archived="" if application.archived_at is None else words.ago(application.archived_at),
        archive_action=prompts_href(
            project, slug, "archive" if application.archived_at is None else "unarchive"
        ),
        diff_href=diff_href(versions, shown, project),
        deploy_action=prompts_href(project, slug, "deploy", version=key),
        rollback_action=prompts_href(project, slug, "rollback", version=key),
        rename_action=prompts_href(project, slug, "rename"),
        remove_action=prompts_href(project, slug, "remove"),
        own_href=prompts_href(project, slug),
        wrong=wrong or {},
        values=values or {},
        is_removing="remove" in asked,
        remove_href=prompts_href(project, slug, remove="1") + "#remove",
    )


def chosen(
    versions: list[PromptVersion], registry: Registry, project: str, slug: str, key: str
) -> PromptVersion | None:
    """Returns the version that is asked for, else the newest; None without any."""
    if not key:
        return versions[0] if versions else None
    return registry.version(project, ref_of_key(slug, key))


def diff_href(versions: list[PromptVersion], shown: PromptVersion | None, project: str) -> str:
    """Returns where the open version is compared with the one before it, "" without one."""
    if shown is None or len(versions) < 2:
        return ""
    older = [item for item in versions if item.ref.variant == shown.ref.variant]
    before = next((item for item in older if item.ref.version < shown.ref.version), None)
    other = before or next(item for item in versions if item.ref != shown.ref)
    pair = {"before": ref_key(other.ref), "after": ref_key(shown.ref)}
    return prompts_href(project, shown.ref.application, "diff", **pair)


def environment_row(name: str, history: list[Deployment], project: str) -> EnvironmentRow:
    """Returns an environment in words; its history is newest first."""
    own = [item for item in history if item.environment == name]
    now = own[0]
    before = next((item.ref for item in own if item.ref != now.ref), None)
    slug = now.ref.application
    return EnvironmentRow(
        name=name,
        words=ref_words(now.ref),
        href=prompts_href(project, slug, version=ref_key(now.ref)),
        note=now.note,
        by=now.author,
        when=words.ago(now.deployed_at),
        when_exact=to_iso(now.deployed_at),
        play_href=prompts_href(project, slug, "playground", environment=name),
        before=ref_words(before) if before else "",
    )


def deployment_row(item: Deployment, project: str) -> DeploymentRow:
    """Returns a deployment in words."""
    return DeploymentRow(
        environment=item.environment,
        words=ref_words(item.ref),
        href=prompts_href(project, item.ref.application, version=ref_key(item.ref)),
        note=item.note,
        by=item.author,
        when=words.ago(item.deployed_at),
        when_exact=to_iso(item.deployed_at),
    )


def diff_page(
    place: Place, registry: Registry, project: str, slug: str, *, query: Mapping[str, str]
) -> DiffPage:
    """Returns two versions side by side; those that are not named are the last two."""
    application = registry.open(project, slug)
    versions = registry.versions(project, slug)
    newest = versions[0].ref if versions else VersionRef(slug, "default", 1)
    former = versions[1].ref if len(versions) > 1 else newest
    asked = [
        ref_of_key(slug, query[name]) if query.get(name) else otherwise
        for name, otherwise in (("before", former), ("after", newest))
    ]
    before, after = (registry.version(project, ref) for ref in asked)
    rows = diff_prompts(before.prompt, after.prompt)

    def row(item: PromptVersion) -> VersionRow:
        return version_row(item, application.environments, project)

    swapped = {"before": ref_key(after.ref), "after": ref_key(before.ref)}
    return DiffPage(
        **frame(
            place, project, f"{application.name}: {before.ref.version} and {after.ref.version}"
        ),
        slug=slug,
        name=application.name,
        own_href=prompts_href(project, slug, version=ref_key(after.ref)),
        action=f"/prompts/{slug}/diff",
        before=row(before),
        after=row(after),
        versions=[row(item) for item in versions],
        rows=rows,
        is_same=before.prompt == after.prompt,
        swap_href=prompts_href(project, slug, "diff", **swapped),
    )
