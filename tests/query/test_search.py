"""Words and phrases in conversations, in many languages."""

import re

import pytest

from parley.model import SessionQuery
from parley.query import BadQuery, compare_series, find_sessions, narrow, read_series
from parley.query.search import excerpt_of, fold, parse_words
from parley.store import fragment
from parley.store.sql import migrations
from tests.derive.test_conversation import SECOND, START, Script, said
from tests.storing import Loading

TALKS = {
    "english": ("Where is my refund?", "Your refund, sent on Monday, is on its way."),
    "german": ("Ist die Straße gesperrt?", "Die Große Bäckerstraße, ja."),
    "turkish": ("İSTANBUL'da hava nasıl?", "Güneşli."),
    "russian": ("Почему не пришла посылка?", "Посылка ждёт на почте."),
    "arabic": ("أين طلبي؟", "طلبك في الطريق."),
    "japanese": ("東京タワーはどこですか", "iPhone15を持って港区へ。"),
    "thai": ("ฉันอยากไปกรุงเทพ", "ไปโดยรถไฟ"),
    "korean": ("도쿄에서 만나요", "네, 좋아요"),
    "chinese": ("我想取消订单", "已为您取消。"),
    "emoji": ("Thank you 🎉👩‍💻", "❤️"),
    "french": ("Où est le café “Réunion” ?", "L’entrée est à côté—voilà."),
    "code": ("user_name@example.com v3.14", "100% done; C:\\temp {x} 'y'"),
}


@pytest.fixture(scope="module")
def talks(store, tmp_path_factory) -> Loading:
    """A session in each language, and one with all of them as instructions of the system."""
    loading = Loading(store, tmp_path_factory.mktemp("talks"))
    script = Script(loading)
    bodies = [
        script.trace(
            number,
            {"input": [said("user", question)], "output": said("assistant", answer)},
            session=name,
        )
        for number, (name, (question, answer)) in enumerate(TALKS.items(), 1)
    ]
    told = [said("system", "zebra " + " ".join(" ".join(talk) for talk in TALKS.values()))]
    bodies.append(
        script.trace(
            90,
            {"input": [*told, said("user", "bare")], "output": said("assistant", "yes")},
            session="told",
        )
    )
    script.send(*bodies)
    return loading


def found(talks: Loading, q: str, **more: object) -> list[str]:
    page = find_sessions(talks.store, talks.project_id, SessionQuery(q=q, **more))
    assert page.total == len(page.sessions)
    assert set(page.matches) == {session.session_id for session in page.sessions}
    return sorted(session.session_id for session in page.sessions)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("refund", ["english"]),
        ("REFUND", ["english"]),
        ("refund monday where", ["english"]),  # words of two messages
        ("refun", []),  # words are whole
        ("refund kaputt", []),
        ('"my refund"', ["english"]),
        ('"refund sent on"', ["english"]),  # a comma is between them
        ('"refund my"', []),
        ('"where monday"', []),  # a phrase is in one message
        ('"my refund', ["english"]),  # a quote may stay open
        ("strasse", ["german"]),
        ("STRASSE", ["german"]),
        ("große", ["german"]),
        ("backerstrasse", ["german"]),
        ("istanbul", ["turkish"]),
        ("nasil", []),  # ı is another letter than i
        ("nasıl", ["turkish"]),
        ("ПОСЫЛКА почте", ["russian"]),
        ("ждет", ["russian"]),
        ("طلبي", ["arabic"]),
        ("東京", ["japanese"]),
        ("タワー", ["japanese"]),
        ("京", ["japanese"]),
        ("京都", []),
        ("東京タワーはどこ", ["japanese"]),
        ("iphone15", ["japanese"]),
        ("iPhone15を持", ["japanese"]),
        ("iphone15 港区", ["japanese"]),
        ("ｉＰｈｏｎｅ１５", ["japanese"]),
        ("กรุงเทพ", ["thai"]),
        ("รถไฟ กรุงเทพ", ["thai"]),
        ("도쿄", ["korean"]),
        ("订单", ["chinese"]),
        ("🎉", ["emoji"]),
        ("🎉👩‍💻", ["emoji"]),
        ("❤", ["emoji"]),
        ("cafe reunion", ["french"]),
        ("cafe\u0301", ["french"]),
        ("l'entree", ["french"]),
        ("voilà", ["french"]),
        ("user_name@example.com", ["code"]),
        ("v3.14", ["code"]),
        ("14.3", []),
        ("100%", ["code"]),
        ("c:\\temp", ["code"]),
        ("{x} 'y'", ["code"]),
        ("zebra", []),  # instructions are not conversation
        ("bare", ["told"]),
        ("%", None),
        ("' OR 1=1 --", []),
        ("\\'); DROP TABLE messages", []),
        ("{q0:String}", []),
    ],
)  # fmt: skip
def test_words_are_found_in_any_language(talks: Loading, q: str, names: list[str] | None) -> None:
    if names is None:
        with pytest.raises(BadQuery, match="no letter or digit"):
            found(talks, q)
        return
    assert found(talks, q) == names


def test_nothing_asked_is_everything(talks: Loading) -> None:
    page = find_sessions(talks.store, talks.project_id, SessionQuery(q="  "))
    assert page.total == len(TALKS) + 1
    assert page.matches == {}


@pytest.mark.parametrize("q", ["x" * 501, " ".join(f"w{n}" for n in range(21)), "?!", '"…"'])
def test_what_cannot_be_searched_for_is_refused_by_name(talks: Loading, q: str) -> None:
    with pytest.raises(BadQuery) as caught:
        found(talks, q)
    assert caught.value.field == "q"


def test_another_project_finds_nothing(talks: Loading) -> None:
    page = find_sessions(talks.store, "someone-else", SessionQuery(q="refund"))
    assert (page.sessions, page.total, page.matches) == ([], 0, {})


def test_strip_and_chart_are_about_what_is_listed(talks: Loading) -> None:
    series = read_series(talks.store, talks.project_id, narrowing=narrow("refund"))
    assert (series.sessions, series.turns) == (1, 1)
    end = START + 100_000 * SECOND
    now, _ = compare_series(talks.store, talks.project_id, START, end, narrowing=narrow("東京"))
    assert now.sessions == 1 == sum(point.sessions for point in now.points)


def test_pages_of_a_search_hold_each_session_once(talks: Loading) -> None:
    names, cursor = [], ""
    while cursor is not None:
        query = SessionQuery(filter="turns = 1", sort="started_at", limit=5, cursor=cursor)
        page = find_sessions(talks.store, talks.project_id, query)
        assert page.total == len(TALKS) + 1
        names += [session.session_id for session in page.sessions]
        cursor = page.next_cursor
    assert names == [*TALKS, "told"]


def test_an_interval_and_a_search_narrow_together(talks: Loading) -> None:
    assert found(talks, "refund", from_ns=START) == ["english"]
    assert found(talks, "refund", from_ns=START + 1000 * SECOND) == []


def test_what_was_said_again_differently_is_not_found_any_more(loading: Loading) -> None:
    script = Script(loading)
    first = {"input": [said("user", "giraffe")], "output": said("assistant", "leopard")}
    script.send(script.trace(1, first))
    assert found(loading, "giraffe leopard") == ["s"]
    script.send(script.trace(1, {**first, "input": [said("user", "ostrich")]}))
    assert found(loading, "giraffe") == []
    assert found(loading, "ostrich leopard") == ["s"]


def test_only_sessions_that_lost_words_are_read_with_care(loading: Loading) -> None:
    def lost() -> list[str]:
        rows = loading.store._engine.query(
            "SELECT DISTINCT session_id FROM replaced WHERE project_id = {p:String}",
            {"p": loading.project_id},
        )
        return sorted(row[0] for row in rows)

    script = Script(loading)
    call = {"input": [said("user", "giraffe")], "output": said("assistant", "leopard")}
    script.send(script.trace(1, call, session="same"), script.trace(2, call, session="other"))
    script.send(script.trace(1, call, {"id": 5, "name": "step"}, session="same"))  # a late span
    assert lost() == []
    script.send(script.trace(2, {**call, "output": said("assistant", "tiger")}, session="other"))
    assert lost() == ["other"]
    assert found(loading, "leopard") == ["same"]
    assert found(loading, "giraffe") == ["other", "same"]


def excerpt(text: str, q: str) -> str:
    pieces = excerpt_of(text, parse_words(q))
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


def test_an_excerpt_marks_what_was_found() -> None:
    assert excerpt("Where is my refund?", "REFUND where") == "[Where] is my [refund]?"
    assert excerpt("Die Große Straße", "strasse") == "Die Große [Straße]"
    assert excerpt("cafe\u0301 au lait", "cafe") == "[cafe\u0301] au lait"
    assert excerpt("東京タワー", "タワー") == "東京[タワー]"
    assert excerpt("a  b\n c", '"b c"') == "a [b c]"
    long = excerpt("word " * 100 + "needle " + "word " * 100, "needle")
    assert re.fullmatch(r"… (word )+\[needle\] (word )+… ?|… .*\[needle\].* …", long)
    assert len(long) < 260
    assert (
        "".join(p.text for p in excerpt_of("nothing here", parse_words("else"))) == "nothing here"
    )


def test_text_is_folded_alike_here_and_in_the_store(talks: Loading) -> None:
    folded = fragment("folded").replace("text", "{text:String}")
    samples = [word for talk in TALKS.values() for word in talk]
    samples += ["ﬁne Ⅷ ①", "ΣΊΣΥΦΟΣ", "Ǆ ŉ ẞ", "पानी कीजिए", "e\u0301\u0323", "ｶﾞ パ", "각"]
    for text in samples:
        rows = talks.store._engine.query(f"SELECT {folded}", {"text": text})
        assert rows[0][0] == fold(text), text


def test_the_index_is_made_of_the_expression_that_questions_use() -> None:
    schema = dict(migrations())["0009_search.sql"]
    assert f"INDEX IF NOT EXISTS words ({fragment('words')})" in schema
    assert schema.count(fragment("folded")) >= 3
