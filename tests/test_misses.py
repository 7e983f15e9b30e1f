"""The recording nearest to a request, and what differs."""

from __future__ import annotations

from typing import Any

from grader import misses


def asked(*texts: str, model: str = "m") -> dict[str, Any]:
    return {"model": model, "endpoint": "e", "messages": [{"role": "user", "content": "\n".join(texts)}]}


def test_the_nearest_shares_most_text_not_most_lines() -> None:
    question = "What is attention, and what does it cost in time and memory?"
    recorded = {"far": asked("a", "b", "c", "another question"), "near": asked(question, "x", "y", "z")}
    assert misses.nearest(asked(question, "a", "b", "c"), recorded.items()) == ("near", recorded["near"])


def test_of_equals_the_one_of_the_same_model_is_nearest() -> None:
    recorded = {"other": asked("a", model="n"), "same": asked("b", model="m")}
    assert misses.nearest(asked("c"), recorded.items()) == ("same", recorded["same"])


def test_nothing_is_nearest_to_nothing() -> None:
    assert misses.nearest(asked("a"), ()) is None


def test_the_difference_names_model_and_endpoint_first() -> None:
    shown = misses.difference(asked("a", "b"), asked("a", "c", model="n"), "old.json")
    assert shown.splitlines()[:2] == ["--- old.json", "+++ this request"]
    assert shown.index("-model: m") < shown.index("+model: n") < shown.index("-b") < shown.index("+c")
