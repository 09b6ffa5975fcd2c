"""Questions about managed prompts, and the keys of model providers."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from parley.model import Application, Deployment, Prompt, PromptVersion, VersionRef
from parley.records.database import Records
from parley.records.errors import RecordsError
from parley.records.tables import APPLICATIONS, DEPLOYMENTS, PROVIDER_KEYS, VERSIONS

__all__ = [
    "ProviderKey",
    "add_application",
    "add_deployment",
    "add_version",
    "archive_application",
    "find_archived",
    "find_deployed",
    "find_version",
    "keep_provider_key",
    "list_applications",
    "list_deployments",
    "list_provider_keys",
    "list_versions",
    "remove_application",
    "remove_provider_key",
    "rename_application",
]

ITSELF = ""  # in the log of deployments the application, not an environment of it
ARCHIVED, IN_USE = 1, 0  # of itself, in place of a version
TRIES = 5  # of two that save a version at once, one counts again


class ProviderKey(Struct, frozen=True, kw_only=True):
    """The key of a model provider, encrypted. base_url "": the provider's own."""

    provider: str
    secret: str
    base_url: str
    hint: str
    changed_at: int


def add_application(records: Records, project_id: str, slug: str, name: str) -> bool:
    """Makes an application without versions; returns whether there was none of that slug."""
    row = {"project": project_id, "slug": slug, "name": name, "created_at": time.time_ns()}
    with records.write() as connection:
        if connection.execute(_of(APPLICATIONS, project_id, slug=slug)).first():
            return False
        connection.execute(sa.insert(APPLICATIONS), row)
        return True


def rename_application(records: Records, project_id: str, slug: str, name: str) -> bool:
    """Gives an application another name; returns whether there is one of that slug."""
    with records.write() as connection:
        changed = connection.execute(
            sa.update(APPLICATIONS)
            .where(APPLICATIONS.c.project == project_id, APPLICATIONS.c.slug == slug)
            .values(name=name)
        )
        return bool(changed.rowcount)


def remove_application(records: Records, project_id: str, slug: str) -> bool:
    """Removes an application with all that belongs to it; returns whether there was one."""
    with records.write() as connection:
        for table in (VERSIONS, DEPLOYMENTS):
            connection.execute(
                sa.delete(table).where(table.c.project == project_id, table.c.application == slug)
            )
        gone = connection.execute(
            sa.delete(APPLICATIONS).where(
                APPLICATIONS.c.project == project_id, APPLICATIONS.c.slug == slug
            )
        )
        return bool(gone.rowcount)


def list_applications(
    records: Records, project_id: str, *, slug: str | None = None
) -> list[Application]:
    """Returns the applications of a project by name, or the one of a slug."""
    with records.read() as connection:
        named = {"slug": slug} if slug is not None else {}
        apps = connection.execute(
            _of(APPLICATIONS, project_id, **named).order_by(APPLICATIONS.c.slug)
        ).all()
        versions = connection.execute(
            sa.select(VERSIONS.c.application, VERSIONS.c.variant, sa.func.max(VERSIONS.c.version))
            .where(VERSIONS.c.project == project_id)
            .group_by(VERSIONS.c.application, VERSIONS.c.variant)
            .order_by(VERSIONS.c.variant)
        ).all()
        deployed = connection.execute(
            _of(DEPLOYMENTS, project_id)
            .where(
                DEPLOYMENTS.c.id.in_(
                    sa.select(sa.func.max(DEPLOYMENTS.c.id))
                    .where(DEPLOYMENTS.c.project == project_id)
                    .group_by(DEPLOYMENTS.c.application, DEPLOYMENTS.c.environment)
                )
            )
            .order_by(DEPLOYMENTS.c.environment)
        ).all()
    archived = {
        row.application: row.deployed_at
        for row in deployed
        if row.environment == ITSELF and row.version == ARCHIVED
    }
    return [
        Application(
            slug=app.slug,
            name=app.name,
            created_at=app.created_at,
            variants={v: int(n) for slug_, v, n in versions if slug_ == app.slug},
            environments={
                row.environment: ref_of(row)
                for row in deployed
                if row.application == app.slug and row.environment != ITSELF
            },
            archived_at=archived.get(app.slug),
        )
        for app in apps
    ]


def archive_application(
    records: Records, project_id: str, slug: str, *, is_archived: bool, author: str
) -> bool:
    """Archives an application or brings it back; returns whether there is one of that slug."""
    with records.write() as connection:
        if not connection.execute(_of(APPLICATIONS, project_id, slug=slug)).first():
            return False
        if (_archived_at(connection, project_id, slug) is not None) == is_archived:
            return True
        connection.execute(
            sa.insert(DEPLOYMENTS),
            {
                "project": project_id,
                "environment": ITSELF,
                "application": slug,
                "variant": "",
                "version": ARCHIVED if is_archived else IN_USE,
                "note": "",
                "author": author,
                "deployed_at": time.time_ns(),
            },
        )
        return True


def find_archived(records: Records, project_id: str, slug: str) -> int | None:
    """Returns since when an application is archived, None for one that is not."""
    with records.read() as connection:
        return _archived_at(connection, project_id, slug)


def _archived_at(connection: Connection, project_id: str, slug: str) -> int | None:
    last = _of(DEPLOYMENTS, project_id, application=slug, environment=ITSELF)
    row = connection.execute(last.order_by(DEPLOYMENTS.c.id.desc()).limit(1)).first()
    return int(row.deployed_at) if row is not None and row.version == ARCHIVED else None


def add_version(
    records: Records, project_id: str, ref: VersionRef, prompt: Prompt, *, note: str, author: str
) -> PromptVersion:
    """Saves a prompt as the next version of its variant; `ref.version` is not looked at."""
    for attempt in range(TRIES):
        try:
            with records.write() as connection:
                number = _last_number(connection, project_id, ref) + 1
                made = PromptVersion(
                    ref=msgspec.structs.replace(ref, version=number),
                    prompt=prompt,
                    note=note,
                    author=author,
                    created_at=time.time_ns(),
                )
                connection.execute(sa.insert(VERSIONS), row_of_version(project_id, made))
                return made
        except RecordsError as error:  # another process took the number
            if attempt == TRIES - 1 or not isinstance(error.__cause__, IntegrityError):
                raise
    raise AssertionError("unreachable")


def _last_number(connection: Connection, project_id: str, ref: VersionRef) -> int:
    where = _of(VERSIONS, project_id, application=ref.application, variant=ref.variant)
    last = connection.execute(where.with_only_columns(sa.func.max(VERSIONS.c.version))).scalar()
    return int(last or 0)


def row_of_version(project_id: str, version: PromptVersion) -> dict[str, Any]:
    """Returns the row of a version."""
    return {
        "project": project_id,
        **msgspec.structs.asdict(version.ref),
        "prompt": msgspec.json.encode(version.prompt).decode(),
        "note": version.note,
        "author": version.author,
        "created_at": version.created_at,
    }


def find_version(records: Records, project_id: str, ref: VersionRef) -> PromptVersion | None:
    """Returns a version, None when there is none."""
    with records.read() as connection:
        row = connection.execute(_of(VERSIONS, project_id, **msgspec.structs.asdict(ref))).first()
    return version_of_row(row) if row else None


def find_deployed(
    records: Records, project_id: str, application: str, environment: str
) -> PromptVersion | None:
    """Returns the version that an environment answers with, None when there is none."""
    newest = (
        _of(DEPLOYMENTS, project_id, application=application, environment=environment)
        .order_by(DEPLOYMENTS.c.id.desc())
        .limit(1)
        .subquery()
    )
    same = sa.and_(
        *(VERSIONS.c[n] == newest.c[n] for n in ("project", "application", "variant", "version"))
    )
    with records.read() as connection:
        row = connection.execute(sa.select(VERSIONS).join(newest, same)).first()
    return version_of_row(row) if row else None


def list_versions(
    records: Records, project_id: str, application: str, *, variant: str | None = None
) -> list[PromptVersion]:
    """Returns the versions of an application, or of one of its variants; newest first."""
    named = {"variant": variant} if variant is not None else {}
    question = _of(VERSIONS, project_id, application=application, **named)
    order = (VERSIONS.c.created_at.desc(), VERSIONS.c.version.desc())
    with records.read() as connection:
        return [version_of_row(row) for row in connection.execute(question.order_by(*order))]


def add_deployment(
    records: Records, project_id: str, environment: str, ref: VersionRef, *, note: str, author: str
) -> Deployment:
    """Makes an environment answer with a version from now on."""
    made = Deployment(
        environment=environment, ref=ref, note=note, author=author, deployed_at=time.time_ns()
    )
    with records.write() as connection:
        connection.execute(
            sa.insert(DEPLOYMENTS),
            {
                "project": project_id,
                "environment": environment,
                **msgspec.structs.asdict(ref),
                "note": note,
                "author": author,
                "deployed_at": made.deployed_at,
            },
        )
    return made


def list_deployments(
    records: Records, project_id: str, application: str, *, environment: str | None = None
) -> list[Deployment]:
    """Returns every deployment of an application, newest first."""
    named = {"environment": environment} if environment is not None else {}
    question = _of(DEPLOYMENTS, project_id, application=application, **named).where(
        DEPLOYMENTS.c.environment != ITSELF
    )
    with records.read() as connection:
        rows = connection.execute(question.order_by(DEPLOYMENTS.c.id.desc())).all()
    return [
        Deployment(
            environment=row.environment,
            ref=ref_of(row),
            note=row.note,
            author=row.author,
            deployed_at=row.deployed_at,
        )
        for row in rows
    ]


def keep_provider_key(records: Records, project_id: str, key: ProviderKey) -> None:
    """Sets the key of a provider."""
    with records.write() as connection:
        _remove_key(connection, project_id, key.provider)
        connection.execute(
            sa.insert(PROVIDER_KEYS), {"project": project_id, **msgspec.structs.asdict(key)}
        )


def remove_provider_key(records: Records, project_id: str, provider: str) -> bool:
    """Removes the key of a provider; returns whether there was one."""
    with records.write() as connection:
        return _remove_key(connection, project_id, provider)


def _remove_key(connection: Connection, project_id: str, provider: str) -> bool:
    table = PROVIDER_KEYS.c
    gone = connection.execute(
        sa.delete(PROVIDER_KEYS).where(table.project == project_id, table.provider == provider)
    )
    return bool(gone.rowcount)


def list_provider_keys(records: Records, project_id: str) -> list[ProviderKey]:
    """Returns the keys of a project by provider, encrypted."""
    names = ProviderKey.__struct_fields__
    question = _of(PROVIDER_KEYS, project_id).order_by(PROVIDER_KEYS.c.provider)
    with records.read() as connection:
        rows: Sequence[Row[Any]] = connection.execute(question).all()
    return [ProviderKey(**{name: getattr(row, name) for name in names}) for row in rows]


def _of(table: sa.Table, project_id: str, **values: Any) -> sa.Select[Any]:
    """Returns the question for the rows of a project that have some values."""
    same = [table.c[name] == value for name, value in values.items()]
    return sa.select(table).where(table.c.project == project_id, *same)


def ref_of(row: Row[Any]) -> VersionRef:
    """Returns the version that a row names."""
    return VersionRef(row.application, row.variant, row.version)


def version_of_row(row: Row[Any]) -> PromptVersion:
    """Returns the version of a row."""
    return PromptVersion(
        ref=ref_of(row),
        prompt=msgspec.json.decode(row.prompt, type=Prompt),
        note=row.note,
        author=row.author,
        created_at=row.created_at,
    )
