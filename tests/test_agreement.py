"""Our statistics against scikit-learn, scipy and krippendorff on random tables; what isn't defined."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from grader.agreement import kappas, numbers
from grader.agreement.differences import difference, mcnemar
from grader.agreement.intervals import intervals, middle
from grader.agreement.measured import measure
from grader.agreement.pairs import NAMES, Pair, Scored, units

LEVELS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=60)
SURE = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), max_size=50)
NUMBERS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40)
RATINGS = st.lists(st.lists(st.none() | st.integers(0, 2), min_size=3, max_size=3), max_size=30)


def quiet(measure: Callable[[], float]) -> float:
    """A library's figure without its warnings about what is not defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(measure())


def same(ours: float | None, theirs: float) -> None:
    if ours is None:
        assert math.isnan(theirs)
    else:
        assert ours == pytest.approx(theirs, abs=1e-9)


def pair(label: int, judged: int, place: int = 0, confidence: float | None = None, **more: object) -> Pair:
    fields: dict[str, object] = {
        "question": f"Q{place % 7}",
        "attempt": f"a{place // 2}",
        "criterion": f"c{place}",
    }
    return Pair(
        **{**fields, "label": NAMES[label], "judged": NAMES[judged], "confidence": confidence, **more}
    )  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(LEVELS)
def test_kappas_are_those_of_scikit_learn(levels: list[tuple[int, int]]) -> None:
    counts = kappas.table(levels)
    if not levels:
        assert kappas.kappa(counts) is None
        return
    ones, others = zip(*levels, strict=True)
    for power, weights in ((0, None), (1, "linear"), (2, "quadratic")):
        theirs = quiet(lambda w=weights: metrics.cohen_kappa_score(ones, others, weights=w, labels=[0, 1, 2]))  # type: ignore[misc]
        same(kappas.kappa(counts, power), theirs)
    assert kappas.accuracy(counts) == pytest.approx(metrics.accuracy_score(ones, others))
    found = [one > 0 for one in ones], [one > 0 for one in others]
    same(kappas.f1(counts), quiet(lambda: metrics.f1_score(*found, zero_division=np.nan)))


@settings(max_examples=60, deadline=None)
@given(RATINGS)
def test_alpha_is_that_of_krippendorff(ratings: list[list[int | None]]) -> None:
    given_by = [[np.nan if row[place] is None else row[place] for row in ratings] for place in range(3)]
    seen = {one for row in ratings for one in row if one is not None}
    usable = [row for row in ratings if sum(one is not None for one in row) > 1]
    if len(seen) < 2 or not usable or len({one for row in usable for one in row if one is not None}) < 2:
        assert kappas.alpha(ratings) is None
        return
    for scale in ("nominal", "ordinal"):
        theirs = krippendorff.alpha(given_by, level_of_measurement=scale, value_domain=[0, 1, 2])
        same(kappas.alpha(ratings, scale), float(theirs))


@settings(max_examples=60, deadline=None)
@given(SURE)
def test_auc_is_that_of_scikit_learn(sure: list[tuple[float, bool]]) -> None:
    ours = numbers.auc(sure)
    if len({right for _, right in sure}) < 2:
        assert ours is None
    else:
        same(ours, metrics.roc_auc_score([one for _, one in sure], [one for one, _ in sure]))


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_errors_and_correlations_are_those_of_scipy_and_scikit_learn(both: list[tuple[float, float]]) -> None:
    if len(both) < 2:
        assert numbers.pearson(both) is None
        return
    ones, others = zip(*both, strict=True)
    same(numbers.pearson(both), quiet(lambda: stats.pearsonr(ones, others).statistic))
    same(numbers.spearman(both), quiet(lambda: stats.spearmanr(ones, others).statistic))
    same(numbers.mean_error(both), metrics.mean_absolute_error(ones, others))
    same(numbers.root_error(both), metrics.root_mean_squared_error(ones, others))


def test_quantiles_are_those_of_numpy() -> None:
    values = [0.3, 0.9, 0.1, 0.5, 0.2, 0.7, 0.05]
    assert middle(values) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))


def test_nothing_is_defined_without_pairs_and_nothing_is_nan() -> None:
    none = measure([]).overall
    assert (none.count, none.accuracy, none.kappa, none.weighted_kappa, none.f1) == (
        0,
        None,
        None,
        None,
        None,
    )
    assert (none.met_people, none.auc, none.calibration_error) == (None, None, None)
    one_level = measure([pair(2, 2, place) for place in range(20)])
    assert (one_level.overall.accuracy, one_level.overall.kappa, one_level.overall.auc) == (1.0, None, None)
    assert one_level.overall.intervals["weighted_kappa"] is None


def test_calibration_error_and_kept_by_hand() -> None:
    sure = [(0.95, True), (0.95, True), (0.95, False), (0.55, True), (0.55, False)]
    assert numbers.calibration_error(sure) == pytest.approx((3 * abs(0.95 - 2 / 3) + 2 * 0.05) / 5)
    kept = numbers.kept(sure, 5)
    assert [round(one.right, 3) for one in kept] == [0.667, 0.667, 0.667, 0.625, 0.6]


def test_intervals_are_the_same_for_the_same_seed_and_hold_the_figure() -> None:
    pairs = [pair(place % 3, (place * 7 % 11) % 3 if place % 4 else place % 3, place) for place in range(90)]
    first, second = measure(pairs), measure(pairs)
    assert first == second
    low, high = first.overall.intervals["accuracy"] or (1.0, 0.0)
    assert first.overall.accuracy is not None
    assert low < first.overall.accuracy < high
    assert first.unit == "question"
    assert measure([pair(1, 1), pair(0, 1, 2)]).unit == "answer"
    assert intervals([1.0], sum, {"mean": float}) == {"mean": None}


def test_of_few_questions_answers_are_drawn() -> None:
    def said(questions: int) -> list[Pair]:
        names = [f"Q{one}" for one in range(questions)]
        return [Pair(question=q, attempt=a, criterion=f"{q}.1", label="covered", judged="partial")
                for q in names for a in "ab"]  # fmt: skip

    assert (units(said(4))[0], len(units(said(4))[1])) == ("answer", 8)
    assert (units(said(5))[0], len(units(said(5))[1])) == ("question", 5)


def test_single_raters_are_set_beside_each_other() -> None:
    raters = (
        ("covered", "covered", "missing"),
        ("missing", "missing", "missing"),
        ("covered", None, "covered"),
    )
    pairs = [
        pair(2 * (one[0] == "covered"), 2 * (one[0] == "covered"), place, raters=one)
        for place, one in enumerate(raters)
    ]
    found = measure(pairs).raters
    assert found.count == 3
    assert found.people == pytest.approx(np.average([1.0, 0.4, 0.0], weights=[2, 3, 2]))
    assert found.judge == pytest.approx(np.average([1.0, 1.0, 0.4], weights=[3, 2, 3]))
    assert found.alpha_nominal is not None


def test_a_rater_of_a_few_answers_moves_the_mean_a_little() -> None:
    names = ("missing", "covered")
    pairs = [
        pair(2 * (place % 2), 2 * (place % 2), place, raters=(
            names[place % 2], names[(place // 2) % 2], names[place % 2] if place < 4 else None,
        ))
        for place in range(40)
    ]  # fmt: skip
    found = measure(pairs).raters
    assert found.people == pytest.approx((40 * 0.0 + 4 * 1.0 + 4 * 0.0) / 48)
    assert found.judge == pytest.approx((40 * 1.0 + 40 * 0.0 + 4 * 1.0) / 84)


def test_a_judge_that_is_better_is_found_so_by_a_paired_comparison() -> None:
    good = [pair(place % 3, place % 3 if place % 9 else 0, place) for place in range(120)]
    poor = [pair(place % 3, place % 3 if place % 2 else 1, place) for place in range(120)]
    found = difference(good, poor)
    assert found.paired
    assert found.weighted_kappa_95 is not None
    assert found.weighted_kappa_95[0] > 0
    assert not found.falls
    assert difference(poor, good).falls
    assert not difference(good, good).falls
    assert found.chance is not None
    assert found.chance < 0.01
    elsewhere = difference(
        poor, [pair(place % 3, place % 3, place, attempt=f"b{place}") for place in range(120)]
    )
    assert (elsewhere.paired, elsewhere.falls, elsewhere.chance) == (False, True, None)


def test_labels_that_grew_are_compared_on_the_old_ones() -> None:
    old = [pair(place % 3, place % 3, place) for place in range(30)]
    grown = [pair(place % 3, place % 3 if place % 4 else 0, place) for place in range(120)]
    found = difference(grown, old)
    assert (found.paired, found.count, found.only_other) == (True, 30, 5)
    assert difference(old, grown).paired
    assert not difference(grown, []).paired


def test_mcnemar_is_the_exact_binomial_test() -> None:
    for one, other in ((0, 5), (3, 9), (4, 4)):
        assert mcnemar(one, other) == pytest.approx(stats.binomtest(one, one + other).pvalue)
    assert mcnemar(0, 0) is None


def test_scores_are_compared() -> None:
    found = measure([], [Scored(question="Q1", attempt="a", labelled=1.0, judged=0.5)]).scores
    assert (found.count, found.mean_error, found.pearson, found.people) == (1, 0.5, None, 1.0)


def test_the_example_of_the_docs_worked_by_hand() -> None:
    words = (Path(__file__).parent.parent / "docs" / "calibration.md").read_text("utf-8")
    rows = [line.split("|")[2:5] for line in words.splitlines() if line.startswith("| people: ")]
    counts = tuple(tuple(int(cell) for cell in row) for row in rows)
    found = {
        ".70": kappas.accuracy(counts), ".80": kappas.kappa(counts, 2), ".68": kappas.kappa(counts, 1),
        ".58": kappas.kappa(kappas.met(counts)), ".83": kappas.f1(counts),
    }  # fmt: skip
    for shown, value in found.items():
        assert f"{value:.2f}".removeprefix("0") == shown
        assert f"= {shown}" in words
    assert kappas.met_rates(counts) == (0.6, 0.6)


def test_verdicts_that_stand_and_fall_together_are_worth_fewer_than_they_are() -> None:
    alone = [[one < 13] for one in range(17)]
    assert numbers.wilson_of_units(alone) == pytest.approx(numbers.wilson(13, 17))
    assert numbers.wilson_of_units([one * 4 for one in alone]) == pytest.approx(numbers.wilson(13, 17))
    mixed = [
        [True, True, True, False]
    ] * 17  # as alike as can be between units: no wider than for single ones
    assert numbers.wilson_of_units(mixed) == pytest.approx(numbers.wilson(51, 68))
    assert numbers.wilson_of_units([[True] * 5, []]) == numbers.wilson(5, 5)
    assert numbers.wilson_of_units([]) is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    theirs = stats.binomtest(13, 17).proportion_ci(method="wilson")
    assert numbers.wilson(13, 17) == pytest.approx((theirs.low, theirs.high))
    assert numbers.wilson(0, 0) is None
