"""The last three days of the demo company, as request bodies."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import structs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from parley.demo.casting import SECOND_NS, Conversation, cast_conversation, seeded
from parley.demo.play import Play, TurnPlay
from parley.demo.script import Cast, Script, Step, read_cast
from parley.demo.spans import SpanWriter, write_all
from parley.demo.wire import pack_requests

__all__ = ["HISTORY_HOURS", "scripted_requests"]

HOUR_NS = 3600 * SECOND_NS
HISTORY_HOURS = 72
MARGIN_NS = 45 * SECOND_NS  # the newest conversation is over by then
RECENT_SHARE = 0.06  # of all sessions began in the last RECENT_HOURS
RECENT_HOURS = 1.5
# How busy each hour (UTC) is: European offices, with customers of the evening and of Asia.
BUSY = (3, 3, 3, 3, 4, 5, 7, 9, 11, 12, 12, 11, 10, 11, 12, 11, 9, 8, 7, 7, 6, 5, 4, 3)
# A provider limits our rate for two hours: the bump of failures that the charts show.
INCIDENT_HOURS = (11.0, 9.0)  # before now
INCIDENT_SHARE = 0.45
OWN_PROVIDERS = ("vllm",)  # nobody limits our own machine


def scripted_requests(*, now_ns: int, seed: int = 7) -> Iterator[bytes]:
    """Yields OTLP ExportTraceServiceRequest bodies: every session of the last days, oldest first.

    The same for the same arguments; nothing ends after `now_ns`. Session ids differ between two
    values of `now_ns`, so a later push adds sessions and never lengthens old ones.
    """
    yield from pack_requests(_sessions(read_cast(), now_ns=now_ns, seed=f"{seed}:{now_ns}"))


def _sessions(cast: Cast, *, now_ns: int, seed: str) -> Iterator[ResourceSpans]:
    chance = seeded(seed, "calendar")
    plan: list[tuple[int, int, Script]] = []
    for script in cast.scripts:
        first = chance.randrange(10)  # another opening comes first in another seed
        plan += [
            (_moment(chance, now_ns), first + number, script) for number in range(script.sessions)
        ]
    for started_ns, variant, script in sorted(plan, key=lambda entry: entry[0]):
        conversation, turns = _lived(
            cast, script, variant, started_ns=started_ns, now_ns=now_ns, seed=seed
        )
        writer = SpanWriter(cast.apps[script.app], conversation, seed=seed)
        yield writer.wrap(write_all(writer, iter(turns)))


def _moment(chance: random.Random, now_ns: int) -> int:
    """Returns when a session begins: more often in busy hours and just before now."""
    if chance.random() < RECENT_SHARE:
        return now_ns - int(chance.uniform(0, RECENT_HOURS) * HOUR_NS)
    while True:
        moment_ns = now_ns - int(chance.uniform(0, HISTORY_HOURS) * HOUR_NS)
        hour = datetime.fromtimestamp(moment_ns / SECOND_NS, UTC).hour
        if chance.random() < BUSY[hour] / max(BUSY):
            return moment_ns


def _lived(
    cast: Cast, script: Script, variant: int, *, started_ns: int, now_ns: int, seed: str
) -> tuple[Conversation, list[TurnPlay]]:
    """Plays the script so that it is over before now: begun earlier where it must."""
    latest_ns = now_ns - MARGIN_NS
    while True:
        conversation = cast_conversation(cast, script, variant, started_ns=started_ns, seed=seed)
        if cast.models[conversation.model].provider not in OWN_PROVIDERS:
            conversation = _with_incident(conversation, now_ns=now_ns)
        turns = list(Play(cast, conversation).turns())
        over_ns = turns[-1].end_ns - latest_ns
        if over_ns <= 0:
            return conversation, turns
        started_ns -= over_ns


def _with_incident(conversation: Conversation, *, now_ns: int) -> Conversation:
    """Lets a conversation of the bad hours run into the rate limit, once."""
    hours_ago = (now_ns - conversation.started_ns) / HOUR_NS
    chance = conversation.chance
    if not INCIDENT_HOURS[1] < hours_ago < INCIDENT_HOURS[0] or chance.random() > INCIDENT_SHARE:
        return conversation
    turns = list(conversation.turns)
    place = chance.randrange(len(turns))
    refused = Step(fail="rate_limit")
    if chance.random() < 0.35:  # the second try went through
        turns[place] = structs.replace(turns[place], steps=[refused, *turns[place].steps])
    else:  # the user gives up
        turns[place] = structs.replace(turns[place], steps=[refused, refused], answer="")
        del turns[place + 1 :]
    return structs.replace(conversation, turns=turns)
