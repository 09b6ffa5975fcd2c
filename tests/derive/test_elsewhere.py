"""What another process derived in a shared store is told to those who listen in this one."""

import asyncio
from pathlib import Path

from parley.bus import Bus
from parley.derive import Elsewhere
from parley.store import Store
from tests.storing import Loading
from tests.telemetry import chat


def test_new_rows_are_told_once(store: Store, tmp_path: Path) -> None:
    loading = Loading(store, tmp_path)

    def derived(*session_ids: str) -> None:
        loading.load([chat(session_id) for session_id in session_ids])
        loading.derive()  # publishes on a bus of its own, as another process would

    async def listen() -> None:
        bus = Bus()
        elsewhere = Elsewhere(store, bus)
        elsewhere.look()  # of nobody
        with bus.listen(loading.project_id) as listener:
            for ids in (["a", "b"], ["b"], ["c"]):
                derived(*ids)
                elsewhere.look()
                change = await listener.next_change(5)
                assert change is not None
                assert change.session_ids == ids
                elsewhere.look()
                assert await listener.next_change(0) is None

    asyncio.run(listen())
