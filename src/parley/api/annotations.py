"""/api/v1/annotations: what people and programs say about sessions, and Agenta's way to say it."""

import asyncio
import re
import uuid
from typing import Any

import msgspec
from litestar import Request, Response, delete, post
from msgspec import Struct, field

from parley.api.errors import BadRequest
from parley.derive import AnnotationError, Annotations
from parley.model import Annotation, AnnotationValue, ProjectId

__all__ = ["ANNOTATION_ROUTES"]

BODY_BYTES_MAX = 8 << 20
LACKING = re.compile(r"Object (missing required|contains unknown) field `(.*)`")
REASONS = {"missing required": "is required", "contains unknown": "is not a field of this"}
TEXTS = ("id", "session_id", "turn_id", "trace_id", "span_id", "comment", "author")


class NewAnnotation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be said of a session, or of a turn, trace or span of it.

    id: makes sending it twice the same as sending it once. session_id: may be left out where the
    session of the trace is known. value: a number, true or false, or text.
    """

    name: str
    value: AnnotationValue
    id: str | None = None
    session_id: str | None = None
    turn_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    comment: str | None = None
    source: str = "api"
    author: str | None = None

    def annotation(self) -> Annotation:
        """Returns it as it is kept; the project is that of the request."""
        texts: dict[str, Any] = {name: getattr(self, name) or "" for name in TEXTS}
        named: dict[str, Any] = {"name": self.name, "value": self.value, "source": self.source}
        return Annotation(project="", **texts, **named)


class AnnotationsAnswer(Struct, frozen=True):
    """Annotations as they are kept."""

    annotations: list[Annotation]


class RemovedAnswer(Struct, frozen=True):
    """What was removed."""

    removed: str


@post(
    "/api/v1/annotations",
    request_max_body_size=BODY_BYTES_MAX,
    summary="Annotate sessions",
    tags=["annotations"],
)
async def annotate(
    request: Request[Any, Any, Any], annotations: Annotations, project_id: ProjectId
) -> Response[AnnotationsAnswer]:
    """Keeps one annotation or a list of at most 1,000, all or none; they may precede their session.

    An annotation never changes: what is said anew of the same target, name, source and author
    replaces it. The same `id` with the same words again is answered and not written (200 instead
    of 201). The row of the session tells of it within about a second, in `scores`.
    """
    data = read_body(await request.body())
    wanted = [item.annotation() for item in (data if isinstance(data, list) else [data])]
    try:
        kept, added = await asyncio.to_thread(annotations.add, project_id, wanted)
    except AnnotationError as error:
        if isinstance(data, list) and error.place is not None:
            error.field = f"{error.place}.{error.field}"
        raise
    return Response(AnnotationsAnswer(kept), status_code=201 if added else 200)


def read_body(body: bytes) -> NewAnnotation | list[NewAnnotation]:
    """Returns what a body holds. Raises BadRequest, which names the field: `3.name` of a list."""
    try:
        return msgspec.json.decode(body, type=NewAnnotation | list[NewAnnotation])
    except (msgspec.ValidationError, RecursionError) as error:
        reason, _, path = str(error).partition(" - at `$")
        place = path.rstrip("`").replace("[", "").replace("]", "").lstrip(".")
        if named := LACKING.fullmatch(reason):
            place, reason = f"{place}.{named[2]}".lstrip("."), REASONS[named[1]]
        raise BadRequest(reason[0].lower() + reason[1:], field=place or "body") from error
    except msgspec.DecodeError as error:
        raise BadRequest(f"expected JSON: {error}", field="body") from error


@delete(
    "/api/v1/annotations/{annotation_id:str}",
    status_code=200,
    summary="Remove an annotation",
    tags=["annotations"],
)
async def remove_annotation(
    annotations: Annotations, project_id: ProjectId, annotation_id: str
) -> RemovedAnswer:
    """Removes an annotation; what it had replaced holds again. Its id is not used once more."""
    await asyncio.to_thread(annotations.remove, project_id, annotation_id)
    return RemovedAnswer(annotation_id)


class Reference(Struct, frozen=True):
    """What is referred to, by its slug."""

    slug: str = ""


class Link(Struct, frozen=True):
    """The span that was judged."""

    trace_id: str
    span_id: str = ""


class SimpleTrace(Struct, frozen=True):
    """An annotation in Agenta's form. Of what it carries, these are understood."""

    data: dict[str, Any]
    links: dict[str, Link]
    origin: str = "custom"
    references: dict[str, Reference] = field(default_factory=dict)


class SimpleTraceBody(Struct, frozen=True):
    """The body of Agenta's `/api/simple/traces/`."""

    trace: SimpleTrace


class SimpleTraceAnswer(Struct, frozen=True):
    """Agenta's answer: the annotation under an id of its own. `annotations` are ours."""

    count: int
    trace: dict[str, Any]
    annotations: list[Annotation]


@post(
    "/api/simple/traces",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
    summary="Annotate a span, as Agenta has it",
    tags=["annotations"],
)
async def annotate_span(
    annotations: Annotations, project_id: ProjectId, data: SimpleTraceBody
) -> SimpleTraceAnswer:
    """Keeps each output as an annotation of the span, in the session of its trace."""
    trace_id = uuid.uuid4().hex
    wanted = annotations_of(data.trace, trace_id)
    try:
        kept, _ = await asyncio.to_thread(annotations.add, project_id, wanted)
    except AnnotationError as error:
        linked = error.field in ("trace_id", "span_id")
        error.field = f"trace.links.{error.field}" if linked else f"trace.{error.field}"
        raise
    told = {**msgspec.to_builtins(data.trace), "trace_id": trace_id, "span_id": trace_id[:16]}
    return SimpleTraceAnswer(1, told, kept)


def annotations_of(trace: SimpleTrace, made_id: str) -> list[Annotation]:
    """Returns an annotation for each output that has a value. Raises BadRequest."""
    link = next(iter(trace.links.values()), None)
    if link is None:
        raise BadRequest("expected the trace_id and span_id of what is judged", field="trace.links")
    outputs = trace.data.get("outputs")
    given = {n: v for n, v in outputs.items() if v is not None} if isinstance(outputs, dict) else {}
    if not given:
        raise BadRequest("expected names with their values", field="trace.data.outputs")
    slug = trace.references.get("evaluator", Reference()).slug
    return [
        Annotation(
            id=f"{made_id}-{place}",
            project="",
            session_id="",
            trace_id=link.trace_id,
            span_id=link.span_id,
            name=f"{slug}.{name}" if slug else name,
            value=value if isinstance(value, int | float | str) else as_json(value),
            source=trace.origin,
        )
        for place, (name, value) in enumerate(given.items())
    ]


def as_json(value: Any) -> str:
    """Returns a value that is no plain one as text."""
    return msgspec.json.encode(value).decode()


ANNOTATION_ROUTES = (annotate, remove_annotation, annotate_span)
