"""A change of prices survives sudden ends: every call it is about is priced again, once."""

import random
from pathlib import Path

from tests.api.test_prices import ask, wait_priced
from tests.serving import Start
from tests.telemetry import chat_attributes, make_span, pack

SESSIONS = 400
KILLS = 3


def test_a_kill_while_prices_change_forgets_no_call(start: Start, tmp_path: Path) -> None:
    chance = random.Random(5)
    server = start()
    for first in range(0, SESSIONS, 100):
        spans = []
        for number in range(first, first + 100):
            attributes = chat_attributes(f"s{number:04}", [("user", "Hi")], "Hello")
            attributes["gen_ai.request.model"] = attributes["gen_ai.response.model"] = "mine"
            spans.append(make_span(attributes=attributes))
        assert server.post("/v1/traces", pack(*spans)).status_code == 200
    server.wait_derived()
    for price in range(1, KILLS + 1):
        body = {"model": "mine", "input": price, "output": 0}
        assert ask(server, "PUT", "/api/v1/prices", json=body).json()["changed"]
        waits = chance.randrange(4)
        for _ in range(waits):  # a little further each time, never to the end
            server.get_json("/api/v1/prices/repricing")
        server.kill()
        server = start()
        wait_priced(server)
        server.wait_derived()
        models = server.get_json("/api/v1/prices")["models"]
        (used,) = [(item["calls"], item["unpriced_calls"], item["cost_usd"]) for item in models]
        assert used == (SESSIONS, 0, round(SESSIONS * 100 * price / 1e6, 9))
    assert server.stop() == 0
