"""Pages about clients, made of a table and of the very scripts that run against the server.

A guide with `live` shows the script of tests/clients with what only the tests need taken out; a
piece of it that is not there any more fails here, not at a reader's.
"""

import ast
import json
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.roster import CLIENTS
from tests.serving import ROOT

__all__ = ["FOLDER", "Guide", "Live", "code_of", "index_of", "page_of"]

FOLDER = ROOT / "docs" / "clients"
SCRIPTS = ROOT / "tests" / "clients"
CORPUS = ROOT / "tests" / "corpus"
CODE = "<code>"  # where it goes, once the blank lines around it are right
ENDS = re.compile(r"\n(\w+\.(?:shutdown|flush)\(\))(?=\n|$)")
URL = "http://127.0.0.1:4318"
# What the tests put in the place of what a reader has.
SAID = 'client.chat.completions.create(model="gpt-4o-mini", messages=messages)'
CLAUDE = 'client.messages.create(model="claude-haiku-4-5", max_tokens=1000, messages=messages)'
MEANT = (
    (r'f"\{talk\.PARLEY_URL\}(/[\w/]+)"', rf'"{URL}\1"'),
    (r"talk\.PARLEY_URL", f'"{URL}"'),
    (r"`\$\{talk\.parley\}(/[\w/]+)`", rf'"{URL}\1"'),
    (r"chat\.session_id", '"conversation_123"'),
    (r"chat\.user_id", '"user_7"'),
    (r"talk\.ask_openai\([^()]*\)", SAID),
    (r"talk\.ask_claude\([^()]*\)", CLAUDE),
    (r"talk\.openai_client\(\)", "OpenAI()"),
    (r"anthropic\.Anthropic\([^()]*\)", "anthropic.Anthropic()"),
    (
        r'(Async)?OpenAI\(base_url=f"\{talk\.MODEL_URL\}/v1", api_key="any", max_retries=0\)',
        r"\1OpenAI()",
    ),
    (
        r"def (\w+)\((?:words: str, )?chat: talk\.Chat, turn: talk\.Turn\) -> str:",
        r"def \1(messages):",
    ),
    (r"turn\.words", 'messages[-1]["content"]'),
    (r"@tool\(name=talk\.TOOL\)", "@tool"),
)


@dataclass(frozen=True)
class Live:
    """A client of the roster, and how its script becomes what a reader writes.

    shown: the packages whose versions are told; functions: those of the script that are shown;
    lines: of a script that is not Python, (start, end) of each part, the end not included;
    replaced: (old, new) besides MEANT; each `old` must be there.
    """

    client: str
    shown: tuple[str, ...]
    functions: tuple[str, ...] = ("ask",)
    lines: tuple[tuple[str, str], ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()

    @property
    def script(self) -> Path:
        """The file that is run."""
        return SCRIPTS / next(item.script for item in CLIENTS if item.name == self.client)

    @property
    def is_rare(self) -> bool:
        """It is run when the clients are measured, not in every run of the tests."""
        return next(item.rarely for item in CLIENTS if item.name == self.client)

    @property
    def versions(self) -> list[str]:
        """The packages as they are pinned."""
        environment = next(item.environment for item in CLIENTS if item.name == self.client)
        pinned = SCRIPTS / "requirements" / f"{environment}.json"
        if pinned.exists():
            found = json.loads(pinned.read_text())["dependencies"]
        else:
            lines = pinned.with_suffix(".txt").read_text().split()
            found = dict(line.split("==") for line in lines)
        return [f"{name} {found[name]}" for name in self.shown]


@dataclass(frozen=True)
class Guide:
    """One page. Exactly one of live, recorded (a folder of tests/corpus) and read says how known.

    keys: the attributes that the session id arrives in; path: where the client sends.
    """

    slug: str
    title: str
    install: str
    keys: tuple[str, ...]
    path: str = "/v1/traces"
    environment: tuple[str, ...] = ()
    code: str = ""
    language: str = "python"
    live: Live | None = None
    recorded: str = ""
    version: str = ""  # of what is not live
    read: str = ""  # where it was read
    runs: bool = False  # its code is run by the tests of the documentation
    notes: tuple[str, ...] = field(default_factory=tuple)


def code_of(guide: Guide) -> str:
    """Returns the code of a page."""
    if guide.live is None:
        return textwrap.dedent(guide.code).strip()
    source = guide.live.script.read_text()
    if guide.live.lines:
        source = "\n\n".join(between(source, *part) for part in guide.live.lines)
    else:
        source = shown_python(source, guide.live.functions)
    for old, new in guide.live.replaced:
        assert old in source, f"{guide.slug}: the script has no {old!r} any more"
        source = source.replace(old, new)
    for pattern, meant in MEANT:
        source = re.sub(pattern, meant, source)
    assert "talk" not in source, f"{guide.slug}: {source}"
    if guide.language != "python":
        return re.sub(r"\n{3,}", "\n\n", source).strip()
    source = ENDS.sub(r"\n\n# When the program ends:\n\1", source, count=1)
    if re.search(r"\bOpenAI\(\)", source) and not re.search(r"import .*\bOpenAI\b", source):
        source = f"from openai import OpenAI\n{source}"
    return in_style(source)


def in_style(source: str) -> str:
    """Returns Python with sorted imports, as the formatter writes it."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--quiet", "--isolated", "--line-length", "90"]
    sort = [*ruff, "check", "--select", "I", "--fix", *options, "-"]
    for command in (sort, [*ruff, "format", *options, "-"]):
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
        source = done.stdout
    return source.strip()


def between(source: str, start: str, end: str) -> str:
    """Returns the lines from the first that begins with `start` to that before `end`."""
    lines = source.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(start))
    last = next((n for n in range(first + 1, len(lines)) if lines[n].startswith(end)), len(lines))
    return "\n".join(lines[first:last]).rstrip()


def shown_python(source: str, functions: tuple[str, ...]) -> str:
    """Returns a script without its docstring, its `talk` and the functions that are not shown."""
    pieces: list[str] = []
    last = 0
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node) or ""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name not in functions:
                continue
            start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            text = "\n".join(source.splitlines()[start - 1 : node.end_lineno])
        elif isinstance(node, ast.If):  # by gRPC or else by HTTP: the latter is shown
            segments = [ast.get_source_segment(source, item) or "" for item in node.orelse]
            text = "\n".join(segments)
        elif (
            (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or text in ("import talk", "import os", "import json")
            or text.startswith("talk.")
        ):
            continue
        gap = "\n\n" if node.lineno - last > 1 and pieces else "\n"
        pieces.append(gap + text)
        last = node.end_lineno or 0
    return "".join(pieces)


def page_of(guide: Guide) -> str:
    """Returns the page."""
    code = code_of(guide)
    parts = [f"# {guide.title}\n"]
    if guide.install:
        reason = "it installs a client"
        parts.append(f"<!-- not run: {reason} -->\n```sh\n{guide.install}\n```\n")
    parts.append(f"It sends to `{guide.path}` of the server.")
    if guide.environment:
        exports = "\n".join(f"export {line}" for line in guide.environment)
        parts[-1] += " Set:\n"
        parts.append(f"```sh\n{exports}\n```")
    listed = " or ".join(f"`{key}`" for key in guide.keys)
    parts.append(f"\nThe session arrives in {listed}:\n")
    marker = "" if guide.runs else f"<!-- not run: {not_run(guide)} -->\n"
    parts.append(f"{marker}```{guide.language}\n{CODE}\n```\n")
    parts += [f"- {note}" for note in guide.notes]
    parts.append(("\n" if guide.notes else "") + known(guide))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).replace(CODE, code).rstrip() + "\n"


def not_run(guide: Guide) -> str:
    """Returns why the code of a page is not run as it stands."""
    if guide.live:
        return "tests/clients runs the script that it is made from"
    if guide.recorded:
        return "tests/corpus replays what the client sent"
    return "the client is not in the tests"


def known(guide: Guide) -> str:
    """Returns the line that says how the page is known to be true."""
    if guide.live:
        where = "by `scripts/bench clients`" if guide.live.is_rare else "in the tests"
        return f"**Run live {where}** with {', '.join(guide.live.versions)}."
    if guide.recorded:
        return f"**Recorded:** what {guide.version} sent is replayed in the tests; the code here is not run."
    if guide.runs:
        return "**Run in the tests** as it stands here."
    return f"**Not run:** written from {guide.read}."


def index_of(guides: list[Guide]) -> str:
    """Returns the page that leads to all others."""
    lines = [
        "# Clients",
        "",
        "How each client is pointed at Parley, and where its session goes. A server with a token takes it as the",
        "key in whatever form the client sends one. Whoever speaks OpenTelemetry and is not here sends to",
        "`/v1/traces` (or gRPC, port 4317) and names the session in one of the attributes of",
        "[conventions.md](conventions.md).",
        "",
        "| client | sends to | session | how it is known |",
        "|---|---|---|---|",
    ]
    for guide in sorted(guides, key=lambda item: item.title.lower()):
        how = "run live" if guide.live or guide.runs else "recorded" if guide.recorded else "read"
        path = "gRPC" if guide.path.endswith("/Export") else f"`{guide.path}`"
        lines.append(
            f"| [{guide.title}](clients/{guide.slug}.md) | {path} | `{guide.keys[0]}` | {how} |"
        )
    lines += [
        "",
        "*Run live*: the tests run the client against the server; the code of its page is made from what they run.",
        "*Recorded*: what the client sent is replayed in the tests. *Read*: written from its documentation, not run.",
    ]
    return "\n".join(lines) + "\n"
