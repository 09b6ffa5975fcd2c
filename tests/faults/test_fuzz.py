"""What the receiver accepts, the database loads and derivation reads: no client blocks them.

Thousands of wrong bodies, made from recorded ones; those that are accepted go into the real engine,
many in one segment, as the loader would load them.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from parley.receive import ReceiveLimits
from parley.receive.errors import BadBody, TooLarge
from parley.receive.weight import check_json, check_protobuf
from parley.store import StoreOutOfMemory, StoreUnreadable
from tests.mutations import mutate
from tests.storing import Loading, raw_bodies, understand

MUTATIONS = int(os.environ.get("PARLEY_MUTATIONS", "20000"))
SEED = int(os.environ.get("PARLEY_SEED", "20261122"))
BODY_BYTES_MAX = 20_000  # of a body that is mutated; larger ones differ in size alone
SEGMENT_BYTES = 12 << 20
LIMITS = ReceiveLimits()
BODIES = [item for item in raw_bodies() if len(item[2]) <= BODY_BYTES_MAX]
ACCEPTED_SHARE_MIN = 0.2  # below, the mutations would be too coarse to try the engine


class Accepted:
    """Mutated bodies that the receiver took, as envelopes, with the number that made each."""

    def __init__(self, loading: Loading, kind: str) -> None:
        self.loading = loading
        self.kind = kind
        self.envelopes: list[tuple[int, bytes]] = []
        self.waiting_bytes = 0
        self.loaded = 0

    def add(self, number: int, request: bytes) -> None:
        envelope = self.loading.envelope(request)
        self.envelopes.append((number, envelope))
        self.waiting_bytes += len(envelope)
        if self.waiting_bytes > SEGMENT_BYTES:
            self.load()

    def load(self) -> None:
        """Loads all at once; when that fails, says which mutations are the culprits."""
        waiting, self.envelopes, self.waiting_bytes = self.envelopes, [], 0
        self.load_all(waiting)
        self.loaded += len(waiting)

    def load_all(self, waiting: list[tuple[int, bytes]]) -> None:
        try:
            self.loading.load_envelopes([item for _, item in waiting], self.kind)
        except StoreOutOfMemory:
            # Two bytes of an empty field can be a row of forty columns: too much at once is halved
            # by the loader too. One alone never is too much.
            assert len(waiting) > 1, f"seed {SEED}: {waiting[0][0]} needs too much memory"
            middle = len(waiting) // 2
            self.load_all(waiting[:middle])
            self.load_all(waiting[middle:])
        except StoreUnreadable as error:
            found = list(self.culprits(waiting))
            pytest.fail(f"seed {SEED}, {self.kind}: {found or 'only together'}: {error}"[:3000])

    def culprits(self, envelopes: list[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
        """Yields (number of the mutation, the engine's words)."""
        try:
            self.loading.load_envelopes([item for _, item in envelopes], self.kind)
        except StoreUnreadable as error:
            if len(envelopes) == 1:
                number, _ = envelopes[0]
                yield number, str(error)[:300]
                return
            middle = len(envelopes) // 2
            yield from self.culprits(envelopes[:middle])
            yield from self.culprits(envelopes[middle:])


def receive(kind: str, form: str, body: bytes) -> tuple[bytes, int]:
    """Returns (canonical request, how many items), within the limits that the receiver has."""
    if len(body) > LIMITS.body_bytes:
        raise TooLarge("the body")  # mutations double, again and again
    if form == "json":
        check_json(body, LIMITS)
    else:
        check_protobuf(kind, body, LIMITS)
    return understand(kind, form, body)


@pytest.mark.timeout(120 + MUTATIONS // 20)
def test_whatever_the_receiver_accepts_the_engine_loads(loading: Loading) -> None:
    recorded = {kind: [item for item in BODIES if item[0] == kind] for kind in ("traces", "logs")}
    accepted = {kind: Accepted(loading, kind) for kind in ("traces", "logs")}
    seen: Counter[str] = Counter()
    for number in range(MUTATIONS):
        chance = random.Random(SEED * 1_000_003 + number)
        kind, form, body = chance.choice(recorded[chance.choice(("traces",) * 4 + ("logs",))])
        lenders = [other for _, other_form, other in BODIES if other_form == form]
        wrong = mutate(chance, body, lenders)
        try:
            request, count = receive(kind, form, wrong)
        except (BadBody, TooLarge):
            seen["refused"] += 1
            continue
        seen["accepted"] += 1
        if count:
            accepted[kind].add(number, request)
    for item in accepted.values():
        item.load()
    loading.derive()
    print(seen, {kind: item.loaded for kind, item in accepted.items()})
    assert seen["accepted"] > ACCEPTED_SHARE_MIN * MUTATIONS
    assert accepted["traces"].loaded > 0.1 * MUTATIONS
    assert accepted["logs"].loaded > 0
