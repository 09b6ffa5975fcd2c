"""`parley sessions list|show|label`: what a running server knows, in a terminal."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from parley.cli.client import Client
from parley.cli.errors import CliError
from parley.cli.tables import session_panel, sessions_table, transcript_lines, turns_table

__all__ = ["sessions"]

DEFAULT_URL = "http://127.0.0.1:4318"

sessions = typer.Typer(
    help="Read and label chat sessions of a running server.",
    no_args_is_help=True,
    add_completion=False,
)

Url = Annotated[str, typer.Option("--url", envvar="PARLEY_URL", help="The server.")]
Project = Annotated[str, typer.Option("--project", envvar="PARLEY_PROJECT", help="The project.")]
Token = Annotated[str, typer.Option("--token", envvar="PARLEY_TOKEN", help="The server's token.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's answer.")]


class Part(StrEnum):
    """What else a session has."""

    TRANSCRIPT = "transcript"
    SPANS = "spans"


@sessions.command("list")
def list_sessions(
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    from_time: Annotated[
        str, typer.Option("--from", help="Alive at or after this ISO-8601 time.")
    ] = "",
    to_time: Annotated[
        str, typer.Option("--to", help="Alive at or before this ISO-8601 time.")
    ] = "",
    q: Annotated[
        str, typer.Option("--q", help='Words, and "phrases", that the conversation must hold.')
    ] = "",
    filter_text: Annotated[
        str, typer.Option("--filter", help="Such as: cost_usd > 0.5 and failed (docs/filters.md).")
    ] = "",
    sort: Annotated[
        str, typer.Option(help="A number of the session, `-` in front for descending.")
    ] = "-last_activity_at",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    cursor: Annotated[str, typer.Option(help="`next_cursor` of the page before.")] = "",
    as_json: AsJson = False,
) -> None:
    """List sessions, the latest activity first."""
    given = {"from": from_time, "to": to_time, "q": q, "filter": filter_text, "cursor": cursor}
    parameters = {"sort": sort, "limit": str(limit)}
    parameters |= {name: value for name, value in given.items() if value}
    page = Client(url=url, project=project, token=token).find_sessions(parameters)
    if as_json:
        print_json(page)
    else:
        console = Console()
        table, foot = sessions_table(page)
        console.print(table)
        console.print(foot, soft_wrap=True)  # a cursor is copied whole


@sessions.command("show")
def show_session(
    session_id: Annotated[str, typer.Argument(help="The session's id.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    part: Annotated[Part | None, typer.Option(help="Instead of the turns.")] = None,
    cursor: Annotated[
        str, typer.Option(help="`next_cursor` of the part's page before, with --json.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show a session and its turns, or what was said in it."""
    client = Client(url=url, project=project, token=token)
    answer = client.open_session(session_id, part=part.value if part else "", cursor=cursor)
    console = Console()
    if as_json:
        print_json(answer)
    elif part is Part.SPANS:
        raise CliError("span trees are only printed with --json; the page shows them better")
    elif part is Part.TRANSCRIPT:
        for page in pages(client, session_id, answer):
            for line in transcript_lines(page):
                console.print(line)
    else:
        console.print(session_panel(answer["session"]))
        console.print(turns_table(answer["turns"]))


@sessions.command("label")
def label_session(
    session_id: Annotated[str, typer.Argument(help="The session's id.")],
    *,
    title: Annotated[str | None, typer.Option(help="What lists call it; '' takes it away.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag to add; repeatable.")
    ] = None,
    untag: Annotated[
        list[str] | None, typer.Option("--untag", help="A tag to take away; repeatable.")
    ] = None,
    bookmark: Annotated[
        bool | None, typer.Option("--bookmark/--no-bookmark", help="Bookmark it, or no longer.")
    ] = None,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Give a session a title, tags or a bookmark, or take them away."""
    given = {"title": title, "add_tags": tag, "remove_tags": untag, "bookmarked": bookmark}
    change = {name: value for name, value in given.items() if value is not None}
    if not change:
        raise CliError("nothing to change; see --title, --tag, --untag, --bookmark")
    client = Client(url=url, project=project, token=token)
    answer = client.label_session(session_id, change)
    if as_json:
        print_json(answer)
    else:
        Console().print(session_panel(answer["session"]))


def pages(client: Client, session_id: str, page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a page of a transcript and all that follow it."""
    yield page
    while cursor := page["next_cursor"]:
        page = client.open_session(session_id, part=Part.TRANSCRIPT.value, cursor=cursor)
        yield page


def print_json(answer: dict[str, Any]) -> None:
    """Prints an answer for other programs."""
    text = msgspec.json.format(msgspec.json.encode(answer), indent=2)
    sys.stdout.write(text.decode() + "\n")
