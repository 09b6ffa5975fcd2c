"""What real clients call things, as data.

One table per dialect in `dialects/`; `precedence.py` has the session keys. The compiler turns the
tables into the SQL view that fills typed columns, `messages.py` is the only reader of payloads,
and `docs.py` writes docs/conventions.md. A new client is one file here.

May import model. Refuses to know storage, HTTP, or how turns are made of messages.
"""

from parley.conventions.compiler import render_view, view_hash
from parley.conventions.dialects import DIALECTS
from parley.conventions.documents import MAX_DOCUMENT_BYTES, document_keys, read_documents
from parley.conventions.explain import Claims, Understood, claims, understand
from parley.conventions.media import LoadedPart
from parley.conventions.messages import MessageReader, SpanMessages
from parley.conventions.precedence import SESSION_KEYS, SessionKey
from parley.conventions.records import RECORD_NAMES, Record, decode_record
from parley.conventions.sniff import SHOWN_TYPES
from parley.conventions.sources import payload_keys, sources_of
from parley.conventions.table import Dialect, Field, Payload
from parley.conventions.values import decode_any_value, read_labels

__all__ = [
    "DIALECTS",
    "MAX_DOCUMENT_BYTES",
    "RECORD_NAMES",
    "SESSION_KEYS",
    "SHOWN_TYPES",
    "Claims",
    "Dialect",
    "Field",
    "LoadedPart",
    "MessageReader",
    "Payload",
    "Record",
    "SessionKey",
    "SpanMessages",
    "Understood",
    "claims",
    "decode_any_value",
    "decode_record",
    "document_keys",
    "payload_keys",
    "read_documents",
    "read_labels",
    "render_view",
    "sources_of",
    "understand",
    "view_hash",
]
