"""OpenAI's embeddings, /v1/embeddings, and the list of models, /v1/models."""

import base64
import hashlib
import struct
from typing import Any

from tests.models.chat import CREATED
from tests.models.script import ANSWERED_AS, count_tokens

__all__ = ["embed", "list_models"]

DIMENSIONS = 8


def embed(body: dict[str, Any]) -> dict[str, Any]:
    """Returns a vector for each text, the same for the same text."""
    given = body["input"]
    texts = [given] if isinstance(given, str) else given
    packed = body.get("encoding_format") == "base64"
    used = count_tokens(*texts)
    return {
        "object": "list",
        "model": body["model"],
        "data": [
            {"object": "embedding", "index": place, "embedding": vector_of(text, packed=packed)}
            for place, text in enumerate(texts)
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def vector_of(text: str, *, packed: bool) -> list[float] | str:
    """Returns numbers between 0 and 1 that follow from a text; as base64 when packed."""
    numbers = [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSIONS]]
    if not packed:
        return numbers
    return base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *numbers)).decode()


def list_models() -> dict[str, Any]:
    """Returns the models that have a name of their own; any other name is served, too."""
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": CREATED, "owned_by": "tests"}
            for name in sorted(ANSWERED_AS)
        ],
    }
