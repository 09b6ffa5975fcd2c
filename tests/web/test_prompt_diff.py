"""Two prompts side by side."""

from parley.model import Prompt, PromptMessage
from parley.web.prompt_diff import DiffPiece, DiffRow, diff_prompts


def prompt(text: str, **more: object) -> Prompt:
    return Prompt(messages=[PromptMessage("system", text)], model="openai:gpt-4o", parameters=more)


def changed(rows: list[DiffRow]) -> list[DiffRow]:
    return [row for row in rows if row.kind not in ("same", "skipped")]


def test_the_words_that_differ_are_marked() -> None:
    (row,) = changed(diff_prompts(prompt("Be kind and brief."), prompt("Be kind and clear.")))
    assert row.kind == "changed"
    assert [piece.text for piece in row.before if piece.is_changed] == ["brief"]
    assert "".join(piece.text for piece in row.after) == "Be kind and clear."


def test_lines_of_their_own_are_gone_or_new() -> None:
    rows = changed(diff_prompts(prompt("a\nold words"), prompt("a\nEntirely other 123!")))
    assert [row.kind for row in rows] == ["gone", "new"]
    (row,) = changed(diff_prompts(prompt("a"), prompt("a\nb")))
    assert (row.kind, row.after) == ("new", [DiffPiece("b")])


def test_a_parameter_is_a_setting_and_its_number_is_one_word() -> None:
    (row,) = changed(diff_prompts(prompt("a", temperature=0.2), prompt("a", temperature=0.4)))
    assert row.is_setting
    assert [piece.text for piece in row.after if piece.is_changed] == ["0.4"]


def test_long_runs_of_the_same_are_left_out() -> None:
    lines = [f"line {number}" for number in range(40)]
    rows = diff_prompts(prompt("\n".join(lines)), prompt("\n".join([*lines, "last"])))
    skipped = [row.count for row in rows if row.kind == "skipped"]
    told = sum(row.kind == "same" and not row.is_setting for row in rows)
    assert len(skipped) == 1
    assert skipped[0] + told == len(lines) + 2, "the role, and the head of the settings"
    assert not changed(diff_prompts(prompt("a"), prompt("a")))
