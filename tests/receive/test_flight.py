"""Shares of memory in work, of the journal's quota, and rates: nobody starves another."""

import asyncio

import pytest

from parley.receive import Busy
from parley.receive.errors import OverRate, OverShare
from parley.receive.flight import InFlight
from parley.receive.shares import Backlog, Rates
from parley.receive.turns import Turns


def filled(flight: InFlight, project: str, size: int) -> int:
    """Returns how many bytes a project gets in pieces of a size."""
    got = 0
    while flight.take(project, size, is_fair=True):
        got += size
    return got


def test_one_project_takes_two_thirds_and_leaves_the_rest_to_others() -> None:
    flight = InFlight(900)
    assert filled(flight, "flood", 1) == 600
    assert filled(flight, "second", 1) == 200
    assert filled(flight, "third", 1) > 0


def test_what_is_given_back_evens_the_shares_out() -> None:
    flight = InFlight(1000)
    filled(flight, "a", 10)
    for _ in range(200):  # both go on sending, each request ends after a while
        for project in ("a", "b"):
            filled(flight, project, 10)
        flight.give("a", 10)
        if flight._of_project["b"] > 10:
            flight.give("b", 10)
    assert abs(flight._of_project["a"] - flight._of_project["b"]) < 150


def test_the_first_of_a_project_needs_room_only() -> None:
    flight = InFlight(100)
    assert flight.take("a", 100, is_fair=True)
    assert not flight.take("b", 1, is_fair=True)
    flight.give("a", 100)
    assert flight.bytes == 0
    assert not flight.take("a", 101, is_fair=True)


async def waits_for_room() -> None:
    flight = InFlight(100, waiting_max=1)
    with flight.hold("a") as first:
        await first.grow(90, wait_seconds=0)
        with flight.hold("b") as second, flight.hold("c") as third:
            waiting = asyncio.create_task(second.grow(50, wait_seconds=5))
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="1 requests wait"):
                await third.grow(50, wait_seconds=5)
            first.give(60)
            await waiting
            assert (flight.bytes, second.bytes) == (80, 50)
            with pytest.raises(Busy, match="80 bytes are in work"):
                await third.grow(50, wait_seconds=0.01)
            with pytest.raises(Busy):
                third.grow_now(21)
            third.grow_now(20)
    assert flight.bytes == 0
    assert flight._of_project == {}
    assert flight._waiting == {}


def test_who_finds_no_room_waits_for_some_and_not_for_ever() -> None:
    asyncio.run(waits_for_room())


def test_a_rate_lets_in_what_was_saved_and_then_says_how_long() -> None:
    now = [0.0]
    rates = Rates(100, clock=lambda: now[0])
    rates.check("a")
    rates.spend("a", 150)
    rates.check("a")
    rates.spend("a", 250)  # 200 below zero
    with pytest.raises(OverRate) as refused:
        rates.check("a")
    assert refused.value.retry_seconds == pytest.approx(2.01)
    rates.check("b")
    now[0] += 2.0
    with pytest.raises(OverRate):
        rates.check("a")
    now[0] += 0.01
    rates.check("a")
    now[0] += 1000
    rates.spend("a", 200)  # no more is saved than two seconds hold
    with pytest.raises(OverRate):
        rates.check("a")


def test_a_rate_of_none_refuses_nobody() -> None:
    rates = Rates(0)
    rates.spend("a", 10**12)
    rates.check("a")


def test_a_project_leaves_a_quarter_of_the_quota_to_others() -> None:
    backlog = Backlog(1000, retry_seconds=5)
    waiting = 0
    with pytest.raises(OverShare) as refused:  # noqa: PT012 - which one is refused is the question
        while True:
            backlog.check("flood", 10, waiting_bytes=waiting)
            backlog.add("flood", 10)
            waiting += 10
    assert waiting == 750
    assert refused.value.retry_seconds == 5
    backlog.check("other", 200, waiting_bytes=waiting)
    backlog.add("other", 200)
    backlog.check("flood", 10, waiting_bytes=200)  # the oldest were loaded: "other" waits
    with pytest.raises(OverShare):
        backlog.check("other", 650, waiting_bytes=200)


async def order_of_turns() -> list[str]:
    turns = Turns(1)
    done: list[str] = []
    begin = asyncio.Event()

    async def work(project: str) -> None:
        async with turns.place(project):
            await begin.wait()
            done.append(project)

    tasks = [asyncio.create_task(work(project)) for project in "aaaaaabbc"]
    await asyncio.sleep(0)
    tasks[2].cancel()  # a client that went away
    begin.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert turns._free == 1
    assert turns._waiting == {}
    return done


def test_projects_take_turns() -> None:
    assert "".join(asyncio.run(order_of_turns())) == "aabcbaaa"  # its turn is lost to "a"


async def given_and_cancelled_at_once() -> None:
    turns = Turns(1)
    async with turns.place("a"):
        waiting = asyncio.create_task(anext(aiter(hold(turns))))
        await asyncio.sleep(0)
    waiting.cancel()  # after the place was given to it
    await asyncio.gather(waiting, return_exceptions=True)
    assert turns._free == 1


async def hold(turns: Turns):
    async with turns.place("b"):
        yield


def test_a_place_given_to_one_who_is_gone_is_passed_on() -> None:
    asyncio.run(given_and_cancelled_at_once())
