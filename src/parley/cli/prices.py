"""`parley prices list|set|remove|import|update`: what models cost, through a running server."""

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from parley.cli.client import Client
from parley.cli.errors import CliError
from parley.cli.sessions import DEFAULT_URL, AsJson, Project, Token, Url, print_json
from parley.cli.tables import ago, plain

__all__ = ["prices"]

POLL_SECONDS = 0.3
STALLED_SECONDS = 600.0  # nothing was priced again in this time

prices = typer.Typer(
    help="See and set what models cost, in a running server.",
    no_args_is_help=True,
    add_completion=False,
)

Wait = Annotated[bool, typer.Option("--wait", help="Until every call concerned is priced again.")]
Price = Annotated[str, typer.Option(help="Dollars for a million tokens.")]
ForAll = Annotated[bool, typer.Option("--all-projects", help="For every project.")]


@prices.command("list")
def list_prices(
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    model: Annotated[str, typer.Option(help="Only what has this in a model's name.")] = "",
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only models with calls without a price.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the models of the last 30 days with their rates, and the prices that were set."""
    parameters = {"model": model} if model else {}
    parameters |= {"unknown": "true"} if unknown else {}
    client = Client(url=url, project=project, token=token)
    answer = client.get("/api/v1/prices", parameters)
    if as_json:
        print_json(answer)
        return
    console = Console()
    console.print(models_table(answer["models"]) if answer["models"] else "No such model in use.")
    if answer["prices"]:
        console.print(prices_table(answer["prices"]))


@prices.command("set")
def set_price(
    model: Annotated[str, typer.Argument(help="As clients write it; * stands for anything.")],
    *,
    input_price: Annotated[str, typer.Option("--input", help="Dollars for a million tokens.")],
    output_price: Annotated[str, typer.Option("--output", help="The same, output.")],
    cached_input: Price = "",
    cache_write: Price = "",
    reasoning: Price = "",
    provider: Annotated[str, typer.Option(help="Only calls of this provider.")] = "",
    valid_from: Annotated[str, typer.Option("--from", help="First day, as 2026-01-31.")] = "",
    valid_until: Annotated[str, typer.Option("--until", help="First day after it.")] = "",
    tiers: Annotated[str, typer.Option(help='As [{"above": 200000, "input": 4}].')] = "",
    for_all: ForAll = False,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    wait: Wait = False,
) -> None:
    """Set the price of a model; its calls are priced again in the background."""
    given = {
        "model": model,
        "provider": provider,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "input": input_price,
        "output": output_price,
        "cached_input": cached_input,
        "cache_write": cache_write,
        "reasoning": reasoning,
        "tiers": tiers,
        "scope": "all" if for_all else "project",
    }
    client = Client(url=url, project=project, token=token)
    body = msgspec.json.encode({name: value for name, value in given.items() if value})
    answer = client.send("PUT", "/api/v1/prices", {}, body)
    said = "set" if answer["changed"] else "is so already"
    typer.echo(f"{answer['prices'][0]['id']} {said}")
    if wait:
        wait_priced(client)


@prices.command("remove")
def remove_price(
    price_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    wait: Wait = False,
) -> None:
    """Remove a price; its calls are priced by what is left."""
    client = Client(url=url, project=project, token=token)
    client.send("DELETE", "/api/v1/prices/" + quote(price_id, safe=""), {})
    typer.echo(f"{price_id} removed")
    if wait:
        wait_priced(client)


@prices.command("import")
def import_prices(
    file: Annotated[Path, typer.Argument(help="JSON or CSV with the fields of a price.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    wait: Wait = False,
) -> None:
    """Set all prices of a file, or none: the first error names its line and field."""
    client = Client(url=url, project=project, token=token)
    answer = client.send("POST", "/api/v1/prices/import", {}, content_of(file))
    count = len(answer["prices"])
    said = "set" if answer["changed"] else "set already"
    typer.echo(f"{count} price{'s' if count != 1 else ''} {said}")
    if wait:
        wait_priced(client)


@prices.command("update")
def update_package(
    *,
    file: Annotated[
        Path | None, typer.Option(help="Data of genai-prices, instead of fetching them.")
    ] = None,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    wait: Wait = False,
) -> None:
    """Take the newest rates of genai-prices; calls without a price are priced by them."""
    client = Client(url=url, project=project, token=token)
    body = content_of(file) if file else b""
    answer = client.send("POST", "/api/v1/prices/update", {}, body)
    typer.echo(f"rates of {answer['source']}")
    if wait:
        wait_priced(client)


def content_of(file: Path) -> bytes:
    """Returns the bytes of a file that holds something. Raises CliError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CliError(f"cannot read {file}: {error.strerror}") from error
    if not content:
        raise CliError(f"{file} is empty")
    return content


def wait_priced(client: Client) -> None:
    """Returns once the changes of prices are in every answer, and shows how far they are.

    Raises:
        CliError: it does not get on.
    """
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("priced again", total=None)
        moved, before = time.monotonic(), None
        while True:
            progress = client.get("/api/v1/prices/repricing", {})
            if progress["is_done"]:
                return
            if progress != before:
                moved, before = time.monotonic(), progress
            if time.monotonic() - moved > STALLED_SECONDS:
                raise CliError(f"{progress['waiting']} traces still wait to be priced again")
            done = progress["traces"] - progress["waiting"]
            bar.update(task, total=progress["traces"] or None, completed=done)
            time.sleep(POLL_SECONDS)


def models_table(models: list[dict[str, Any]]) -> Table:
    """Returns the models in use; those with calls without a price come first."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("model", "provider"):
        table.add_column(name, overflow="fold")
    for name in ("calls", "cost", "no price"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rate of", no_wrap=True)
    table.add_column("in / out", no_wrap=True)
    table.add_column("last call", no_wrap=True)
    for item in models:
        cost = "unknown" if item["cost_usd"] is None else f"${item['cost_usd']:.4f}"
        rate = item["rate"]
        table.add_row(
            plain(item["response_model"] or item["model"] or "(no model)"),
            plain(item["provider"]),
            f"{item['calls']:,}",
            cost,
            Text(f"{item['unpriced_calls']:,}", style="red" if item["unpriced_calls"] else "dim"),
            item["source"] or "none",
            f"{rate['input']} / {rate['output']}" if {"input", "output"} <= rate.keys() else "",
            ago(item["last_at"]),
        )
    return table


def prices_table(found: list[dict[str, Any]]) -> Table:
    """Returns the prices that were set; ids are never cut, they are typed again."""
    table = Table(box=None, header_style="bold", pad_edge=False, title="Set here")
    for name in ("id", "model", "provider", "for", "from", "until"):
        table.add_column(name, no_wrap=name == "id")
    for name in ("input", "output", "cached", "write", "reasoning"):
        table.add_column(name, justify="right")
    for item in found:
        table.add_row(
            item["id"],
            plain(item["model"]),
            plain(item["provider"]),
            item["scope"],
            item["valid_from"] or "",
            item["valid_until"] or "",
            item["input"],
            item["output"],
            *(item[name] or "" for name in ("cached_input", "cache_write", "reasoning")),
        )
    return table
