"""The small map does what a dict does."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.runs import numbers
from grader.runs.numbers import Numbers

KEYS = st.integers(1, 20) | st.integers(1, 2**64 - 1)


@given(st.lists(st.tuples(KEYS, st.integers(0, 2**64 - 1))))
def test_it_holds_what_a_dict_holds(steps: list[tuple[int, int]]) -> None:
    small, plain = Numbers(2), dict[int, int]()
    for key, value in steps:
        assert (key in small, small.get(key, 7)) == (key in plain, plain.get(key, 7))
        small[key] = plain[key] = value
        assert len(small) == len(plain)
    assert {key: small.get(key) for key in plain} == plain


def test_a_hundred_thousand_entries_take_few_bytes_and_are_all_found() -> None:
    keys = [random.Random(1).getrandbits(63) + one for one in range(100_000)]
    tracemalloc.start()
    small = Numbers()
    for one in keys:
        small[one] = one >> 1
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 5_000_000
    assert all(small.get(one) == one >> 1 for one in keys)


def test_keys_that_were_chosen_to_fall_into_one_place_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a run from elsewhere may hold; by the square of their number 20,000 of them took half a minute."""
    monkeypatch.setattr(numbers, "_SALT", 0x9E3779B97F4A7C15)
    small = Numbers()
    assert len({small._slot(one << 40) for one in range(1, 1000)}) > len(small._keys) // 3
    for one in range(1, 20_001):
        small[one << 40] = one
    assert small.get(20_000 << 40) == 20_000
