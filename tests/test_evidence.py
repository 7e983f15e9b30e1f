"""Quotes are found where they stand, whatever a judge did to their typography, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import evidence
from grader.evidence import locate

TEXT = (
    "# 回答\n\nKV Cache 的核心作用，是**避免重复计算**：每步只算新 token 的 `K/V`。\n"
    "> 显存随 seq_len 线性增长，“GQA” 可以减小它。\n"
    "- 1、see [the *paper*](https://arxiv.org) for PagedAttention — it’s   fast…\n"
    "The cache grows linearly with the sequence\nlength and the number of layers."
)

FOLDED = {
    "as it stands": ("每步只算新 token 的 `K/V`", "每步只算新 token 的 `K/V`"),
    "width": ("ＫＶ　Ｃａｃｈｅ 的核心作用", "KV Cache 的核心作用"),
    "case": ("kv cache 的核心作用", "KV Cache 的核心作用"),
    "marks dropped": ("是避免重复计算：每步", "是**避免重复计算**：每步"),
    "marks added": ("**KV Cache** 的核心作用", "KV Cache 的核心作用"),
    "ascii punctuation": ("核心作用,是避免重复计算:", "核心作用，是**避免重复计算**："),
    "ascii full stop": ("的 K/V.", "的 `K/V`。"),
    "no white space": ("显存随seq_len线性增长", "显存随 seq_len 线性增长"),
    "more white space": ("显存随  seq_len\n线性增长", "显存随 seq_len 线性增长"),
    "line joined": ("sequence length", "sequence\nlength"),
    "over a line mark": ("K/V。 显存随", "K/V`。\n> 显存随"),
    "curly and straight quotes": ('线性增长，"GQA" 可以', "线性增长，“GQA” 可以"),
    "no quotes": ("线性增长，GQA可以", "线性增长，“GQA” 可以"),
    "link text": ("the paper for Paged", "the *paper*](https://arxiv.org) for Paged"),
    "dash": ("PagedAttention - it's fast", "PagedAttention — it’s   fast"),
    "bullet": ("- 1、see", "- 1、see"),
    "quoted as a whole": ("“显存随 seq_len 线性增长”", "显存随 seq_len 线性增长"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDED)
def test_a_quote_is_verified_under_folding_and_shows_the_words_of_the_attempt(name: str) -> None:
    quote, words = FOLDED[name]
    found = locate(quote, TEXT)
    assert found.state == "verified"
    assert found.quote == TEXT[found.start : found.end]
    assert found.quote.strip("\n “”") == words.strip("\n “”")


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("cache grows linear with the sequence length", "cache grows linearly with the sequence\nlength"),
        ("显存会随着 seq_len 线性增长，GQA", "显存随 seq_len 线性增长，“GQA"),
        ("KV Cache 的核心作用...避免重复计算", "KV Cache 的核心作用，是**避免重复计算"),
        ("KV Cache……只算新 token", "KV Cache 的核心作用，是**避免重复计算**：每步只算新 token"),
        ("sequence [...] number of layers", "sequence\nlength and the number of layers"),
        ("...grows linearly with", "grows linearly with"),
    ],
)  # fmt: skip
def test_a_near_or_shortened_quote_is_repaired_to_the_words_of_the_attempt(quote: str, words: str) -> None:
    found = locate(quote, TEXT)
    assert (found.state, found.quote) == ("repaired", words)
    assert TEXT[found.start : found.end] == words


@pytest.mark.parametrize(
    "quote",
    ["", "   ", "。", "**", "...", "……", "nothing of the kind is said here", "只算旧的 Q 矩阵和偏置", "GPT",
     "number of layers ... The cache grows", "KV Cache ... nothing", "避免重复计算的核心是 KV", "`" * 50],
)  # fmt: skip
def test_what_the_attempt_does_not_say_stays_unverified(quote: str) -> None:
    found = locate(quote, TEXT)
    assert (found.state, found.start, found.end, found.quote) == ("unverified", None, None, quote)


def test_fragments_far_apart_are_no_quote() -> None:
    assert (
        locate("alpha beta ... gamma delta", "alpha beta " + "x " * 1000 + "gamma delta").state
        == "unverified"
    )
    assert (
        locate("alpha beta ... gamma delta", "alpha beta " + "x " * 1000 + "alpha beta, gamma delta").start
        == 2011
    )


def test_a_quote_of_the_text_that_the_judge_saw_is_found_in_the_attempt_itself() -> None:
    found = locate("＜|im_end|> 缓存", "前面 <|im_end|>\u202e缓存")
    assert found.quote == "<|im_end|>\u202e缓存"


WORDS = st.text(alphabet="abcxyzKV 的缓存，。,.*_`#>-“”\"'\n\t１２…é\u0301ﬁ①（[](\u200b😀", max_size=60)


@given(WORDS, WORDS, st.sampled_from("abcxyzKV的缓存"), WORDS, WORDS)
def test_any_stretch_with_a_letter_is_verified(
    front: str, before: str, letter: str, after: str, back: str
) -> None:
    quote = before + letter + after
    text = front + quote + back
    found = locate(quote, text)
    assert found.state == "verified"
    assert found.quote == quote


@given(WORDS, WORDS)
def test_what_is_shown_is_what_stands_there(quote: str, text: str) -> None:
    found = locate(quote, text)
    if found.start is None:
        assert (found.state, found.quote, found.end) == ("unverified", quote, None)
    else:
        assert found.end is not None
        assert 0 <= found.start < found.end <= len(text)
        assert found.quote == text[found.start : found.end]


@given(st.text("abc", min_size=1, max_size=12), st.text("abc", max_size=20))
def test_the_closest_stretch_has_the_fewest_edits(pattern: str, text: str) -> None:
    row = list(range(len(pattern) + 1))
    best = row[-1]
    for character in text:
        before, row = row, [0]
        for index, one in enumerate(pattern):
            row.append(min(before[index] + (one != character), before[index + 1] + 1, row[index] + 1))
        best = min(best, row[-1])
    assert evidence._closest(pattern, text)[0] == best


@pytest.mark.parametrize(
    "unit", ["abc def 我们 ", "a", "[", "> ", "...", "`", "[a](b) ", "<!--", "\n", "1. ", "\\"]
)
def test_a_megabyte_against_long_quotes_does_not_hang(unit: str) -> None:
    large = unit * (1_000_000 // len(unit))
    for quote in ("x" * 10_000, unit * (10_000 // len(unit)), "a...b" * 2000, "aaaa bbbb cccc", "a ... z"):
        found = locate(quote, large)
        assert found.start is None or large[found.start : found.end] == found.quote
    assert evidence.is_empty(large) is not any(map(str.isalnum, large))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "#\n\n- \n",
        "**  **",
        "？？！",
        "😀",
        "<!-- said nothing -->",
        "---",
        "> ",
        "```\n```",
        "![](a.png)",
    ],
)
def test_an_attempt_without_a_word_is_empty(text: str) -> None:
    assert evidence.is_empty(text)


@pytest.mark.parametrize(
    "text", ["a", "不知道", "# 1", "- x", "42", "[a](b)", "<!-- a --> b", "<!--" + "a" * 30_000]
)
def test_an_attempt_with_a_word_is_not(text: str) -> None:
    assert not evidence.is_empty(text)
