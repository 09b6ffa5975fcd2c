"""Settings are typed, named alike everywhere, and know what the world can reach."""

import pytest

from parley.settings import SETTINGS, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.168.1.5", "", "127.0.0.1.evil.example", "127.evil", "parley.example"],
)
def test_everything_else_is_the_world(host: str) -> None:
    assert not is_loopback(host)


def test_variables_follow_from_names() -> None:
    by_name = {item.name: item.variable for item in SETTINGS}
    assert by_name["journal-quota-bytes"] == "PARLEY_JOURNAL_QUOTA_BYTES"
    assert len(set(by_name.values())) == len(SETTINGS)
