"""From a script to one conversation: words filled in, user, model, id and moments chosen."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from parley.demo.errors import ScriptError
from parley.demo.script import Cast, Script, Step, Turn

__all__ = ["SECOND_NS", "Conversation", "cast_conversation", "seeded"]

SECOND_NS = 1_000_000_000
MARK = re.compile(r"@\{([^}]+)\}")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Conversation(Struct, frozen=True, kw_only=True):
    """One script as one user lived it. All text is final."""

    script: Script
    session_id: str
    user: str
    model: str
    environment: str
    turns: list[Turn]
    system: str
    started_ns: int
    chance: random.Random  # of this conversation only: others cannot change what it draws

    def pauses(self) -> Iterator[float]:
        """Yields the seconds that the user takes before each turn; the first is 0."""
        yield 0.0
        for earlier, turn in zip(self.turns, self.turns[1:], strict=False):
            reading = min(len(earlier.answer) / 45, 60) + min(len(turn.user) / 8, 70)
            yield turn.gap_minutes * 60 + 3 + reading * self.chance.uniform(0.5, 1.3)


def seeded(*parts: object) -> random.Random:
    """Returns a source of chance that is the same for the same parts on every machine."""
    return random.Random(":".join(map(str, parts)))  # noqa: S311 - repeatable words, no secrets


def cast_conversation(
    cast: Cast, script: Script, variant: int, *, started_ns: int, seed: str, whole: bool = False
) -> Conversation:
    """Returns variant number `variant` of the script, begun at `started_ns`.

    Variants differ in the filled words, the first message, the user, the model, the environment
    and, where the script allows it (`keep`) and unless `whole`, in how early the user leaves.
    """
    chance = seeded(seed, script.id, variant)
    user = script.users[variant % len(script.users)]
    words = {name: values[variant % len(values)] for name, values in script.fill.items()}
    words |= {"user": user}
    words |= _id_words(chance, datetime.fromtimestamp(started_ns / SECOND_NS, UTC))
    turns = script.all_turns()
    openings = [turns[0].user, *script.openings]
    match openings[variant % len(openings)]:
        case (user_text, answer):
            turns = [Turn(user=user_text, answer=answer)]
        case str(user_text):
            turns[0] = structs.replace(turns[0], user=user_text)
    if script.keep and len(turns) > script.keep and not whole:
        turns = turns[: chance.randint(script.keep, len(turns))]
    started = datetime.fromtimestamp(started_ns / SECOND_NS, UTC)
    fill = _Filler(words, started, script.id)
    return Conversation(
        script=script,
        session_id=fill.text(script.session),
        user=user,
        model=script.models[variant % len(script.models)],
        environment=script.environments[variant % len(script.environments)],
        turns=[fill.turn(turn) for turn in turns],
        system=fill.text(script.system or cast.apps[script.app].system).strip(),
        started_ns=started_ns,
        chance=chance,
    )


def _id_words(chance: random.Random, started: datetime) -> dict[str, str]:
    """Returns what patterns of session ids may use."""
    bits = chance.getrandbits(128)
    return {
        "uuid": str(UUID(int=bits, version=4)),
        "hex6": f"{chance.getrandbits(24):06x}",
        "hex12": f"{chance.getrandbits(48):012x}",
        "number": str(chance.randint(10_000, 99_999)),
        "number6": str(chance.randint(100_000, 999_999)),
        "time": started.strftime("%H%M"),
        "stamp": str(int(started.timestamp() * 1000)),
    }


class _Filler:
    """Replaces @{marks}: fill words, `@{iso:-1}` (a date), `@{day:fri-2}` (the Friday before last).

    Days count from the day of the conversation; `fri-1` is the last Friday before it.
    """

    def __init__(self, words: dict[str, str], started: datetime, script_id: str) -> None:
        self._words = words
        self._started = started
        self._script_id = script_id

    def text(self, text: str) -> str:
        return MARK.sub(self._word, text)

    def turn(self, turn: Turn) -> Turn:
        return structs.replace(
            turn,
            user=self.text(turn.user).strip(),
            answer=self.text(turn.answer).strip(),
            steps=[self._step(step) for step in turn.steps],
        )

    def _step(self, step: Step) -> Step:
        return structs.replace(
            step,
            args=self._nested(step.args),
            result=self._nested(step.result),
            say=self.text(step.say),
            retrieve=self.text(step.retrieve),
            found=self._nested(step.found),
        )

    def _nested(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self._nested(item) for item in value]
            case dict():
                return {key: self._nested(item) for key, item in value.items()}
        return value

    def _word(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._words:
            # A fill word may hold marks itself: a date inside an order number.
            return MARK.sub(self._word, self._words[name])
        form, _, place = name.partition(":")
        if form not in ("iso", "day"):
            raise ScriptError(f"script {self._script_id!r} uses the unknown mark @{{{name}}}")
        day = self._day(place)
        return day.strftime("%Y-%m-%d") if form == "iso" else f"{day.day} {day:%B}"

    def _day(self, place: str) -> datetime:
        weekday, sign, count = place.partition("-")
        if weekday in WEEKDAYS:
            back = (self._started.weekday() - WEEKDAYS.index(weekday)) % 7 or 7
            return self._started - timedelta(days=back + 7 * (int(count or 1) - 1))
        return self._started + timedelta(days=int(sign + count if sign else place))
