"""A batch that is killed again and again, over a server that misbehaves, loses and pays nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chaos import Chaos, play

pytestmark = pytest.mark.loopback


def test_five_kills_over_a_hundred_answers_leave_every_answer_graded_once(tmp_path: Path) -> None:
    assert play(Chaos(answers=100, kills=5, latency=0.1, concurrency=4), tmp_path) == []


@pytest.mark.slow
def test_thirty_kills_over_two_thousand_answers_leave_every_answer_graded_once(tmp_path: Path) -> None:
    assert play(Chaos(answers=2000, kills=30, seed=2), tmp_path) == []
