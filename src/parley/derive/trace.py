"""One trace read on its own: its LLM calls, what they said, and where user messages open turns.

Pure: the same spans in any order give the same facts. What other traces said is not known here.
"""

from collections.abc import Sequence
from operator import attrgetter

from msgspec import Struct, field

from parley.derive.align import is_system, last_match
from parley.derive.calls import Tree, calls_a_model, llm_calls
from parley.derive.spans import SpanFacts, Spoken
from parley.model import Message

__all__ = ["TAIL_LIMIT", "Piece", "Said", "TraceFacts", "read_trace"]

TAIL_LIMIT = 64  # hashes of what a trace said itself that later traces are aligned with
CALL_KINDS = ("tool", "retriever", "embedding", "rerank", "guardrail", "evaluator")


class Said(Struct, frozen=True):
    """A message and where it was said. folded: an application's own prompt, not the person's."""

    message: Message
    hash: int
    span: SpanFacts
    time_ns: int
    folded: bool = False


class Piece(Struct):
    """The part of one trace that belongs to one turn."""

    opens: bool
    history: list[Said] = field(default_factory=list)  # of the first call, before its new words
    said: list[Said] = field(default_factory=list)
    spans: list[SpanFacts] = field(default_factory=list)
    around: list[SpanFacts] = field(default_factory=list)  # spans that hold several pieces
    resent: int = 0


class TraceFacts(Struct, frozen=True):
    """A trace's pieces in order. tail: hashes of what it said itself, system prompts included."""

    trace_id: str
    session_id: str
    start_ns: int
    end_ns: int
    version: int
    pieces: list[Piece]
    tail: list[int]
    calls: list[SpanFacts]

    @property
    def question(self) -> int:
        """The hash of what a bare call asks, 0 when the trace is more than bare calls.

        Where each call is a trace of its own, the same unanswered question once more is the
        client's retry. Within an application's trace it is the person who asks again.
        """
        piece = self.pieces[0]
        if len(self.pieces) > 1 or not all(calls_a_model(span) for span in piece.spans):
            return 0
        asked = [item.hash for item in piece.said if item.message.role == "user"]
        return asked[-1] if asked and piece.opens else 0

    @property
    def opens(self) -> bool:
        """Whether the trace begins with words of its own, rather than going on with a turn."""
        return self.pieces[0].opens


def read_trace(spans: Sequence[SpanFacts]) -> TraceFacts:
    """Returns the facts of one trace; `spans` are all of it, in any order, at least one."""
    # Sent again with another start it is stored twice: the identity of rows includes the start.
    latest = {s.span_id: s for s in sorted(spans, key=attrgetter("version", "start_ns"))}
    spans = sorted(latest.values(), key=attrgetter("start_ns", "end_ns", "span_id"))
    tree = Tree(spans)
    calls = llm_calls(spans, tree)
    told = {call.span_id: call for call in calls}
    if any(tree.by_id[span_id] is not call for span_id, call in told.items()):
        spans = [told.get(span.span_id, span) for span in spans]
        tree = Tree(spans)
    talking = [call for call in calls if not _inside_tool(call, tree)]
    pieces = _pieces_of_calls(talking, tree)
    if pieces is None:
        pieces = _pieces_without_words(spans, talking, tree)
    else:
        _share_spans(pieces, spans, tree)
        if len(pieces) == 1 and not any(_answers(said) for said in pieces[0].said):
            _answer_around(pieces[0], tree.roots, calls)
    tail = [said.hash for piece in pieces for said in piece.said if not said.folded]
    return TraceFacts(
        trace_id=spans[0].trace_id,
        session_id=spans[0].session_id,
        start_ns=spans[0].start_ns,
        end_ns=max(span.end_ns for span in spans),
        version=max(span.version for span in spans),
        pieces=pieces,
        tail=tail[-TAIL_LIMIT:],
        calls=calls,
    )


def _inside_tool(call: SpanFacts, tree: Tree) -> bool:
    return any(span.kind == "tool" for span in tree.ancestors(call))


def _said(spoken: Sequence[Spoken], span: SpanFacts, time_ns: int) -> list[Said]:
    return [Said(item.message, item.hash, span, time_ns) for item in spoken]


def _split(inputs: list[Said]) -> int:
    """Returns where the words begin that are new for certain.

    That is the last user message when nobody answered it yet, else what follows the last thing
    the assistant said (results of tools). Earlier unanswered messages may have been said in a
    trace before: their turn failed.
    """
    for place in range(len(inputs) - 1, -1, -1):
        role = inputs[place].message.role
        if role == "user":
            return place
        if role == "assistant":
            return place + 1
    return 0


def _pieces_of_calls(calls: Sequence[SpanFacts], tree: Tree) -> list[Piece] | None:
    """Returns pieces by the words of LLM calls; None when no call shows what it was sent."""
    pieces: list[Piece] = []
    known: list[int] = []  # what the trace said so far, history included
    systems: set[int] = set()
    last_opener: SpanFacts | None = None
    for call in calls:
        inputs = _said(call.inputs, call, call.start_ns)
        outputs = _said(
            call.outputs[:1] if _choices(call) else call.outputs,
            call,
            call.end_ns,
        )
        fresh_systems = [
            item for item in inputs if is_system(item.hash) and item.hash not in systems
        ]
        systems.update(item.hash for item in fresh_systems)
        inputs = [item for item in inputs if not is_system(item.hash)]
        hashes = [item.hash for item in inputs]
        if not inputs and not pieces:
            if outputs:
                return None  # answers without questions: the spans around have to tell
            continue
        if not pieces:
            cut = _split(inputs)
            new = inputs[cut:]
            pieces.append(Piece(opens=any(item.message.role == "user" for item in new)))
            pieces[0].history = inputs[:cut]
            pieces[0].resent = cut
            last_opener = call
            known = hashes
        else:
            row = len(known) - 1 if hashes[: len(known)] == known else last_match(hashes, known)[0]
            new = inputs[row + 1 :]
            follows = row >= 0
            if _asks_again(inputs, new) and _other_turn(call, last_opener, tree):
                row = _split(inputs) - 1
                new = inputs[row + 1 :]
            users = [item for item in new if item.message.role == "user"]
            if users and (follows or _other_place(call, last_opener, tree)):
                pieces.append(Piece(opens=True))
                pieces[-1].resent = row + 1
                last_opener = call
            elif users:
                new = [Said(i.message, i.hash, i.span, i.time_ns, folded=True) for i in new]
            known = hashes if follows else known + hashes
        pieces[-1].said += fresh_systems + new + outputs
        known += [item.hash for item in outputs]
    return pieces or None


def _choices(call: SpanFacts) -> bool:
    """Whether several outputs are alternatives rather than a sequence."""
    outputs = call.outputs
    return len(outputs) > 1 and all(item.message.role == "assistant" for item in outputs)


def _asks_again(inputs: Sequence[Said], new: Sequence[Said]) -> bool:
    """Whether a call ends in a question, and all of it was said before in these words."""
    return not new and bool(inputs) and inputs[-1].message.role == "user"


def _other_turn(call: SpanFacts, opener: SpanFacts | None, tree: Tree) -> bool:
    """Whether two calls stand under different topmost spans that say the session.

    Such spans of one name are turns; of different names they may be steps of one.
    """
    tops = [
        [s for s in tree.ancestors(one) if s.own_session and not calls_a_model(s)][-1:]
        for one in (call, opener)
        if one is not None
    ]
    if len(tops) < 2 or not tops[0] or not tops[1]:
        return False
    return tops[0][0] is not tops[1][0] and tops[0][0].name == tops[1][0].name


def _other_place(call: SpanFacts, opener: SpanFacts | None, tree: Tree) -> bool:
    """Whether two calls stand under different spans that each say the session themselves."""
    if opener is None:
        return False
    here = [span.span_id for span in tree.ancestors(call) if span.own_session]
    there = [span.span_id for span in tree.ancestors(opener) if span.own_session]
    return (
        bool(here)
        and bool(there)
        and here[0] != there[0]
        and here[0] not in there
        and there[0] not in here
    )


def _pieces_without_words(
    spans: Sequence[SpanFacts], calls: Sequence[SpanFacts], tree: Tree
) -> list[Piece]:
    """Returns pieces where no call shows its input: by the spans around the calls."""
    tops = [
        span
        for span in spans
        if span.own_session
        and span.kind not in ("llm", *CALL_KINDS)
        and span not in calls
        and not any(above.own_session for above in tree.ancestors(span))
    ]
    if len(tops) < 2 or any(span in tree.roots for span in tops):
        opens = any(span.kind not in CALL_KINDS for span in spans)
        piece = Piece(opens=opens, spans=list(spans))
        _words_around(piece, _outermost_first(spans, tree), calls)
        return [piece]
    pieces = [Piece(opens=True) for _ in tops]
    place = {span.span_id: index for index, span in enumerate(tops)}
    holders = {above.span_id for span in tops for above in tree.ancestors(span)}
    for span in spans:
        home = next(
            (place[s.span_id] for s in [span, *tree.ancestors(span)] if s.span_id in place), None
        )
        if home is None and span.span_id in holders:
            pieces[0].around.append(span)
        else:
            pieces[home or 0].spans.append(span)
    for piece, top in zip(pieces, tops, strict=True):
        _words_around(piece, [top], [call for call in calls if call in piece.spans])
    return pieces


def _outermost_first(spans: Sequence[SpanFacts], tree: Tree) -> list[SpanFacts]:
    """Returns the roots, then the spans below that may hold the words of people, by depth."""
    below = [
        (len(tree.ancestors(span)), span)
        for span in spans
        if span.kind not in CALL_KINDS and tree.parent(span) is not None
    ]
    return tree.roots + [span for _, span in sorted(below, key=lambda item: item[0])]


def _words_around(piece: Piece, tops: Sequence[SpanFacts], calls: Sequence[SpanFacts]) -> None:
    """Fills a piece's words from the outermost spans, and answers from its calls."""
    for top in tops:
        words = [
            item for item in _said(top.inputs, top, top.start_ns) if item.message.role == "user"
        ]
        if words and top not in calls:
            piece.said.append(words[-1])
            break
    piece.said += [item for call in calls for item in _said(call.outputs, call, call.end_ns)]
    if not any(_answers(item) for item in piece.said):
        _answer_around(piece, tops, calls)


def _answers(said: Said) -> bool:
    return said.message.role == "assistant" and bool(said.message.text)


def _answer_around(piece: Piece, tops: Sequence[SpanFacts], calls: Sequence[SpanFacts]) -> None:
    """Takes the answer from the outermost span that shows one."""
    for top in tops:
        found = [item for item in _said(top.outputs, top, top.end_ns) if _answers(item)]
        if found and top not in calls:
            piece.said.append(found[-1])
            return


def _share_spans(pieces: list[Piece], spans: Sequence[SpanFacts], tree: Tree) -> None:
    """Gives each span to the piece in which it ran; spans around several pieces stand aside."""
    if len(pieces) == 1:
        pieces[0].spans = list(spans)
        return
    openers = [piece.said[0].span if piece.said else spans[0] for piece in pieces]
    chains = [[opener, *tree.ancestors(opener)] for opener in openers]
    shared = {
        span.span_id
        for place, chain in enumerate(chains)
        for span in chain
        if any(span in other for index, other in enumerate(chains) if index != place)
    }
    begins = [
        min(s.start_ns for s in chain if s.span_id not in shared or s is chain[0])
        for chain in chains
    ]
    for span in spans:
        if span.span_id in shared:
            pieces[0].around.append(span)
            continue
        home = max((i for i, begin in enumerate(begins) if begin <= span.start_ns), default=0)
        pieces[home].spans.append(span)
