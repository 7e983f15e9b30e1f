"""Credit and score keep their promises."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import scoring
from grader.types import Criterion, Evidence, Group, Rubric, Verdict
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


def test_a_bar_is_reached_by_a_score_that_only_rounding_puts_under_it() -> None:
    assert not scoring.under(math.nextafter(0.7, 0), 0.7)
    assert scoring.under(0.69, 0.7)
    assert not scoring.under(None, 0.7)


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


def logical(*points: dict[str, Any], groups: tuple[Group, ...] = ()) -> Rubric:
    """A rubric of these points, by number."""
    return fakes.rubric(
        criteria=tuple(Criterion(**{"id": f"Q1.{n}", "text": "t", **one}) for n, one in enumerate(points, 1)),
        groups=groups,
    )


def test_a_point_earns_only_when_what_it_requires_is_earned() -> None:
    rubric = logical({}, {"requires": ("Q1.1",)}, {"requires": ("Q1.2",)})
    assert scoring.score(rubric, verdicts("missing", "covered", "covered")) == 0
    assert scoring.score(rubric, verdicts("partial", "covered", "covered")) == pytest.approx(2.5 / 3)
    assert scoring.standing(logical({"requires": ("Q9.9",)}), {"Q1.1": 1.0}) == {"Q1.1": 0.0}


def test_an_earned_point_takes_away_those_that_it_excludes_and_what_hangs_on_them() -> None:
    rubric = logical({"excludes": ("Q1.2",)}, {}, {"requires": ("Q1.2",)})
    assert scoring.standing(rubric, dict.fromkeys(("Q1.1", "Q1.2", "Q1.3"), 1.0)) == {
        "Q1.1": 1.0,
        "Q1.2": 0.0,
        "Q1.3": 0.0,
    }
    assert scoring.score(rubric, verdicts("missing", "covered", "covered")) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("first", "second", "stands"), [(1.0, 0.5, 0), (0.5, 1.0, 1), (1.0, 1.0, 0)])
def test_of_two_that_exclude_each_other_the_better_stands(first: float, second: float, stands: int) -> None:
    rubric = logical({"excludes": ("Q1.2",)}, {"excludes": ("Q1.1",)})
    left = scoring.standing(rubric, {"Q1.1": first, "Q1.2": second})
    assert [one > 0 for one in left.values()] == [stands == 0, stands == 1]


def test_the_best_of_a_group_counts_once() -> None:
    rubric = logical({"group": "a"}, {"group": "a"}, {}, groups=(Group(name="a", any_of=1),))
    assert scoring.score(rubric, verdicts("covered", "missing", "covered")) == 1
    assert scoring.score(rubric, verdicts("covered", "covered", "missing")) == 0.5
    assert scoring.score(rubric, verdicts("covered", None, "covered")) is None


def test_a_group_earns_no_more_than_its_cap_and_that_is_what_there_is_to_earn() -> None:
    points = [{"group": "a"}] * 3
    rubric = logical(*points, {}, groups=(Group(name="a", cap=1.5),))
    assert scoring.score(rubric, verdicts("covered", "covered", "covered", "missing")) == 0.6
    assert scoring.score(rubric, verdicts("covered", "partial", "missing", "covered")) == 1


def test_a_fault_takes_away_in_full_in_a_group_too() -> None:
    rubric = logical({"group": "a"}, {"group": "a", "weight": -0.5}, groups=(Group(name="a", any_of=1),))
    assert scoring.score(rubric, verdicts("covered", "covered")) == 0.5


IDS = [f"Q1.{number}" for number in range(1, 6)]
NAMES = st.lists(st.sampled_from(IDS), max_size=3).map(tuple)


def rubrics(*, least: float, excluding: bool) -> st.SearchStrategy[Rubric]:
    point = st.fixed_dictionaries(
        {
            "weight": st.floats(least, 5).filter(lambda one: abs(one) > 0.01),
            "optional": st.booleans(),
            "requires": NAMES,
            "excludes": NAMES if excluding else st.just(()),
            "group": st.sampled_from(["", "a", "b"]),
        }
    )
    groups = st.tuples(st.integers(0, 3), st.none() | st.floats(0.1, 5)).map(
        lambda one: (Group(name="a", any_of=one[0]), Group(name="b", cap=one[1]))
    )
    return st.builds(
        lambda points, grouped: logical(*points, groups=grouped),
        st.lists(point, min_size=5, max_size=5),
        groups,
    )


CREDITS = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=5, max_size=5)


def credited(credits: list[float]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(criterion=name, coverage="partial", credit=one)
        for name, one in zip(IDS, credits, strict=True)
    )


@given(rubrics(least=-5, excluding=True), CREDITS)
def test_any_logic_keeps_a_score_within_its_bounds(rubric: Rubric, credits: list[float]) -> None:
    score = scoring.score(rubric, credited(credits))
    assert score is None or 0 <= score <= 1
    left = scoring.standing(rubric, dict(zip(IDS, credits, strict=True)))
    assert all(left[name] in (0.0, one) for name, one in zip(IDS, credits, strict=True))
    assert scoring.standing(rubric, left) == left


@given(rubrics(least=0.02, excluding=False), CREDITS, st.integers(0, 4))
def test_without_faults_and_exclusions_more_credit_never_lowers_a_score(
    rubric: Rubric, credits: list[float], place: int
) -> None:
    better = [1.0 if at == place else one for at, one in enumerate(credits)]
    before, after = (scoring.score(rubric, credited(some)) for some in (credits, better))
    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before - 1e-12


@given(rubrics(least=0.02, excluding=False))
def test_without_faults_and_exclusions_everything_covered_is_the_full_score(rubric: Rubric) -> None:
    score = scoring.score(rubric, credited([1.0] * 5))
    assert score is None or score == pytest.approx(1)
