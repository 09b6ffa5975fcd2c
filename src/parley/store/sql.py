"""The SQL files of this room: found by name, fragments filled in, values left to be bound."""

import re
from functools import cache
from importlib.resources import files

__all__ = ["fragment", "migrations", "protobuf_schema", "read_sql", "statements"]

FRAGMENT = re.compile(r"\{\{(\w+)\}\}")


def _text(*path: str) -> str:
    return files("parley.store").joinpath(*path).read_text(encoding="utf-8")


@cache
def read_sql(name: str) -> str:
    """Returns the text of `read/<name>.sql` with its `{{fragments}}` (read/fragments) filled in.

    Raises:
        FileNotFoundError: no such question.
    """
    return fill(_text("read", f"{name}.sql"))


def fragment(name: str) -> str:
    """Returns `read/fragments/<name>.sql`, for SQL that is put together by a room above."""
    return fill("{{" + name + "}}")


def fill(text: str) -> str:
    """Returns SQL with every `{{name}}` replaced by the fragment of that name, nested too."""
    for _ in range(5):
        filled = FRAGMENT.sub(lambda m: _text("read", "fragments", f"{m[1]}.sql").strip(), text)
        if filled == text:
            return text
        text = filled
    return text


def migrations() -> list[tuple[str, str]]:
    """Returns (name, text) of every schema file, in order."""
    folder = files("parley.store").joinpath("schema")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name, _text("schema", name)) for name in names]


def statements(text: str) -> list[str]:
    """Returns the statements of a schema file: each ends with a semicolon at the end of a line."""
    return [part.strip() for part in text.split(";\n") if part.strip()]


@cache
def protobuf_schema() -> str:
    """Returns the OTLP messages as ClickHouse reads them, without comments."""
    lines = _text("schema", "otlp.proto").splitlines()
    return "\n".join(line for line in lines if not line.startswith("//"))
