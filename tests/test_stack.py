"""The fitted model: probabilities stay ordered, shares add up, a fit is bound to what it was made for."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from grader.errors import InputError
from grader.strategies import stack
from grader.strategies.prompts import prompt_hash


def packed(**changes: Any) -> dict[str, Any]:
    two = {
        "signals": ["log_odds", "overlap"],
        "groups": ["yes_no", "overlap"],
        "mean": [1.0, 0.5],
        "scale": [2.0, 0.25],
        "partial": {"intercept": 0.5, "coefficients": [1.0, 0.5]},
        "covered": {"intercept": -0.5, "coefficients": [1.0, 0.5]},
        "thresholds": [0.35, 0.6],
    }
    return {**two, **changes}


def fit(**changes: Any) -> stack.Fit:
    return stack.read({"stack": packed(**changes), "contradicted": 0.5, "probe": {}, "about": {}}, "sha256:0")


def test_a_worked_example_comes_out_as_by_hand() -> None:
    outcome = fit().stack({"log_odds": 3.0, "overlap": 0.75})
    assert math.isclose(outcome.at_least_partial, 1 / (1 + math.exp(-2.0)))
    assert math.isclose(outcome.covered, 1 / (1 + math.exp(-1.0)))
    assert outcome.coverage == "covered"
    assert outcome.shares == {"yes_no": 1.0, "overlap": 0.5}
    assert math.isclose(outcome.confidence, outcome.covered)


def test_covered_is_never_likelier_than_at_least_partial() -> None:
    outcome = fit(covered={"intercept": 9.0, "coefficients": [1.0, 0.5]}).stack(
        {"log_odds": 0.0, "overlap": 0.0}
    )
    assert outcome.covered == outcome.at_least_partial


@pytest.mark.parametrize(("log_odds", "coverage"), [(-9.0, "missing"), (1.0, "partial"), (9.0, "covered")])
def test_thresholds_on_the_mean_probability_choose_the_coverage(log_odds: float, coverage: str) -> None:
    outcome = fit().stack({"log_odds": log_odds, "overlap": 0.5})
    assert outcome.coverage == coverage
    assert 0 <= outcome.credit <= 1


def test_the_packaged_fit_belongs_to_the_packaged_prompts() -> None:
    for lang in ("zh", "en"):
        about = stack.load(stack.named(lang)).about
        assert about["prompt"] == prompt_hash(f"pointwise.{lang}")


def test_a_fit_is_found_by_its_id_and_an_unknown_one_is_an_error() -> None:
    newest = stack.load(stack.named("en"))
    assert stack.load(newest.id) is not None
    assert stack.load(newest.id).about == newest.about
    with pytest.raises(InputError):
        stack.load("sha256:gone")


def test_a_fit_is_plain_json_without_numbers_that_json_does_not_know() -> None:
    text = (stack._FOLDER / f"{stack.named('zh')}.json").read_text("utf-8")
    json.loads(text, parse_constant=lambda name: pytest.fail(name))


def test_what_is_said_of_trust_gives_the_measured_agreement_and_a_way_to_a_better_judge() -> None:
    line = stack.trust("pointwise")
    assert max(map(len, [*line.split("\n"), *stack.trust("joint").split("\n")])) <= 80
    assert f"{stack.load(stack.named('zh')).about['agreement']['weighted_kappa']:.2f}" in line
    assert "--model" in line
    assert "too small" in stack.trust("joint")
