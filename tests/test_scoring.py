"""Credit and score keep their promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader import scoring
from grader.types import Criterion, Evidence, Rubric, Verdict
from tests import fakes


def verdicts(*coverages: str | None) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(criterion=f"Q1.{index}", coverage=one)  # type: ignore[arg-type]
        for index, one in enumerate(coverages, 1)
    )


def weighted(*weights: float, optional: int = 0) -> Rubric:
    return fakes.rubric(
        criteria=tuple(
            Criterion(id=f"Q1.{index}", text="t", weight=one, optional=index == optional)
            for index, one in enumerate(weights, 1)
        )
    )


def test_a_score_is_weighted_and_not_rounded() -> None:
    assert scoring.score(weighted(2, 1), verdicts("covered", "missing")) == pytest.approx(2 / 3)


def test_a_partial_verdict_earns_half() -> None:
    assert scoring.score(weighted(1, 1), verdicts("partial", "partial")) == 0.5


def test_a_contradicted_point_earns_nothing_whatever_its_coverage() -> None:
    assert scoring.credit(Verdict(criterion="Q1.1", coverage="covered", contradicted=True)) == 0


def test_one_criterion_without_a_verdict_leaves_no_score() -> None:
    assert scoring.score(weighted(1, 1), verdicts("covered", None)) is None
    assert scoring.score(weighted(1, 1), verdicts("covered")) is None


@pytest.mark.parametrize("coverage", ["covered", "missing", None])
def test_an_optional_criterion_neither_raises_nor_lowers_a_score(coverage: str | None) -> None:
    assert scoring.score(weighted(1, 1, optional=2), verdicts("partial", coverage)) == 0.5


def test_nothing_that_weighs_leaves_no_score() -> None:
    assert scoring.score(weighted(1, optional=1), verdicts("covered")) is None
    assert scoring.score(weighted(0), verdicts("covered")) is None


def test_a_negative_point_takes_away_but_never_below_zero() -> None:
    assert scoring.score(weighted(1, -1), verdicts("covered", "covered")) == 0
    assert scoring.score(weighted(1, -1), verdicts("missing", "covered")) == 0
    assert scoring.score(weighted(1, -1), verdicts("covered", "missing")) == 1


def test_a_credit_that_was_set_counts_instead_of_the_coverage() -> None:
    one = replace(verdicts("covered")[0], credit=0.25)
    assert scoring.score(weighted(1), (one,)) == 0.25


def test_a_quote_supports_only_when_it_was_found_and_says_something() -> None:
    bare = Verdict(criterion="Q1.1", coverage="covered")
    assert scoring.unsupported(bare)
    assert scoring.unsupported(replace(bare, evidence=(Evidence(quote="key"),)))
    assert scoring.unsupported(
        replace(bare, evidence=(Evidence(quote="a", start=0, end=1, state="verified"),))
    )
    assert scoring.supported(
        replace(bare, evidence=(Evidence(quote="key", start=0, end=3, state="repaired"),))
    )
    assert not scoring.unsupported(replace(bare, coverage="missing"))
