"""Every setting of the server: one frozen list, read by the command line and by the docs.

May import nothing of Parley that opens, listens or connects. A value comes from the command line,
else from its environment variable, else it is the default. docs/settings.md is generated from
this list and a test compares them.
"""

import ipaddress
from pathlib import Path

from msgspec import Struct

__all__ = ["SETTINGS", "Setting", "Settings", "default_folder", "is_loopback", "settings_page"]


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one server, read and typed."""

    host: str = "127.0.0.1"
    port: int = 4318
    grpc_port: int = 4317
    data: Path
    clickhouse: str = ""
    records: str = ""
    prices_url: str = ""
    token: str = ""
    allowed_host: tuple[str, ...] = ()
    cors_origin: tuple[str, ...] = ()
    request_limit_bytes: int = 64 << 20
    project_rate_bytes: int = 0
    connection_limit: int = 1000
    run_limit: int = 200
    run_queue: int = 2000
    journal_quota_bytes: int = 2 << 30
    journal_keep_seconds: float = 600
    journal_keep_bytes: int = 2 << 30


class Setting(Struct, frozen=True):
    """One setting. `name` is the long option; `default` is shown as it is typed."""

    name: str
    default: str
    help: str

    @property
    def variable(self) -> str:
        """Returns the environment variable: `journal-quota-bytes` is PARLEY_JOURNAL_QUOTA_BYTES."""
        return "PARLEY_" + self.name.upper().replace("-", "_")


SETTINGS: tuple[Setting, ...] = (
    Setting("host", "127.0.0.1", "Address to listen on. Beyond loopback a token is required."),
    Setting("port", "4318", "Port of the pages, the API and OTLP/HTTP; 0 takes a free one."),
    Setting(
        "grpc-port", "4317", "Port of OTLP/gRPC on the same address; 0 takes a free one, -1 none."
    ),
    Setting(
        "data",
        "~/.local/share/parley",
        "Folder of everything stored; `parley demo` takes a subfolder.",
    ),
    Setting(
        "clickhouse",
        "",
        "URL of a ClickHouse server to store telemetry in; empty: the embedded engine.",
    ),
    Setting(
        "records",
        "",
        "URL of a PostgreSQL database to keep what people edit in (prices); empty: SQLite in the "
        "data folder.",
    ),
    Setting(
        "prices-url",
        "",
        "Where `parley prices update` fetches newer data of genai-prices; empty: where the package "
        "publishes them.",
    ),
    Setting("token", "", "Secret that every request must carry; empty: none is asked for."),
    Setting(
        "allowed-host",
        "",
        "A name this server is reached by, besides loopback and --host. May be repeated; "
        "in the variable, names are separated by spaces.",
    ),
    Setting(
        "cors-origin",
        "",
        "An origin whose pages may send telemetry from a browser, like https://shop.example. "
        "May be repeated; in the variable, origins are separated by spaces.",
    ),
    Setting(
        "request-limit-bytes",
        "67108864",
        "Largest request body that is accepted, compressed and inflated.",
    ),
    Setting(
        "project-rate-bytes",
        "",
        "Inflated bytes each second that one project may send before it is told to wait (429); "
        "empty or 0: no limit.",
    ),
    Setting(
        "connection-limit",
        "1000",
        "Connections open at once, HTTP and gRPC each. The longest idle one makes room for a new "
        "one.",
    ),
    Setting(
        "run-limit",
        "200",
        "Chat runs that ask their models at the same time; the others wait for their turn.",
    ),
    Setting(
        "run-queue",
        "2000",
        "Chat runs that may wait; further ones are told to come back later (429).",
    ),
    Setting(
        "journal-quota-bytes",
        "2147483648",
        "Received but not yet loaded bytes beyond which clients are told to wait (429).",
    ),
    Setting(
        "journal-keep-seconds",
        "600",
        "How long loaded journal segments are kept for a replay.",
    ),
    Setting(
        "journal-keep-bytes",
        "2147483648",
        "How many bytes of loaded journal segments are kept for a replay.",
    ),
)


def default_folder() -> Path:
    """Returns the folder used when --data is not given."""
    return Path.home() / ".local" / "share" / "parley"


def is_loopback(host: str) -> bool:
    """Returns whether nobody outside this machine can reach a server that listens on `host`.

    A name other than localhost counts as reachable, whatever it resolves to today.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings_page() -> str:
    """Returns docs/settings.md."""
    rows = [
        f"| `--{item.name}` | `{item.variable}` | {f'`{item.default}`' if item.default else '–'} "
        f"| {item.help} |"
        for item in SETTINGS
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Options of `parley serve` and `parley demo`. The command line wins over the",
            "environment variable, which wins over the default. This page is generated from",
            "`src/parley/settings.py` by `scripts/fix`.",
            "",
            "| option | variable | default | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
