"""Conversations that go on now: which spans are exported at which moment."""

import heapq
from collections.abc import Callable
from itertools import count

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from parley.demo.casting import SECOND_NS, cast_conversation, seeded
from parley.demo.play import Play
from parley.demo.script import Cast, Turn
from parley.demo.spans import SpanWriter

__all__ = ["CONCURRENT", "LiveTraffic"]

CONCURRENT = 6  # conversations at a time
CHILD_DELAY_S = (0.1, 0.5)  # batch processors export what ended; the root comes with a later batch
ROOT_DELAY_S = (1.0, 3.0)
SHORTEST_PAUSE_S = 1.0


class LiveTraffic:
    """A calendar of exports. Not safe for several threads; knows no clock, it is told the time."""

    def __init__(self, cast: Cast, *, seed: str, pace_seconds: float) -> None:
        self._cast = cast
        self._seed = seed
        self._chance = seeded(seed, "live")
        self._pace = pace_seconds
        self._due: list[tuple[int, int, Callable[[int], list[ResourceSpans]]]] = []
        self._order = count()
        self._variants = count(self._chance.randrange(1000))
        self._open: set[str] = set()  # scripts on stage: no two at the same time

    def begin(self, now_ns: int) -> None:
        """Puts the first conversations into the calendar."""
        for place in range(CONCURRENT):
            self._at(now_ns + int(place * self._pace * SECOND_NS / 2), self._open_conversation)

    def due(self, now_ns: int) -> list[ResourceSpans]:
        """Returns what is to be exported by now, and lets the conversations go on."""
        groups: list[ResourceSpans] = []
        while self._due and self._due[0][0] <= now_ns:
            moment_ns, _, action = heapq.heappop(self._due)
            groups += action(moment_ns)
        return groups

    def next_ns(self) -> int:
        """Returns when something is due again."""
        return self._due[0][0]

    def _at(self, moment_ns: int, action: Callable[[int], list[ResourceSpans]]) -> None:
        heapq.heappush(self._due, (moment_ns, next(self._order), action))

    def _open_conversation(self, now_ns: int) -> list[ResourceSpans]:
        scripts = [s for s in self._cast.scripts if s.live and s.id not in self._open]
        script = self._chance.choice(scripts)
        conversation = cast_conversation(
            self._cast, script, next(self._variants), started_ns=now_ns, seed=self._seed
        )
        self._open.add(script.id)
        play = Play(self._cast, conversation)
        writer = SpanWriter(play.app, conversation, seed=self._seed)
        turns = list(conversation.turns)
        return self._speak(now_ns, play, writer, turns)

    def _speak(
        self, now_ns: int, play: Play, writer: SpanWriter, turns: list[Turn]
    ) -> list[ResourceSpans]:
        """Plays the next turn: its spans fall due as they end, the root some seconds later."""
        turn = play.turn(turns.pop(0), at_ns=now_ns)
        spans = writer.turn(turn)
        over_ns = turn.end_ns
        for span in spans:
            is_root = span is spans[-1]
            delay_s = self._chance.uniform(*(ROOT_DELAY_S if is_root else CHILD_DELAY_S))
            due_ns = span.end_time_unix_nano + int(delay_s * SECOND_NS)
            over_ns = max(over_ns, due_ns)
            self._at(due_ns, _export(writer, [span]))
        pause_s = SHORTEST_PAUSE_S + self._pace * CONCURRENT * self._chance.uniform(0.3, 1.3)
        next_ns = turn.end_ns + int(pause_s * SECOND_NS)
        if turns:
            self._at(next_ns, lambda moment: self._speak(moment, play, writer, turns))
            return []
        started_ns = play.conversation.started_ns
        for span in writer.close(started_ns=started_ns, ended_ns=turn.end_ns + 1_000_000):
            self._at(over_ns, _export(writer, [span]))
        self._open.discard(play.conversation.script.id)
        self._at(next_ns, self._open_conversation)
        return []


def _export(writer: SpanWriter, spans: list[Span]) -> Callable[[int], list[ResourceSpans]]:
    return lambda _moment: [writer.wrap(spans)]
