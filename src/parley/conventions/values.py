"""Attribute values: nested OTLP bytes, JSON in strings, tags and metadata."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

from parley.conventions.precedence import SESSION_KEYS
from parley.conventions.table import Dialect

__all__ = ["decode_any_value", "parse_json", "plain", "read_labels", "unflatten"]

AGENTA_JSON = "@ag.type=json:"
AGENTA_NONE = "@ag.type=none:"
NAMED = {item.key for item in SESSION_KEYS}  # ids, not metadata
MAX_LIST_INDEX = 10_000  # an index above is a name, not a place in a list


def plain(value: AnyValue) -> Any:
    """Returns an AnyValue as Python: str, bool, int, float, bytes as hex, list, dict or None."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {item.key: plain(item.value) for item in value.kvlist_value.values}
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def decode_any_value(text: str, kind: str) -> Any:
    """Returns a stored attribute in its own type.

    Args:
        text: what the store holds; hex digits of the OTLP bytes for array, kvlist and bytes.
        kind: "" or "string", bool, int, double, array, kvlist, bytes, none.
    """
    if kind == "int":
        return int(text)
    if kind == "double":
        return float(text)
    if kind == "bool":
        return text == "true"
    if kind == "none":
        return None
    if kind not in ("array", "kvlist"):
        return text
    try:
        raw = bytes.fromhex(text)
        if kind == "array":
            return [plain(item) for item in ArrayValue.FromString(raw).values]
        return {item.key: plain(item.value) for item in KeyValueList.FromString(raw).values}
    except (ValueError, RecursionError, DecodeError):  # protobuf reads 100 levels
        return text


def parse_json(text: str) -> Any:
    """Returns the value of a JSON text, or the text itself when it is none."""
    if text.startswith(AGENTA_JSON):
        text = text[len(AGENTA_JSON) :]
    elif text.startswith(AGENTA_NONE):
        return None
    if text[:1] not in ("{", "[", '"') or text[-1:] not in ("}", "]", '"'):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def unflatten(pairs: Sequence[tuple[str, Any]]) -> Any:
    """Returns the tree of dotted keys: `0.message.role` makes a list of maps."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        place = root
        *path, last = key.split(".")
        for step in path:
            below = place.get(step)
            if not isinstance(below, dict):
                below = place[step] = {}
            place = below
        if not isinstance(place.get(last), dict):
            place[last] = value
    return _lists(root)


def _lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdecimal() and int(key) < MAX_LIST_INDEX for key in tree):
        return [_lists(tree[key]) for key in sorted(tree, key=int)]
    return {key: _lists(value) for key, value in tree.items()}


def read_labels(
    attributes: Mapping[str, Any], dialects: Sequence[Dialect]
) -> tuple[list[str], dict[str, str]]:
    """Returns the tags and the metadata that a span carries, as text.

    What names the session or the user, and what the client adds by itself, is no metadata.
    """
    tags: list[str] = []
    metadata: dict[str, str] = {}
    for dialect in dialects:
        for key in dialect.tags:
            for value in _family(attributes, key).values():
                tags += _words(value)
        for key in dialect.metadata:
            for name, value in _family(attributes, key).items():
                whole = f"{key}{name}"
                if whole in NAMED or any(whole.startswith(tag) for tag in dialect.tags):
                    continue
                found = parse_json(value) if isinstance(value, str) else value
                if isinstance(found, dict) and not key.endswith("."):
                    metadata.update({str(k): _text(v) for k, v in found.items()})
                elif name and not name.startswith(tuple(dialect.noise)):
                    metadata[name] = _text(found)
    return list(dict.fromkeys(tags)), {k: v for k, v in metadata.items() if v}


def _family(attributes: Mapping[str, Any], key: str) -> dict[str, Any]:
    if not key.endswith("."):
        return {"": attributes[key]} if key in attributes else {}
    return {name[len(key) :]: value for name, value in attributes.items() if name.startswith(key)}


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        value = parse_json(value)
    if isinstance(value, str):
        value = value.split(", ")  # LangSmith's
    if isinstance(value, list):
        return [_text(item) for item in value if item not in (None, "")]
    return [_text(value)] if value not in (None, "") else []


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)
