"""`parley doctor quarantine list|retry|drop`: what was set aside in a folder no server holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from parley.cli.errors import CliError
from parley.cli.tables import quarantine_table
from parley.settings import Settings, default_folder

if TYPE_CHECKING:
    from parley.journal import Journal

__all__ = ["open_journal", "quarantine"]

DEFAULT_FOLDER = default_folder()

quarantine = typer.Typer(
    help="List, load again or drop what was set aside.", no_args_is_help=True, add_completion=False
)

Data = Annotated[Path, typer.Option("--data", envvar="PARLEY_DATA", help="The data folder.")]
Ids = Annotated[list[str] | None, typer.Argument(help="As `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Everything there is.")]


@quarantine.command("list")
def list_entries(data: Data = DEFAULT_FOLDER) -> None:
    """Show what was set aside, and why."""
    from parley.load import list_set_aside  # noqa: PLC0415 - --help does without the engine

    with held_journal(data) as journal:
        found = list_set_aside(journal)
    console = Console()
    if not found:
        console.print("The quarantine is empty.")
        return
    console.print(quarantine_table(found))


@quarantine.command("retry")
def retry(ids: Ids = None, data: Data = DEFAULT_FOLDER, every: All = False) -> None:
    """Put entries back into the journal; the next server loads them."""
    from parley.load import retry_set_aside  # noqa: PLC0415

    done = act(retry_set_aside, data, ids or [], every=every)
    typer.echo(f"{done} put back; the next server loads them")


@quarantine.command("drop")
def drop(ids: Ids = None, data: Data = DEFAULT_FOLDER, every: All = False) -> None:
    """Remove entries for good."""
    from parley.load import drop_set_aside  # noqa: PLC0415

    typer.echo(f"{act(drop_set_aside, data, ids or [], every=every)} dropped")


def act(
    action: Callable[["Journal", str], bool], data: Path, ids: list[str], *, every: bool
) -> int:
    """Returns how many entries were acted on.

    Raises:
        CliError: an id is unknown (then nothing was done), or neither ids nor --all are given.
    """
    if bool(ids) == every:
        raise CliError("name the entries by their ids, or give --all")
    with held_journal(data) as journal:
        known = [entry.id for entry in journal.quarantined()]
        if unknown := sorted(set(ids) - set(known)):
            raise CliError(f"nothing {unknown[0]!r} is in quarantine")
        return sum(action(journal, entry_id) for entry_id in (known if every else ids))


@contextmanager
def held_journal(data: Path) -> Iterator["Journal"]:
    """Yields the journal of a folder that nobody else holds. Raises CliError."""
    from parley.journal import JournalError  # noqa: PLC0415
    from parley.server import StartRefused, hold_folder  # noqa: PLC0415

    settings = Settings(data=data.expanduser())
    if not (settings.data / "journal").exists():
        raise CliError(f"{settings.data} holds no journal; --data names another folder")
    try:
        with hold_folder(settings.data):
            journal = open_journal(settings)
            try:
                yield journal
            finally:
                journal.close()
    except (StartRefused, JournalError) as refusal:
        raise CliError(str(refusal)) from refusal


def open_journal(settings: Settings) -> "Journal":
    """Returns the journal of a folder; opening it repairs a torn end."""
    from parley.journal import Journal  # noqa: PLC0415

    journal = Journal(
        settings.data / "journal",
        quota_bytes=settings.journal_quota_bytes,
        keep_seconds=settings.journal_keep_seconds,
        keep_bytes=settings.journal_keep_bytes,
    )
    journal.open()
    return journal
