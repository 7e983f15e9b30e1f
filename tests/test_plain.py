"""Text that goes to a terminal: harmless, and no wider than asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from grader.report.plain import plain, shortened, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\u202eb\u2066c\u200bd", "abcd"),
        ("one\r\n\ttwo\x00", "one two"),
        ("\x9b31mhi", "31mhi"),
        ("lone \ud800 half", "lone  half"),
        ("[bold]不[/bold]", "[bold]不[/bold]"),
    ],
)
def test_nothing_in_a_quote_can_drive_the_terminal(text: str, shown: str):
    assert plain(text) == shown


def test_chinese_breaks_anywhere_but_before_closing_and_after_opening_marks():
    assert wrapped("直接优化策略，不需要模型", 12) == ["直接优化策", "略，不需要模", "型"]
    assert wrapped("他说“好的”就走", 6) == ["他说", "“好的”", "就走"]


def test_latin_words_stay_whole_and_long_ones_are_cut():
    assert wrapped("the reward model", 10) == ["the reward", "model"]
    assert wrapped("https://arxiv.org/abs", 10) == ["https://ar", "xiv.org/ab", "s"]


@given(st.text(alphabet="ab 。，“”（）中文字x", max_size=80), st.integers(min_value=6, max_value=30))
def test_no_line_is_wider_than_asked_and_nothing_is_lost(text: str, width: int):
    text = plain(text)
    lines = wrapped(text, width)
    assert all(cell_len(one) <= width for one in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_long_quote_is_cut_with_a_mark():
    assert shortened("abcdef", 4) == "abc…"
