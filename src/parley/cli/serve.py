"""`parley serve`: a server, until Ctrl-C."""

from collections.abc import Callable

from rich.console import Console

from parley.cli.errors import CliError
from parley.settings import Settings

__all__ = ["announce", "run", "serve"]


def serve(settings: Settings) -> None:
    """Receive telemetry and show chat sessions, until Ctrl-C."""
    run(settings, on_ready=announce)


def run(
    settings: Settings,
    *,
    on_ready: Callable[[str, str], None],
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Runs the server; what keeps it from starting becomes the command's error.

    Raises:
        CliError: the server or its store cannot start.
    """
    # The server's imports take most of a second; --help and `sessions` do without them.
    from parley.journal import JournalError  # noqa: PLC0415
    from parley.records import RecordsError  # noqa: PLC0415
    from parley.server import StartRefused, run_server  # noqa: PLC0415
    from parley.store import StoreError  # noqa: PLC0415

    try:
        run_server(settings, on_ready=on_ready, on_stop=on_stop)
    except (StartRefused, StoreError, JournalError, RecordsError) as refusal:
        raise CliError(str(refusal)) from refusal


def announce(address: str, grpc_address: str) -> None:
    """Prints where the server is; other programs read these lines."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Parley is ready at {address}")
    console.print(f"Send OpenTelemetry to OTEL_EXPORTER_OTLP_ENDPOINT={address}")
    if grpc_address:
        console.print(f"or, over gRPC, to OTEL_EXPORTER_OTLP_ENDPOINT={grpc_address}")
