"""The sentence encoder: nearness by meaning, across languages, of odd answers too."""

from __future__ import annotations

import pytest

from grader.judges.similarity import LONGEST, Encoder

POINT = "The KV cache avoids computing keys and values again"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def test_the_sentence_that_says_it_is_nearest_in_either_language(encoder: Encoder) -> None:
    text = "天气很好。KV 缓存避免重复计算键和值。再见。"
    [(near, place), (far, _)] = encoder.nearest(text, [(POINT,), ("Cats sleep for most of the day",)])
    assert place == 1
    assert near > 0.5 > far


def test_the_best_of_several_phrasings_counts(encoder: Encoder) -> None:
    [(one, _), (both, _)] = encoder.nearest(
        "Reuse of keys.", [("Cats sleep",), ("Cats sleep", "keys are reused")]
    )
    assert both > one


@pytest.mark.parametrize("text", ["", "   ", "!!!", "\u0000\u202e", "a" * 3 * LONGEST])
def test_odd_answers_have_a_number(encoder: Encoder, text: str) -> None:
    [(near, place)] = encoder.nearest(text, [(POINT,)])
    assert -1 <= near <= 1
    assert place == 0


def test_a_round_with_a_rubric_a_row_does_not_fill_the_memory() -> None:
    encoder = Encoder(most=2)
    before = encoder.nearest("Some words.", [("a", "b", "c")])
    for row in range(4):
        encoder.nearest("Some words.", [(f"point {row}", "b")])
        assert len(encoder._kept) <= 4
    assert encoder.nearest("Some words.", [("a", "b", "c")]) == before
