"""Signals between words: bounded, blind to width and case, and silent where there is nothing to compare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import signals
from grader.types import Criterion

POINT = Criterion(
    id="Q1.1",
    text="Attention is scaled by the square root of d_k",
    parts=("divided by sqrt(d_k)",),
    mistakes=("divided by d_k itself",),
)


def test_a_point_repeated_word_for_word_overlaps_wholly() -> None:
    assert signals.words(POINT, POINT.text)["overlap"] == 1.0


def test_words_of_a_short_answer_count_once_more() -> None:
    few, many = (signals.words(POINT, POINT.text + more) for more in ("", " so one says, and more" * 20))
    assert few["overlap_short"] > 0.5 * few["overlap"]
    assert many["overlap"] == 1.0
    assert many["short"] > 0.3  # the same words again are no more words
    assert signals.words(POINT, " ".join(f"word{n}" for n in range(60)))["short"] < 0.01


def test_chinese_is_compared_by_pairs_of_characters_and_latin_by_words() -> None:
    assert signals.grams("注意力ＫＶ cache") == {"注意", "意力", "kv", "cache"}


def test_an_answer_with_the_mistakes_own_words_leans_to_the_mistake() -> None:
    wrong, right = (
        signals.mistake_lean(POINT.judged, POINT.mistakes, signals.grams(text))
        for text in ("It is divided by d_k itself.", POINT.text)
    )
    assert wrong > 0 >= right


def test_the_mean_over_others_leaves_the_own_score_out() -> None:
    assert signals.others([1.0, 2.0, 6.0]) == [4.0, 3.5, 1.5]
    assert signals.others([7.0]) == [7.0]
    assert signals.others([]) == []


@given(st.text(max_size=200))
def test_sentences_are_spans_without_space_around_them(text: str) -> None:
    for start, end in signals.sentences(text):
        assert text[start:end].strip() == text[start:end] != ""


@given(st.text(max_size=200), st.text(max_size=80))
def test_every_share_stays_between_none_and_all(answer: str, claim: str) -> None:
    seen = signals.words(Criterion(id="c", text=claim), answer)
    assert all(0 <= one <= 1 for one in seen.values()), seen


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_an_empty_answer_has_no_sentence_and_no_overlap(text: str) -> None:
    assert signals.sentences(text) == []
    assert signals.words(POINT, text)["overlap"] == 0
