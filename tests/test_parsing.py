"""Strict JSON is read by a shorter way, with the same result as the long one."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.verdicts.parsing import Piece, Unclear, pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3),
    max_leaves=12,
)


def plain(value: Any) -> Any:
    """Unclear compares by identity: here it is a word."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return "UNCLEAR" if isinstance(value, Unclear) else value


def shown(found: list[Piece], shift: int = 0) -> list[tuple[Any, int, int, str]]:
    return [(plain(one.value), one.start - shift, one.end - shift, one.state) for one in found]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), st.booleans())
def test_both_ways_read_the_same(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    lead = "- "  # no longer one object: the long way
    assert shown(pieces(text)) == shown(pieces(lead + text), len(lead))


def test_a_key_that_stands_twice_is_unclear_in_both() -> None:
    for text in ('{"a": 1, "a": 2}', '- {"a": 1, "a": 2}'):
        assert plain(pieces(text)[0].value) == {"a": "UNCLEAR"}


def test_two_objects_one_after_the_other_stay_two() -> None:
    assert len(pieces('{"a": 1} {"b": 2}')) == 2
