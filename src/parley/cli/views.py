"""`parley views list|save|remove`: saved views of the list of sessions, in a running server."""

from typing import Annotated
from urllib.parse import quote

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from parley.cli.client import Client
from parley.cli.sessions import DEFAULT_URL, AsJson, Project, Token, Url, print_json
from parley.cli.tables import plain

__all__ = ["views"]

views = typer.Typer(
    help="Save views of the list of sessions, in a running server.",
    no_args_is_help=True,
    add_completion=False,
)


@views.command("list")
def list_views(
    *, url: Url = DEFAULT_URL, project: Project = "", token: Token = "", as_json: AsJson = False
) -> None:
    """List the saved views, oldest first."""
    answer = Client(url=url, project=project, token=token).get("/api/v1/views", {})
    if as_json:
        print_json(answer)
        return
    if not answer["views"]:
        typer.echo("No view is saved.")
        return
    table = Table("ID", "NAME", "RANGE", "WORDS", "FILTER", "SORT", box=None)
    for view in answer["views"]:
        range_ = " – ".join(filter(None, (view["from"], view["to"]))) or view["range"]
        cells = (view["id"], view["name"], range_, view["q"], view["filter"], view["sort"])
        table.add_row(*(plain(cell) for cell in cells))
    Console().print(table)


@views.command("save")
def save_view(
    name: Annotated[str, typer.Argument(help="What its tab says.")],
    *,
    q: Annotated[str, typer.Option("--q", help="Words in the conversation.")] = "",
    filter_text: Annotated[str, typer.Option("--filter", help="Such as `turns >= 10`.")] = "",
    range_: Annotated[str, typer.Option("--range", help="30m, 3h, 24h, 7d, 30d or all.")] = "",
    sort: Annotated[str, typer.Option(help="A number of a session; - for descending.")] = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Save a view under a name that no other has."""
    given = {"name": name, "q": q, "filter": filter_text, "range": range_, "sort": sort}
    body = msgspec.json.encode({key: value for key, value in given.items() if value})
    answer = Client(url=url, project=project, token=token).send("POST", "/api/v1/views", {}, body)
    typer.echo(f"{answer['id']} saved")


@views.command("remove")
def remove_view(
    view_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Remove a view; the sessions that it showed stay."""
    client = Client(url=url, project=project, token=token)
    client.send("DELETE", "/api/v1/views/" + quote(view_id, safe=""), {})
    typer.echo(f"{view_id} removed")
