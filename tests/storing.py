"""A real store in the test process, and recorded requests put into it as a receiver would."""

import gzip
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.bus import Bus
from parley.derive import Deriver
from parley.journal import varint
from parley.model import SessionQuery
from parley.query import find_sessions, open_session, read_transcript
from parley.receive import canonical_logs, canonical_traces, json_logs, json_traces
from parley.receive.envelope import make_envelope
from parley.store import Store

CORPUS = Path(__file__).parent / "corpus"


class Loading:
    """One project of a store: load requests, derive, look at the result."""

    def __init__(self, store: Store, folder: Path, project_id: str = "") -> None:
        self.store = store
        self.folder = folder
        self.project_id = project_id or f"test-{uuid.uuid4().hex[:12]}"
        self.clock = 1_790_000_000_000_000_000

    def envelope(self, request: bytes) -> bytes:
        """Returns a request as the journal would hold it, received a little later than the last."""
        self.clock += 1
        return make_envelope(self.project_id, request, received_at=self.clock, source="test")

    def load(self, requests: Iterable[bytes], kind: str = "traces") -> None:
        """Loads requests as one segment."""
        self.load_envelopes([self.envelope(request) for request in requests], kind)

    def load_envelopes(self, envelopes: Iterable[bytes], kind: str = "traces") -> None:
        """Loads envelopes as one segment, e.g. once more."""
        path = self.folder / f"{uuid.uuid4().hex}.segment"
        path.write_bytes(b"".join(varint(len(item)) + item for item in envelopes))
        self.store.load_segment(kind, path)
        path.unlink()

    def derive(self) -> None:
        """Derives until nothing waits."""
        deriver = Deriver(self.store, Bus())
        while deriver.run_once():
            pass
        assert deriver.failed_traces == 0

    def result_ids(self) -> list[str]:
        """Returns the ids of the sessions that are listed, at most 500, sorted."""
        page = find_sessions(self.store, self.project_id, SessionQuery(limit=500))
        return sorted(session.session_id for session in page.sessions)

    def result(self) -> dict[str, object]:
        """Returns every session with its turns and messages, as plain data."""
        found: dict[str, object] = {}
        cursor: str | None = ""
        while cursor is not None:
            page = find_sessions(
                self.store, self.project_id, SessionQuery(limit=500, sort="turns", cursor=cursor)
            )
            for session in page.sessions:
                detail = open_session(self.store, self.project_id, session.session_id)
                transcript = read_transcript(self.store, self.project_id, session.session_id)
                plain = msgspec.to_builtins([detail, transcript])
                text = json.dumps(plain, sort_keys=True).replace(self.project_id, "project")
                found[session.session_id] = json.loads(text)
            cursor = page.next_cursor
        return found


def raw_bodies(client: str = "*") -> Iterator[tuple[str, str, bytes]]:
    """Yields recorded bodies, inflated, as (kind, "json" or "protobuf", body)."""
    for path in sorted(CORPUS.glob(f"{client}/*.meta.json")):
        meta = json.loads(path.read_text())
        kind = "logs" if "logs" in meta["path"].lower() else "traces"
        if "metrics" in meta["path"].lower():
            continue
        body = (path.parent / meta["file"]).read_bytes()
        if meta["headers"].get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        is_json = "json" in meta["headers"].get("content-type", "")
        yield kind, "json" if is_json else "protobuf", body


def understand(kind: str, form: str, body: bytes) -> tuple[bytes, int]:
    """Returns (canonical request, number of spans or records), as the receiver makes them."""
    if form == "json":
        request = (json_logs if kind == "logs" else json_traces)(body)
        return request.body, request.accepted
    return (canonical_logs if kind == "logs" else canonical_traces)(body)


def recorded(client: str) -> list[tuple[str, bytes]]:
    """Returns a corpus as (kind, canonical request), in the order it was sent."""
    return [(kind, understand(kind, form, body)[0]) for kind, form, body in raw_bodies(client)]


def split_spans(requests: Sequence[bytes]) -> list[bytes]:
    """Returns the same telemetry with one span in each request."""
    single = []
    for body in requests:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    request = ExportTraceServiceRequest()
                    above = request.resource_spans.add(schema_url=resource.schema_url)
                    above.resource.CopyFrom(resource.resource)
                    place = above.scope_spans.add(schema_url=scope.schema_url)
                    place.scope.CopyFrom(scope.scope)
                    place.spans.add().CopyFrom(span)
                    single.append(request.SerializeToString())
    return single


def split_logs(requests: Sequence[bytes]) -> list[bytes]:
    """Returns the same telemetry with one log record in each request."""
    single = []
    for body in requests:
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    request = ExportLogsServiceRequest()
                    above = request.resource_logs.add(schema_url=resource.schema_url)
                    above.resource.CopyFrom(resource.resource)
                    place = above.scope_logs.add(schema_url=scope.schema_url)
                    place.scope.CopyFrom(scope.scope)
                    place.log_records.add().CopyFrom(record)
                    single.append(request.SerializeToString())
    return single
