"""`parley export`: sessions of a running server into a file."""

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from parley.cli.client import Client
from parley.cli.errors import CliError
from parley.cli.sessions import DEFAULT_URL, Project, Token, Url

__all__ = ["export"]


class Format(StrEnum):
    """What the file is."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    MD = "md"


class Kind(StrEnum):
    """What a line is."""

    SESSIONS = "sessions"
    DATASET = "dataset"


OF_ONE = (Format.JSON, Format.MD)


def export(
    output: Annotated[
        Path | None, typer.Argument(help="The file; without it standard output.")
    ] = None,
    *,
    form: Annotated[
        Format, typer.Option("--format", help="json and md: one session, whole.")
    ] = Format.JSONL,
    kind: Annotated[Kind, typer.Option(help="A row, or the chat messages, of each session.")] = (
        Kind.SESSIONS
    ),
    session: Annotated[
        list[str] | None, typer.Option(help="Only the session of this id; may be repeated.")
    ] = None,
    filter_text: Annotated[
        str, typer.Option("--filter", help="Such as: cost_usd > 0.5 and failed (docs/filters.md).")
    ] = "",
    q: Annotated[
        str, typer.Option("--q", help='Words, and "phrases", that the conversation must hold.')
    ] = "",
    from_time: Annotated[
        str, typer.Option("--from", help="Alive at or after this ISO-8601 time.")
    ] = "",
    to_time: Annotated[
        str, typer.Option("--to", help="Alive at or before this ISO-8601 time.")
    ] = "",
    sort: Annotated[
        str, typer.Option(help="A number of the session, `-` in front for descending.")
    ] = "-last_activity_at",
    attachments: Annotated[
        bool, typer.Option("--attachments", help="With --format json: their bytes too.")
    ] = False,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Write sessions to a file: rows, chat messages, or one session whole."""
    given = {"q": q, "filter": filter_text, "from": from_time, "to": to_time}
    parameters: dict[str, Any] = {name: value for name, value in given.items() if value}
    chosen = session or []
    if form in OF_ONE:
        if len(chosen) != 1 or parameters or kind is Kind.DATASET:
            raise CliError(f"--format {form} is of one session: --session ID, and nothing else")
        path, parameters = "/api/v1/session/export", {"id": chosen[0], "format": form.value}
        if attachments:
            parameters["attachments"] = "inline"
    else:
        if attachments:
            raise CliError("--attachments is for --format json")
        path = "/api/v1/export"
        parameters |= {"format": form.value, "kind": kind.value, "sort": sort, "session": chosen}
    client = Client(url=url, project=project, token=token)
    if output is None and form is Format.PARQUET and sys.stdout.isatty():
        raise CliError("Parquet is not for a terminal: name a file")
    write(client, path, parameters, output)


def write(client: Client, path: str, parameters: dict[str, Any], output: Path | None) -> None:
    """Writes what is downloaded, into a file that is there only when it is whole."""
    part = output.with_name(output.name + ".part") if output else None
    with ExitStack() as stack:
        total, pieces = stack.enter_context(client.download(path, parameters))
        file: IO[bytes] = stack.enter_context(part.open("wb")) if part else sys.stdout.buffer
        if part:
            stack.callback(part.unlink, missing_ok=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        progress = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
        stack.enter_context(progress)
        counted = "1 session" if total in (None, 1) else f"{total:,} sessions"
        task = progress.add_task(counted, total=None)
        for piece in pieces:
            file.write(piece)
            progress.advance(task, len(piece))
        progress.update(task, total=progress.tasks[0].completed)
        file.flush()
        if part and output:
            part.replace(output)
