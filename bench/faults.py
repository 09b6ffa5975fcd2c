"""Rounds of sudden ends under load, and the count of what was lost or doubled by them.

A round starts a server, lets several senders send, ends the server at a moment that chance picks,
and starts again; what was not acknowledged is sent again, the same bytes. So the truth is exact:
every body sent counts once, whatever happened on the way.
"""

import http.client
import random
import shutil
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, field
from tests.serving import Server, start_server
from tests.telemetry import chat_attributes, make_span, pack

__all__ = ["FaultOptions", "Outcome", "measure_faults", "run_rounds"]

SENDERS = 4
PAUSE_SECONDS = 0.02  # of each sender between requests
SESSIONS_A_ROUND = 10
LASTING_SESSIONS = ("lasting-1", "lasting-2")  # of all rounds
SPANS_MAX = 6
PROJECT = "faults"
STYLES = ("any", "any", "loading", "deriving", "power")
DERIVE_SECONDS = 600.0
UNSYNCED_SECONDS = 60
TABLES = ("spans", "trace_sessions", "touched", "turns", "messages", "traces", "sessions")
LOADING = struct.Struct("<QI")


class FaultOptions(Struct, frozen=True, kw_only=True):
    """How many rounds, and the seed that everything random follows from."""

    rounds: int
    seed: int


class Request(Struct, frozen=True):
    """One body and what it adds to its session: one turn, some spans, some tokens."""

    body: bytes
    session_id: str
    span_ids: tuple[str, ...]
    tokens: int


class Sums(Struct):
    """What a session must show."""

    spans: int = 0
    turns: int = 0
    tokens: int = 0


class Outcome(Struct):
    """What the rounds came to. Lost and doubled must be empty, wrong too."""

    rounds: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    resent: int = 0
    spans: int = 0
    sessions: int = 0
    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    quarantined: int = 0
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether every number is what was sent."""
        return not (self.lost or self.doubled or self.wrong or self.quarantined)


class Load:
    """Senders that know what was acknowledged; what was not waits to be sent again."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.waiting: deque[Request] = deque()
        self.acknowledged: list[Request] = []
        self.resent = 0
        self._made = 0
        self._lock = threading.Lock()

    def take(self, round_number: int) -> Request:
        """Returns what is sent next: the oldest that was not acknowledged, else something new."""
        with self._lock:
            if self.waiting:
                self.resent += 1
                return self.waiting.popleft()
            self._made += 1
            return make_request(self.chance, round_number, self._made)

    def send(self, server: Server, round_number: int, until: threading.Event) -> None:
        """Sends until told to end, or until the server is gone."""
        address = urlsplit(server.url)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        headers = {"content-type": "application/x-protobuf", "x-parley-project": PROJECT}
        while not until.is_set():
            request = self.take(round_number)
            try:
                link.request("POST", "/v1/traces", request.body, headers)
                answer = link.getresponse()
                answer.read()
                is_kept = answer.status == 200
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.waiting.append(request)
                return
            with self._lock:
                (self.acknowledged if is_kept else self.waiting).append(request)
            time.sleep(PAUSE_SECONDS)

    def empty(self, server: Server, round_number: int) -> None:
        """Sends again what still waits, until all is acknowledged."""
        done = threading.Event()
        while self.waiting:
            before = len(self.waiting)
            sender = threading.Thread(target=self.send, args=(server, round_number, done))
            sender.start()
            while self.waiting and sender.is_alive():
                time.sleep(PAUSE_SECONDS)
            done.set()
            sender.join()
            done.clear()
            if len(self.waiting) >= before:
                raise RuntimeError(f"{before} requests are not accepted any more")


def make_request(chance: random.Random, round_number: int, number: int) -> Request:
    """Returns a turn of its own: a model call under an agent, and some tools."""
    if chance.random() < 0.2:
        session_id = chance.choice(LASTING_SESSIONS)
    else:
        session_id = f"round-{round_number}-{chance.randrange(SESSIONS_A_ROUND)}"
    trace_id = chance.randbytes(16)
    tokens = chance.randrange(1, 5000)
    root = make_span(
        trace_id=trace_id,
        span_id=chance.randbytes(8),
        name="agent",
        attributes={"gen_ai.operation.name": "invoke_agent"},
    )
    call = make_span(
        trace_id=trace_id,
        span_id=chance.randbytes(8),
        parent_id=root.span_id,
        attributes=chat_attributes(
            session_id,
            [("user", f"question {number}")],
            f"answer {number}",
            **{"gen_ai.usage.input_tokens": tokens},
        ),
    )
    steps = [
        make_span(
            trace_id=trace_id, span_id=chance.randbytes(8), parent_id=root.span_id, name=f"step {n}"
        )
        for n in range(chance.randrange(SPANS_MAX - 1))
    ]
    spans = [root, call, *steps]
    return Request(pack(*spans), session_id, tuple(s.span_id.hex() for s in spans), tokens + 20)


def run_rounds(
    data: Path, options: FaultOptions, *, tell: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Returns what `rounds` sudden ends did to what was acknowledged."""
    began = time.monotonic()
    chance = random.Random(options.seed)
    load = Load(random.Random(options.seed + 1))
    outcome = Outcome()
    for number in range(options.rounds):
        style = chance.choice(STYLES)
        server = start_server(data)
        try:
            run_round(server, load, number, style=style, chance=chance)
        finally:
            server.kill()
        if style == "power":
            cut_power(data, chance)
        outcome.rounds += 1
        outcome.ends[style] += 1
        tell(f"round {number + 1}: {style}, {len(load.acknowledged):,} requests acknowledged")
    server = start_server(data).in_project(PROJECT)
    try:
        load.empty(server, options.rounds)
        server.wait_derived(seconds=DERIVE_SECONDS)
        compare(server, load, outcome)
    finally:
        server.stop(30)
    outcome.requests = len(load.acknowledged)
    outcome.resent = load.resent
    outcome.seconds = time.monotonic() - began
    return outcome


def run_round(
    server: Server, load: Load, number: int, *, style: str, chance: random.Random
) -> None:
    """Sends and ends the server at a moment of the round's style."""
    ended = threading.Event()
    senders = [
        threading.Thread(target=load.send, args=(server, number, ended)) for _ in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    time.sleep(chance.uniform(0.1, 2.5))
    if style == "loading":
        wait_until_it_loads(server.data)
    elif style == "deriving":
        ended.set()
        for sender in senders:
            sender.join()
        time.sleep(chance.uniform(0.0, 1.5))
    server.kill()
    ended.set()
    for sender in senders:
        sender.join()


def wait_until_it_loads(data: Path, *, seconds: float = 5.0) -> int:
    """Returns the segment that is being loaded now, 0 when none is within the time."""
    deadline = time.monotonic() + seconds
    mark = data / "journal" / "loading"
    while time.monotonic() < deadline:
        found = mark.read_bytes() if mark.exists() else b""
        if len(found) == LOADING.size and (sequence := LOADING.unpack(found)[0]):
            return int(sequence)
        time.sleep(0.001)
    return 0


def cut_power(data: Path, chance: random.Random) -> None:
    """Takes what a power cut may take from a folder whose server was killed.

    The newest inserted part of each table, though those of spans are synced; bytes behind the last
    commit of the journal, and the end of its unsynced checksums. A merged part is synced before its
    sources go, and what was written more than a minute ago is on the disk anyway.
    """
    for table in TABLES:
        folder = data / "telemetry" / "data" / "default" / table
        ages = {path: time.time() - path.stat().st_mtime for path in folder.glob("*_*_*_0")}
        parts = [path for path, age in ages.items() if age < UNSYNCED_SECONDS]
        if parts:
            shutil.rmtree(min(parts, key=lambda path: ages[path]))
    for segment in (data / "journal").glob("*.seg"):
        with segment.open("ab") as file:
            file.write(chance.choice((b"", bytes(4096), b"\xc8\x01half of a message")))
    for checksums in (data / "journal").glob("*.crc"):
        size = checksums.stat().st_size
        with checksums.open("r+b") as file:
            file.truncate(size - chance.choice((0, 5, 16, 33, size)) if size > 33 else 0)


def compare(server: Server, load: Load, outcome: Outcome) -> None:
    """Counts what is lost or doubled: every span id, and the sums of every session."""
    truth: dict[str, Sums] = {}
    sent: set[str] = set()
    for request in load.acknowledged:
        sums = truth.setdefault(request.session_id, Sums())
        sums.spans += len(request.span_ids)
        sums.turns += 1
        sums.tokens += request.tokens
        sent |= set(request.span_ids)
    found: Counter[str] = Counter()
    for session_id, sums in truth.items():
        found.update(span_ids(server, session_id))
        shown = server.open_session(session_id)["session"]
        seen = Sums(shown["spans"], shown["turns"], shown["total_tokens"])
        if seen != sums:
            outcome.wrong.append(f"{session_id}: {seen}, expected {sums}")
    outcome.lost = sent - found.keys()
    outcome.doubled = {span_id for span_id, times in found.items() if times > 1}
    outcome.wrong += [f"{span_id} was never sent" for span_id in found.keys() - sent]
    stats = server.get_json("/api/v1/stats")
    if stats["spans"] != len(sent) or stats["sessions"] != len(truth):
        outcome.wrong.append(f"{stats}, expected {len(sent)} spans, {len(truth)} sessions")
    outcome.spans, outcome.sessions = len(sent), len(truth)
    outcome.quarantined = stats["quarantined"]


def span_ids(server: Server, session_id: str) -> Iterator[str]:
    """Returns the id of every span that a session shows, page after page."""
    path = f"/api/v1/sessions/{session_id}/spans"
    cursor: str | None = ""
    while cursor is not None:
        page = server.get_json(path, params={"cursor": cursor})
        for trace in page["traces"]:
            yield from (span["span_id"] for span in trace["spans"])
        cursor = page["next_cursor"]


def measure_faults(data: Path, options: FaultOptions) -> int:
    """Prints one table; returns the exit status: 0 when nothing was lost, doubled or wrong."""
    outcome = run_rounds(data, options, tell=lambda line: print(line, flush=True))
    ends = ", ".join(f"{count} {name}" for name, count in sorted(outcome.ends.items()))
    rows = {
        "rounds": f"{outcome.rounds} ({ends}), seed {options.seed}, {outcome.seconds:,.0f} s",
        "acknowledged": f"{outcome.requests:,} requests, {outcome.spans:,} spans",
        "sent again": f"{outcome.resent:,} requests",
        "sessions": f"{outcome.sessions:,}",
        "lost": f"{len(outcome.lost):,} spans",
        "doubled": f"{len(outcome.doubled):,} spans",
        "wrong": f"{len(outcome.wrong):,} sums",
        "quarantined": f"{outcome.quarantined:,} requests",
    }
    for name, value in rows.items():
        print(f"{name:<14}{value}")
    for line in outcome.wrong[:20]:
        print(line)
    return 0 if outcome.is_clean else 1
