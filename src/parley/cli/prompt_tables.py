"""How prompts look in a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from parley.cli.tables import ago, plain, visible

__all__ = [
    "applications_table",
    "deployments_table",
    "diff_lines",
    "keys_table",
    "run_foot",
    "version_lines",
    "versions_table",
]

DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def table_of(*columns: str, title: str = "") -> Table:
    """Returns an empty table; the first column is never cut, it is typed again."""
    table = Table(box=None, header_style="bold", pad_edge=False, title=title or None)
    table.title_justify = "left"
    for name in columns:
        table.add_column(name, no_wrap=name == columns[0], overflow="fold")
    return table


def applications_table(found: Sequence[dict[str, Any]]) -> Table:
    """Returns applications with their newest versions and environments."""
    table = table_of("application", "name", "newest", "environments")
    for item in found:
        environments = [
            f"{name} {ref['variant']}:{ref['version']}"
            for name, ref in item["environments"].items()
        ]
        table.add_row(
            item["slug"],
            plain(item["name"]),
            ", ".join(f"{name}:{number}" for name, number in item["variants"].items()) or "none",
            ", ".join(environments) or "not deployed",
        )
    return table


def versions_table(answer: dict[str, Any]) -> Table:
    """Returns the versions of an application, and which environments answer with each."""
    environments = answer["application"]["environments"]
    table = table_of("version", "model", "note", "by", "saved", "answers in", title="Versions")
    for item in answer["versions"]:
        own = {"variant": item["variant"], "version": item["version"]}
        table.add_row(
            f"{item['variant']}:{item['version']}",
            plain(item["prompt"]["model"]),
            plain(item["note"]),
            plain(item["author"]),
            ago(item["created_at"]),
            ", ".join(name for name, ref in environments.items() if ref == own),
        )
    return table


def deployments_table(found: Sequence[dict[str, Any]]) -> Table:
    """Returns what environments took, newest first."""
    table = table_of("environment", "version", "note", "by", "when", title="Deployments")
    for item in found:
        table.add_row(
            item["environment"],
            f"{item['variant']}:{item['version']}",
            plain(item["note"]),
            plain(item["author"]),
            ago(item["deployed_at"]),
        )
    return table


def version_lines(item: dict[str, Any]) -> Iterator[Text]:
    """Yields a version as it is read: its messages, then how it is run."""
    prompt = item["prompt"]
    by = f" by {item['author']}" if item["author"] else ""
    head = f"{item['variant']}:{item['version']}, saved {ago(item['created_at'])}{by}"
    yield Text(visible(f"{head}: {item['note']}" if item["note"] else head), style="bold")
    for message in prompt["messages"]:
        yield Text(message["role"], style="dim")
        is_slot = message["role"] == "history"
        yield Text(visible("(the conversation so far)" if is_slot else message["content"]))
    settings = {"model": prompt["model"], **prompt["parameters"]}
    for name in ("tools", "response_format"):
        if prompt[name]:
            settings[name] = msgspec.json.encode(prompt[name]).decode()
    settings["inputs"] = ", ".join(item["input_schema"]["properties"])
    for name, value in settings.items():
        yield Text.assemble((f"{name} ", "dim"), visible(str(value)))


def diff_lines(lines: Sequence[str]) -> Iterator[Text]:
    """Yields the lines of a unified diff in its colours."""
    for line in lines:
        yield Text(visible(line), style=DIFF_STYLES.get(line[:1], ""))


def keys_table(found: Sequence[dict[str, Any]]) -> Table:
    """Returns providers with a key; of the key itself only its end."""
    table = table_of("provider", "key", "address", "changed")
    for item in found:
        hint = f"ends in {item['hint']}" if item["hint"] else "set"
        table.add_row(item["provider"], hint, plain(item["base_url"]), ago(item["changed_at"]))
    return table


def run_foot(answer: dict[str, Any]) -> str:
    """Returns what a run came to, on one line."""
    usage = answer["usage"]
    cost = "cost unknown" if answer["cost_usd"] is None else f"${answer['cost_usd']:.6f}"
    return visible(
        f"{answer['variant']}:{answer['version']} · {answer['model']} · "
        f"{usage['input_tokens']} in, {usage['output_tokens']} out · {cost} · "
        f"session {answer['session_id']} · trace {answer['trace_id']}"
    )
