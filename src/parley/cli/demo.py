"""`parley demo`: a server with sample conversations, and new ones that keep arriving."""

import threading
from pathlib import Path

import typer

from parley.cli.errors import CliError
from parley.cli.serve import announce, run
from parley.demo import DemoError, DemoTraffic
from parley.settings import Settings

__all__ = ["demo"]

MARK = "demo-history"  # holds "begun" or "complete"


def demo(settings: Settings) -> None:
    """Serve with sample conversations of the last days and live ones that keep arriving."""
    check_folder(settings.data)
    stage = Demo(settings)
    run(settings, on_ready=stage.begin, on_stop=stage.end)


def check_folder(folder: Path) -> None:
    """Refuses a folder with somebody's real telemetry: made-up conversations do not belong there.

    Raises:
        CliError: the folder was not begun by a demo.
    """
    if (folder / "telemetry").exists() and not (folder / MARK).exists():
        raise CliError(f"{folder} holds telemetry that is not the demo's; --data takes another")


class Demo:
    """The traffic of one run. It comes through the front door, so it begins when that is open."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.mark = settings.data / MARK
        self.traffic: DemoTraffic | None = None

    def begin(self, address: str, grpc_address: str) -> None:
        """Starts the traffic beside the server."""
        announce(address, grpc_address)
        self.traffic = DemoTraffic(address, token=self.settings.token or None)
        threading.Thread(target=self.play, args=[self.traffic], name="demo", daemon=True).start()

    def play(self, traffic: DemoTraffic) -> None:
        """Pushes the history, once per folder, then goes on living."""
        try:
            if not self.mark.exists() or self.mark.read_text() != "complete":
                self.mark.write_text("begun")
                spans = traffic.push_history()
                self.mark.write_text("complete")
                typer.echo(f"{spans} spans of sample conversations sent; live ones follow")
        except DemoError as error:
            typer.echo(f"the sample conversations stopped: {error}")
            return
        traffic.start_live()

    def end(self) -> None:
        """Ends the traffic before the server waits for its requests."""
        if self.traffic:
            self.traffic.stop()
