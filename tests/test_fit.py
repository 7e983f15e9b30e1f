"""The fitting command: what it writes is what it measured, and its statistics are the known ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from grader.judges.probe import Probe, Trace
from grader.strategies import stack

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
WIDTH = 12


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import table

    return table


def synthetic(tables: Any, rows: int = 240) -> Any:
    """Levels that two blocks of states show, and a word signal that shows them a little."""
    random = np.random.default_rng(0)
    level = random.integers(0, 3, rows)
    lie = (level == 0) & (random.random(rows) < 0.5)
    blocks = {}
    for name in tables.BLOCKS:
        states = random.normal(size=(rows, WIDTH))
        states[:, 0] += 2 * level
        states[:, 1] += 3 * lie
        blocks[name] = states
    columns = {
        "lang": np.array(["zh"] * rows),
        "set": np.array(["interview_train"] * (rows - 60) + ["interview_dev"] * 60),
        "question": np.array([f"Q{row // 6}" for row in range(rows)]),
        "attempt": np.array([f"a{row // 3}" for row in range(rows)]),
        "kind": np.array(["full"] * rows),
        "level": level,
        "contradicted": lie.astype(float),
        "yes_no": random.normal(size=rows) + level,
        **{name: random.normal(size=rows) + level / 2 for name in tables.WORDS},
    }
    return tables.Table(columns, blocks)


def test_a_fit_judges_questions_that_it_did_not_see(tables: Any) -> None:
    made = synthetic(tables)
    setup = tables.Setup()
    train, test = np.arange(180), np.arange(180, 240)
    _, levels, _ = tables.judge(made, tables.ridge(made, setup, "zh"), train, test, setup)
    _, plain, _ = tables.judge(made, None, train, test, tables.OVERLAP)
    true = made["level"][test]
    reached = cohen_kappa_score(true, levels, weights="quadratic")
    assert reached > 0.8
    assert reached > cohen_kappa_score(true, plain, weights="quadratic") + 0.2


def test_the_probe_that_is_written_gives_the_scores_that_were_fitted(tables: Any) -> None:
    import fit

    made, setup = synthetic(tables), tables.Setup()
    test, kern = np.arange(180, 240), tables.ridge(made, setup, "zh")
    fitted = kern.predict(kern.rows, test)
    probe = Probe(tables.probe(made, kern, setup, fit.pack))
    none = Trace(log_odds=0.0, blocks={name: np.zeros(WIDTH, np.float32) for name in setup.blocks})
    for row, scores in zip(test, fitted, strict=True):
        here = Trace(0.0, {name: made.blocks[name][row].astype(np.float32) for name in setup.blocks})
        said = probe.signals(here, probe.project(none))
        assert [said[f"probe_{head}"] for head in tables.HEADS] == pytest.approx(scores.tolist(), abs=0.01)


def test_a_probe_without_some_rows_is_one_that_was_fitted_without_them(tables: Any) -> None:
    made, setup = synthetic(tables), tables.Setup()
    kern = tables.ridge(made, setup, "zh")
    train, test = kern.rows[20:], kern.rows[:20]
    alone = replace(kern, rows=train)
    assert kern.predict(train, test) == pytest.approx(alone.predict(train, test), abs=1e-9)
    own = kern.out_of_fold(train, train % 3)
    assert own == pytest.approx(alone.out_of_fold(train, train % 3), abs=1e-9)


def test_the_stack_that_is_written_gives_the_verdicts_that_were_fitted(tables: Any) -> None:
    import fit

    made, setup = synthetic(tables), tables.YES_NO
    train, test = np.arange(180), np.arange(180, 240)
    chances, levels, fitted = tables.judge(made, None, train, test, setup)
    packed = {"stack": fit.stacked(fitted, setup), "contradicted": 0.5, "probe": {}, "about": {}}
    read = stack.read(packed, "sha256:0").stack
    for row, (some, full), level in zip(test, chances, levels, strict=True):
        outcome = read({"yes_no": float(made["yes_no"][row])})
        assert (outcome.at_least_partial, outcome.covered) == pytest.approx((some, full), abs=1e-4)
        assert outcome.coverage == ("missing", "partial", "covered")[level]


def test_kappa_is_scikit_learns(tables: Any) -> None:
    from fitting import kappa

    random = np.random.default_rng(1)
    for _ in range(20):
        one, other = random.integers(0, 3, 50), random.integers(0, 3, 50)
        assert kappa(one, other) == pytest.approx(cohen_kappa_score(one, other, weights="quadratic"))
        assert kappa(one, other, 1) == pytest.approx(cohen_kappa_score(one, other, weights="linear"))
        assert kappa(one, other, 0) == pytest.approx(cohen_kappa_score(one, other))


def test_the_labelled_sets_of_the_project_are_read_with_the_claims_as_labelled(tables: Any) -> None:
    import gold

    answers = gold.read("interview_dev", Path("/nowhere"))
    assert len(answers) == 84
    assert sum(len(one.levels) for one in answers) == 258
    assert all(one.rubric.lang == "zh" for one in answers)
    assert gold.read("khan", Path("/nowhere")) == []


def test_what_an_empty_answer_brings_is_shipped_for_the_packaged_rubrics() -> None:
    from grader import bank
    from grader.judges.embedded_decision import emptied, null_key
    from grader.strategies import Plan, pointwise
    from grader.types import Attempt

    plan = Plan(model="embedded", endpoint="embedded", strategy="pointwise")
    missing = []
    for question in bank.load().questions():
        [asked] = pointwise.requests(question.rubric, Attempt(id="", question=question.id, text=""), plan)
        kept = stack.shipped_nulls(null_key(emptied(asked)))
        if kept is None or set(kept) != {one.id for one in question.rubric.criteria}:
            missing.append(question.id)
    assert len(missing) < 10, f"run `python benchmarks/fit.py --nulls`: {missing}"


def test_whole_scores_are_a_row_with_the_reference_as_the_criterion(tables: Any, tmp_path: Path) -> None:
    import gold
    from agreement import row

    scores = [0.0, 0.25, 0.5, 0.9, 1.0, 0.4]
    same = {"question_text": "?", "answer": "b", "reference": "c"}
    rows = [
        same | {"question": f"z-{place}", "attempt": f"a{place}", "score": one}
        for place, one in enumerate(scores)
    ]
    (tmp_path / "le_zh.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    found = gold.read("le_zh", tmp_path)
    assert [one.score for one in found] == scores
    assert [one.levels for one in found] == [(0,), (0,), (1,), (2,), (2,), (1,)]
    assert found[0].rubric.criteria[0].judged == "c"
    columns = {"score": np.array(scores), "question": np.array([f"z-{place}" for place in range(6)])}
    levels = np.array([0, 1, 1, 2, 2, 0])
    line = row(tables.Table(columns, {}), "le_zh", "ours", np.arange(6), levels)
    along = np.corrcoef(scores, levels / 2)[0, 1]
    off = np.abs(np.array(scores) - levels / 2).mean()
    assert f"correlation {along:.2f} [" in line
    assert f"error {off:.2f} [" in line


def test_raters_stand_beside_the_judge_and_a_set_of_one_question_has_its_interval(tables: Any) -> None:
    from figures import beside_raters, figures, groups

    levels = np.array([0, 2] * 20)
    said = np.empty(40, dtype=object)
    said[:] = [(int(one), 2 if place < 30 else 0, None) for place, one in enumerate(levels)]
    columns = {
        "level": levels, "raters": said, "kind": np.array([""] * 40), "question": np.array(["one"] * 40),
        "attempt": np.array([f"a{place}" for place in range(40)]),
    }  # fmt: skip
    table = tables.Table(columns, {})
    given = np.where(np.arange(40) < 5, 2 - levels, levels)
    judge, people = beside_raters(table, np.arange(40), given)
    assert people == pytest.approx(0.0)
    one, other = (np.array([place[which] for place in said]) > 0 for which in (0, 1))
    kappas = [cohen_kappa_score(each, given > 0) for each in (one, other)]
    assert judge == pytest.approx(np.mean(kappas))
    found = figures(table, np.arange(40), given)
    assert found["weighted_kappa_95"][0] < found["weighted_kappa"] < found["weighted_kappa_95"][1]
    columns["question"] = np.array([f"q{place % 4}" for place in range(40)])
    assert groups(table, np.arange(40)) == list(columns["attempt"]), "of four questions answers are drawn"
    assert found["met"] == (0.5, pytest.approx(0.525, abs=0.03))
