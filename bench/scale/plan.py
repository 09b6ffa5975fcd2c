"""What the made-up project holds: how long each conversation is, and what every turn cost.

Each number is a plain function of the session's and the turn's number, written twice: as SQL, which
makes the rows, and as Python, which knows the truth without looking at them.
"""

from collections.abc import Iterator

from msgspec import Struct

__all__ = ["LANGUAGES", "Plan", "SessionTruth", "mix_sql"]

MASK = 2**64 - 1
MULTIPLIER = 6364136223846793005
INCREMENT = 1442695040888963407
ODD = 0x9E3779B97F4A7C15
DAY_NS = 86_400 * 10**9
LONG_EVERY = 1000  # one session in so many has 100 to 399 turns
MIDDLE_EVERY = 50  # one in so many has 20 to 40; the others 2 to 10
MODELS = 24
LANGUAGES = 6
SPANS_MIN = 4  # of a turn: agent, call, tool, call


def mix(number: int, salt: int) -> int:
    """Returns 31 pseudo-random bits."""
    return ((number * MULTIPLIER + salt * INCREMENT) & MASK) >> 33


def mix_sql(number: str, salt: int) -> str:
    """Returns `mix` as SQL; UInt64 wraps by itself."""
    return f"bitShiftRight(toUInt64({number}) * {MULTIPLIER} + toUInt64({salt * INCREMENT & MASK}), 33)"


class SessionTruth(Struct, frozen=True, kw_only=True):
    """What the list must say of a session."""

    session_id: str
    turns: int
    spans: int
    llm_calls: int
    errors: int
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int


class Plan(Struct, frozen=True, kw_only=True):
    """The whole project. giants: (turns, spans of each turn; 0 as elsewhere), the last sessions."""

    sessions: int
    turn_spans_milli: int  # average spans of a turn, in thousandths
    end_ns: int
    days: int = 90
    giants: tuple[tuple[int, int], ...] = ((1000, 1000), (5000, 0), (1000, 0))
    project: str = "scale"

    @classmethod
    def of_size(cls, *, spans: int, sessions: int, end_ns: int, **options: object) -> "Plan":
        """Returns a plan with so many sessions and about so many spans.

        Raises:
            ValueError: too few spans for the sessions.
        """
        plan = cls(sessions=sessions, turn_spans_milli=0, end_ns=end_ns, **options)  # type: ignore[arg-type]
        fixed = sum(turns * size for turns, size in plan.giants)
        turns = sum(plan.turns_of(s) for s in range(sessions) if not plan.giant_of(s)[1])
        milli = (spans - fixed) * 1000 // turns
        if milli < SPANS_MIN * 1000:
            raise ValueError(f"{spans:,} spans are too few for {sessions:,} sessions")
        return cls(sessions=sessions, turn_spans_milli=milli, end_ns=end_ns, **options)  # type: ignore[arg-type]

    @property
    def ordinary(self) -> int:
        """How many sessions are no giants; they have the lowest numbers."""
        return self.sessions - len(self.giants)

    @property
    def ordinary_spans(self) -> int:
        """About how many spans the sessions have that are no giants: seven turns each."""
        return self.ordinary * 7 * self.turn_spans_milli // 1000

    def giant_of(self, session: int) -> tuple[int, int]:
        """Returns (turns, spans of a turn) of a giant, (0, 0) of any other."""
        place = self.sessions - 1 - session
        return self.giants[place] if place < len(self.giants) else (0, 0)

    def turns_of(self, session: int) -> int:
        """Returns how many turns a session has."""
        giant = self.giant_of(session)[0]
        if giant:
            return giant
        if mix(session, 1) % LONG_EVERY == 0:
            return 100 + mix(session, 2) % 300
        if mix(session, 1) % MIDDLE_EVERY == 1:
            return 20 + mix(session, 2) % 21
        return 2 + mix(session, 2) % 9

    def spans_of(self, session: int, turn: int) -> int:
        """Returns how many spans a turn has."""
        giant = self.giant_of(session)[1]
        if giant:
            return giant
        place = session * 8192 + turn
        whole, part = divmod(self.turn_spans_milli, 1000)
        spread = min(whole - SPANS_MIN, 2)
        return whole - spread + mix(place, 3) % (2 * spread + 1) + (mix(place, 4) % 1000 < part)

    def id_of(self, session: int) -> str:
        """Returns the id of a session: in no order, like the ids of real clients."""
        return f"s-{session * ODD & MASK:016x}"

    def truth(self) -> Iterator[SessionTruth]:
        """Returns what each session sums up to, by number."""
        for session in range(self.sessions):
            turns = self.turns_of(session)
            spans = failed = tokens_in = tokens_out = cost = 0
            prices = 100 + mix(session, 9) % MODELS * 50
            for turn in range(turns):
                place = session * 8192 + turn
                spans += self.spans_of(session, turn)
                failed += mix(place, 5) % 100 < 3
                given = 400 + 2 * (mix(place, 6) % 3000)
                got = 20 + mix(place, 7) % 600
                is_failed = mix(place, 5) % 100 < 3
                tokens_in += given if is_failed else 2 * given
                tokens_out += 20 + (0 if is_failed else got)
                cost += prices * (given if is_failed else 2 * given)
                cost += 4 * prices * (20 + (0 if is_failed else got))
            yield SessionTruth(
                session_id=self.id_of(session),
                turns=turns,
                spans=spans,
                llm_calls=2 * turns,
                errors=failed,
                input_tokens=tokens_in,
                output_tokens=tokens_out,
                cost_nano_usd=cost,
            )

    def turns_sql(self) -> str:
        """Returns a query of turns: `{first}`, `{count}` sessions, turns `{begin}` to `{end}`.

        Columns: s, t, place, project_id, session_id, trace_id, root_id, K (spans), T (start, ms),
        D (latency, ms), lang, model, provider, price (nano-dollars), failed, tokens in and out.
        """
        whole, part = divmod(self.turn_spans_milli, 1000)
        spread = max(min(whole - SPANS_MIN, 2), 0)
        giants = list(self.giants)
        sizes = f"{[g[1] for g in giants]}[{self.sessions} - s]" if giants else "0"
        lengths = f"{[g[0] for g in giants]}[{self.sessions} - s]" if giants else "0"
        end_ms, extent_ms = self.end_ns // 10**6, (self.days - 1) * DAY_NS // 10**6
        return f"""SELECT s, t, s * 8192 + t AS place, '{self.project}' AS project_id, session_id,
    sipHash128('trace', s, t) AS trace_id,
    reinterpretAsFixedString(sipHash64('span', s, t, toUInt32(0))) AS root_id,
    if(giant_spans > 0, giant_spans, {whole - spread} + {mix_sql("place", 3)} % {2 * spread + 1}
        + ({mix_sql("place", 4)} % 1000 < {part})) AS K,
    S + t * gap AS T,
    300 + {mix_sql("place", 8)} % 2000 + if({mix_sql("place", 10)} % 10 = 0, {mix_sql("place", 8)} % 12000, 0) AS D,
    {mix_sql("s", 11)} % {LANGUAGES} AS lang,
    {mix_sql("s", 9)} % {MODELS} AS m,
    concat(['gpt', 'claude', 'gemini', 'mistral', 'llama', 'qwen'][1 + m % 6], '-', toString(1 + intDiv(m, 6)), ['', '-mini', '-large'][1 + m % 3]) AS model,
    ['openai', 'anthropic', 'gcp.gemini', 'mistral_ai', 'groq', 'alibaba'][1 + m % 6] AS provider,
    100 + m * 50 AS price,
    {mix_sql("place", 5)} % 100 < 3 AS failed,
    400 + 2 * ({mix_sql("place", 6)} % 3000) AS given,
    20 + {mix_sql("place", 7)} % 600 AS got,
    {mix_sql("place", 12)} % 100 < 5 AS stumbles,
    t > 0 AND {mix_sql("(place - 1)", 5)} % 100 < 3 AS failed_before,
    concat('user-', toString(toUInt32(pow({mix_sql("s", 13)} % 3000, 2) / 3000))) AS user_id,
    concat(['production', 'staging', 'preview', 'eu', 'us'][1 + {mix_sql("s", 14)} % 5], ['', '-2', '-3', '-blue', '-green'][1 + {mix_sql("s", 15)} % 5]) AS environment,
    concat('topic-', toString({mix_sql("s", 16)} % 25)) AS tag
FROM (
    SELECT number AS s,
        concat('s-', leftPad(lower(hex(toUInt64({ODD}) * number)), 16, '0')) AS session_id,
        if(number >= {self.ordinary}, {sizes}, 0) AS giant_spans,
        if(number >= {self.ordinary}, {lengths},
            if({mix_sql("number", 1)} % {LONG_EVERY} = 0, 100 + {mix_sql("number", 2)} % 300,
            if({mix_sql("number", 1)} % {MIDDLE_EVERY} = 1, 20 + {mix_sql("number", 2)} % 21, 2 + {mix_sql("number", 2)} % 9))) AS turns,
        if(number >= {self.ordinary}, 40000, 30000 + {mix_sql("number", 17)} % 60000) AS gap,
        if(number >= {self.ordinary}, {end_ms} - turns * gap - 600000,
            {end_ms - extent_ms - DAY_NS // 10**6} + intDiv(number * {extent_ms}, {self.sessions}) + {mix_sql("number", 18)} % 3600000) AS S
    FROM numbers({{first:UInt64}}, {{count:UInt64}})
)
ARRAY JOIN range(least({{begin:UInt32}}, turns), least({{end:UInt32}}, turns)) AS t
"""
