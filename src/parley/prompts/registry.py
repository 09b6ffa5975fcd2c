"""The registry: applications, variants with numbered versions, environments that point at one."""

import difflib
from typing import Any

import msgspec

from parley.model import Application, Deployment, Prompt, PromptVersion, VersionRef
from parley.prompts.checks import check_name, check_prompt
from parley.prompts.errors import BadPrompt, NoSuchPrompt, PromptArchived
from parley.prompts.fresh import Fresh
from parley.records import (
    Records,
    add_application,
    add_deployment,
    add_version,
    archive_application,
    find_archived,
    find_deployed,
    find_version,
    list_applications,
    list_deployments,
    list_versions,
    remove_application,
    rename_application,
)

__all__ = ["DEFAULT_VARIANT", "Registry", "lines_of"]

DEFAULT_VARIANT = "default"
NOTE_MAX = 2000
NAME_MAX = 200


class Registry:
    """The prompts of every project. Thread-safe; every call blocks. Errors are PromptError."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._deployed: Fresh[PromptVersion] = Fresh()

    def create(self, project_id: str, slug: str, name: str = "") -> Application:
        """Makes an application without versions."""
        check_name(slug, "slug")
        if not add_application(self._records, project_id, slug, (name or slug)[:NAME_MAX]):
            raise BadPrompt(f"there is an application {slug!r} already", field="slug")
        return self.open(project_id, slug)

    def rename(self, project_id: str, slug: str, name: str) -> Application:
        """Gives an application another name; its slug, by which it is run, stays."""
        name = name.strip()
        if not name or len(name) > NAME_MAX:
            raise BadPrompt(f"expected 1 to {NAME_MAX} characters", field="name")
        if not rename_application(self._records, project_id, slug, name):
            raise self._no_application(project_id, slug, field="slug")
        return self.open(project_id, slug)

    def remove(self, project_id: str, slug: str) -> None:
        """Removes an application, its versions and deployments."""
        if not remove_application(self._records, project_id, slug):
            raise self._no_application(project_id, slug)
        self._deployed.forget()

    def archive(
        self, project_id: str, slug: str, *, is_archived: bool, author: str = ""
    ) -> Application:
        """Archives an application, or brings it back; twice is once. Its versions stay."""
        if not archive_application(
            self._records, project_id, slug, is_archived=is_archived, author=author
        ):
            raise self._no_application(project_id, slug, field="slug")
        self._deployed.forget()
        return self.open(project_id, slug)

    def check_in_use(self, project_id: str, slug: str) -> None:
        """Raises PromptArchived where an application may not be run."""
        if find_archived(self._records, project_id, slug) is not None:
            message = f"{slug} is archived; bring it back to run it"
            raise PromptArchived(message, field="base_id")

    def applications(self, project_id: str, *, is_archived: bool = False) -> list[Application]:
        """Returns the applications of a project that are in use, or the archived, by slug."""
        found = list_applications(self._records, project_id)
        return [item for item in found if (item.archived_at is not None) == is_archived]

    def open(self, project_id: str, slug: str, *, field: str = "base_id") -> Application:
        """Returns an application."""
        found = list_applications(self._records, project_id, slug=slug)
        if not found:
            raise self._no_application(project_id, slug, field=field)
        return found[0]

    def _no_application(
        self, project_id: str, slug: str, *, field: str = "base_id"
    ) -> NoSuchPrompt:
        known = [item.slug for item in self.applications(project_id)]
        return NoSuchPrompt(f"no application {slug!r}{nearest(slug, known)}", field=field)

    def save(
        self,
        project_id: str,
        slug: str,
        prompt: Prompt,
        *,
        variant: str = DEFAULT_VARIANT,
        note: str = "",
        author: str = "",
    ) -> PromptVersion:
        """Saves a prompt as the next version; one that changes nothing is the version before."""
        self.open(project_id, slug)
        check_name(variant, "variant")
        check_prompt(prompt)
        if len(note) > NOTE_MAX:
            raise BadPrompt(f"{len(note):,} characters, at most {NOTE_MAX:,}", field="note")
        versions = list_versions(self._records, project_id, slug, variant=variant)
        if versions and versions[0].prompt == prompt:
            return versions[0]
        ref = VersionRef(slug, variant, 0)
        return add_version(self._records, project_id, ref, prompt, note=note.strip(), author=author)

    def versions(self, project_id: str, slug: str) -> list[PromptVersion]:
        """Returns every version of an application, newest first."""
        self.open(project_id, slug)
        return list_versions(self._records, project_id, slug)

    def version(self, project_id: str, ref: VersionRef) -> PromptVersion:
        """Returns a version."""
        self.open(project_id, ref.application)
        found = find_version(self._records, project_id, ref)
        if found is None:
            raise NoSuchPrompt(f"{ref.variant} has no version {ref.version}", field="version")
        return found

    def deploy(
        self,
        project_id: str,
        environment: str,
        ref: VersionRef,
        *,
        note: str = "",
        author: str = "",
    ) -> Deployment:
        """Makes an environment answer with a version."""
        check_name(environment, "environment")
        self.version(project_id, ref)
        made = add_deployment(
            self._records, project_id, environment, ref, note=note[:NOTE_MAX], author=author
        )
        self._deployed.forget()
        return made

    def roll_back(
        self, project_id: str, slug: str, environment: str, *, author: str = ""
    ) -> Deployment:
        """Deploys what the environment answered with before; doing it twice changes nothing."""
        history = self.history(project_id, slug, environment=environment)
        now = history[0].ref if history else None
        before = next((item.ref for item in history if item.ref != now), None)
        if now is None or before is None:
            raise BadPrompt(f"{environment} never had another version", field="environment")
        note = f"rolled back from {now.variant} {now.version}"
        return self.deploy(project_id, environment, before, note=note, author=author)

    def history(
        self, project_id: str, slug: str, *, environment: str | None = None
    ) -> list[Deployment]:
        """Returns every deployment, newest first."""
        self.open(project_id, slug)
        return list_deployments(self._records, project_id, slug, environment=environment)

    def deployed_lately(self, project_id: str, slug: str, environment: str) -> PromptVersion | None:
        """Returns what `deployed` said within the last second; does not block."""
        return self._deployed.get((project_id, slug, environment))

    def deployed(self, project_id: str, slug: str, environment: str) -> PromptVersion:
        """Returns the version that an environment answers with."""
        changes = self._deployed.changes
        found = find_deployed(self._records, project_id, slug, environment)
        self.check_in_use(project_id, slug)
        if found is not None:
            self._deployed.keep((project_id, slug, environment), found, changes=changes)
            return found
        application = self.open(project_id, slug)
        ref = application.environments.get(environment)
        if ref is None:
            known = list(application.environments)
            raise NoSuchPrompt(
                f"{slug} is not deployed to {environment!r}{nearest(environment, known)}",
                field="environment",
            )
        return self.version(project_id, ref)

    def diff(self, project_id: str, before: VersionRef, after: VersionRef) -> list[str]:
        """Returns the lines of a unified diff of two versions, [] when they are the same."""
        old, new = (lines_of(self.version(project_id, ref).prompt) for ref in (before, after))
        names = [f"{ref.variant} {ref.version}" for ref in (before, after)]
        return list(difflib.unified_diff(old, new, names[0], names[1], lineterm=""))


def nearest(word: str, known: list[str]) -> str:
    """Returns the end of an error: what was meant, else what there is."""
    close = difflib.get_close_matches(word, known, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is {', '.join(known[:5])}" if known else "; there is none yet"


def lines_of(prompt: Prompt) -> list[str]:
    """Returns a prompt as lines that a person compares: messages as text, then settings."""
    lines: list[str] = []
    for message in prompt.messages:
        lines += [f"[{message.role}]", *message.content.splitlines()]
    settings: dict[str, Any] = {"model": prompt.model, **dict(sorted(prompt.parameters.items()))}
    lines += [f"{name}: {msgspec.json.encode(value).decode()}" for name, value in settings.items()]
    for name, value in (("tools", prompt.tools), ("response_format", prompt.response_format)):
        if value:
            text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
            lines += [f"{name}:", *text.splitlines()]
    return lines
