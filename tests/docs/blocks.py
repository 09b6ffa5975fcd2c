"""The pieces of code in the documentation, and what becomes of each in the tests."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.serving import ROOT

__all__ = ["DOCUMENTS", "PYTHON_RUN", "Block", "blocks", "not_run_list"]

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "sdk" / "README.md",
    ROOT / "sdk" / "CONTRACT.md",
]
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^>]+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.S
)
# Pages whose Python is run, and what runs it; Python of any other page says why it is not.
PYTHON_RUN = {
    "README.md": "tests/docs/test_sdk_page.py",
    "docs/sdk.md": "tests/docs/test_sdk_page.py",
    "sdk/README.md": "tests/docs/test_sdk_page.py",
    "docs/clients/parley-sdk.md": "tests/docs/test_sdk_page.py",
    "docs/adding-a-client.md": "tests/conventions/test_adding_a_client.py",
}


@dataclass(frozen=True)
class Block:
    """One piece of code in a page; `reason` says why it is not run."""

    page: Path
    kind: str
    text: str
    reason: str | None

    @property
    def name(self) -> str:
        """The page, and how the code begins."""
        first = next((line for line in self.text.splitlines() if line.strip()), "")
        return f"{self.page.relative_to(ROOT)}: {self.kind}: {first.strip()[:80]}"

    @property
    def only_exports(self) -> bool:
        """It sets variables and nothing else."""
        return all(line.startswith("export ") for line in self.text.splitlines())


def blocks() -> list[Block]:
    """Returns every piece of code in the documentation."""
    return [
        Block(page, found["kind"], found["text"], found["reason"])
        for page in DOCUMENTS
        for found in BLOCK.finditer(page.read_text())
    ]


def not_run_list() -> str:
    """Returns the names of all pieces of code that the tests do not run, with the reason."""
    told = [f"{block.name}\n    {block.reason}" for block in blocks() if block.reason]
    return "\n".join(sorted(told)) + "\n"
