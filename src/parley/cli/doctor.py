"""`parley doctor`: looks into a data folder while no server holds it."""

import platform
import time
from pathlib import Path
from typing import Annotated

import typer

from parley import __version__
from parley.cli.errors import CliError
from parley.cli.quarantine import open_journal, quarantine
from parley.cli.unknown import unknown
from parley.settings import Settings, default_folder

__all__ = ["doctor"]

DEFAULT_FOLDER = default_folder()

doctor = typer.Typer(
    help="Check a data folder that no server holds: versions, journal, counts, quarantine.",
    invoke_without_command=True,
    add_completion=False,
)
doctor.add_typer(quarantine, name="quarantine")
doctor.command("unknown")(unknown)


@doctor.callback()
def check(
    context: typer.Context,
    *,
    data: Annotated[
        Path, typer.Option("--data", envvar="PARLEY_DATA", help="The data folder.")
    ] = DEFAULT_FOLDER,
    clickhouse: Annotated[
        str, typer.Option("--clickhouse", envvar="PARLEY_CLICKHOUSE", help="URL, if not embedded.")
    ] = "",
    records: Annotated[
        str, typer.Option("--records", envvar="PARLEY_RECORDS", help="URL, if not SQLite.")
    ] = "",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Derive every session again from the stored spans.")
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Drop attachments that no message names any more.")
    ] = False,
) -> None:
    """Check a data folder that no server holds: versions, journal, counts, quarantine."""
    if context.invoked_subcommand is not None:
        return
    # What needs the engine is imported when it is used: --help does not.
    from parley.journal import JournalError  # noqa: PLC0415
    from parley.records import RecordsError  # noqa: PLC0415
    from parley.server import StartRefused, hold_folder  # noqa: PLC0415
    from parley.store import StoreError  # noqa: PLC0415

    settings = Settings(data=data.expanduser(), clickhouse=clickhouse, records=records)
    if not settings.data.exists():
        raise CliError(f"{settings.data} does not exist; --data names another folder")
    try:
        with hold_folder(settings.data):
            examine(settings, is_rebuild=rebuild, is_sweep=sweep)
    except (StartRefused, StoreError, JournalError, RecordsError) as refusal:
        raise CliError(str(refusal)) from refusal


def examine(settings: Settings, *, is_rebuild: bool, is_sweep: bool) -> None:
    """Prints what is there; a journal with a torn end is repaired by being opened."""
    from parley.derive import LivePrices, drop_unnamed, rebuild  # noqa: PLC0415
    from parley.query import list_projects, read_stats  # noqa: PLC0415
    from parley.records import Records  # noqa: PLC0415
    from parley.server import records_url  # noqa: PLC0415
    from parley.store import Store  # noqa: PLC0415

    show("parley", f"{__version__}, Python {platform.python_version()}")
    show("folder", str(settings.data))
    journal = open_journal(settings)
    waiting, quarantined = journal.bytes_waiting(), len(journal.quarantined())
    journal.close()
    show("journal", f"{waiting:,} bytes wait; the next server loads them")
    listed = f"{quarantined} requests; `parley doctor quarantine list` shows them"
    show("quarantine", listed if quarantined else "empty")
    store = Store.open(settings.data / "telemetry", settings.clickhouse or None)
    try:
        show("store", f"ClickHouse {store.engine_version}, its schema is current")
        if is_rebuild:
            began = time.monotonic()
            records = Records.open(records_url(settings))
            rebuild(store, LivePrices(records, store))
            records.close()
            show("rebuild", f"done in {time.monotonic() - began:.1f} s")
        for name in list_projects(store):
            if is_sweep:
                dropped, size_bytes = drop_unnamed(store, name)
                found = f"{dropped:,} attachments dropped, {size_bytes:,} bytes"
                show(f"sweep {name!r}", found if dropped else "every attachment is named")
            stats = read_stats(store, name)
            behind = f", {stats.derivation_lag_ms / 1000:.0f} s behind"
            show(
                f"project {name!r}",
                f"{stats.spans:,} spans, {stats.sessions:,} sessions, {stats.messages:,} messages"
                + (behind if stats.derivation_lag_ms else ""),
            )
    finally:
        store.close()


def show(name: str, finding: str) -> None:
    """Prints one finding."""
    typer.echo(f"{name + ':':<20} {finding}")
