"""A server keeps its records where it is told."""

from pathlib import Path

import pytest

from tests.api.test_prices import GOOD, ask
from tests.records.postgres import binaries, running_postgres
from tests.serving import ServerFailed, Start


def test_prices_are_kept_in_postgresql(start: Start, tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed here: a server with it is not tested")
    with running_postgres() as url:
        first = start("--records", url, data=tmp_path / "first")
        assert ask(first, "PUT", "/api/v1/prices", json=GOOD).json()["changed"]
        assert first.stop() == 0
        assert not (tmp_path / "first" / "records.db").exists()
        second = start("--records", url, data=tmp_path / "second")
        assert [p["model"] for p in second.get_json("/api/v1/prices")["prices"]] == ["mine"]
        assert second.stop() == 0


def test_a_server_without_its_records_does_not_start(start: Start) -> None:
    with pytest.raises(ServerFailed, match="cannot open the records at postgresql"):
        start("--records", "postgresql://nobody:secret@127.0.0.1:1/none")


def test_prices_are_kept_in_the_data_folder(start: Start, tmp_path: Path) -> None:
    server = start()
    assert ask(server, "PUT", "/api/v1/prices", json=GOOD).json()["changed"]
    server.kill()
    again = start()
    assert [p["model"] for p in again.get_json("/api/v1/prices")["prices"]] == ["mine"]
    assert (tmp_path / "data" / "records.db").exists()
