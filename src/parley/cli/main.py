"""The program `parley`: its commands and how it fails."""

import sys
from typing import Annotated

import typer

from parley import __version__
from parley.cli.doctor import doctor
from parley.cli.errors import CliError
from parley.cli.export import export
from parley.cli.options import with_settings
from parley.cli.prices import prices
from parley.cli.prompts import prompts
from parley.cli.serve import serve
from parley.cli.sessions import sessions
from parley.cli.views import views
from parley.settings import Settings, default_folder

__all__ = ["app", "main"]

app = typer.Typer(
    name="parley",
    help="Observability for chat applications: OpenTelemetry in, chat sessions out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def demo(settings: Settings) -> None:
    """Serve with sample conversations of the last days and live ones that keep arriving."""
    from parley.cli.demo import demo as play  # noqa: PLC0415 - the demo's imports are its own

    play(settings)


def show_version(asked: bool) -> None:
    """Prints the version and ends."""
    if asked:
        typer.echo(f"parley {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Observability for chat applications: OpenTelemetry in, chat sessions out."""


app.command("serve")(with_settings(serve, data=default_folder()))
app.command("demo")(with_settings(demo, data=default_folder() / "demo"))
app.add_typer(sessions, name="sessions")
app.command("export")(export)
app.add_typer(prices, name="prices")
app.add_typer(prompts, name="prompts")
app.add_typer(views, name="views")
app.add_typer(doctor, name="doctor")


def main() -> None:
    """Runs the command line; a failed command prints one line and exits with 1."""
    try:
        app()
    except CliError as error:
        typer.secho(f"parley: {error}", err=True, fg="red")
        sys.exit(1)
