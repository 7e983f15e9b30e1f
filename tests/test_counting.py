"""What a rubric's logic makes of verdicts, in words for people: what does not count, what was missed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from grader.report import counting, terminal
from grader.report.counting import Idle
from grader.report.graded import Graded, state
from grader.scoring import credits, score, standing
from grader.types import Coverage, Criterion, Grade, Group, JudgeCard, Question, Vote
from tests import fakes
from tests.fakes import said

RUBRIC = fakes.rubric(
    criteria=(
        Criterion(id="A", text="deploy", weight=2),
        Criterion(id="B", text="gate", requires=("A",)),
        Criterion(id="C", text="never", excludes=("A",)),
        Criterion(id="D", text="one tool", group="tools"),
        Criterion(id="E", text="other tool", group="tools"),
        Criterion(id="F", text="no tests", weight=-1),
        Criterion(id="G", text="cost", optional=True),
        Criterion(id="H", text="rollback", group="most"),
        Criterion(id="I", text="migrations", group="most"),
    ),
    groups=(Group(name="tools", any_of=1), Group(name="most", cap=1.5)),
)


def grade(**coverages: Coverage) -> Grade:
    verdicts = tuple(said(one.id, coverages.get(one.id, "missing")) for one in RUBRIC.criteria)
    card = JudgeCard(model="m", strategy="joint", prompt="p", rubric=RUBRIC.hash)
    return Grade(attempt="a", question="Q1", score=score(RUBRIC, verdicts), verdicts=verdicts, judge=card)


def row(made: Grade) -> Graded:
    question = Question(id="Q1", title="t", rubric=RUBRIC)
    return Graded(question=question, attempt=fakes.attempt("x"), grade=made)


@pytest.mark.parametrize(
    ("coverages", "out"),
    [
        ({"B": "covered"}, {"B": Idle("requires", "A")}),
        ({"A": "covered", "B": "covered"}, {}),
        ({"A": "covered", "C": "partial"}, {"A": Idle("excludes", "C")}),
        ({"D": "partial", "E": "covered"}, {"D": Idle("group", "tools")}),
        ({"H": "covered", "I": "partial"}, {}),
        ({"H": "covered", "I": "covered"}, {"H": Idle("cap", "most"), "I": Idle("cap", "most")}),
        ({"F": "covered", "G": "covered"}, {}),
    ],
)
def test_what_does_not_count_is_named_with_its_reason(
    coverages: dict[str, Coverage], out: dict[str, Idle]
) -> None:
    assert counting.idle(RUBRIC, grade(**coverages).verdicts) == out


@pytest.mark.parametrize(
    ("coverages", "missed"),
    [
        ({}, "A B C D E H I"),
        ({"D": "covered"}, "A B C H I"),
        ({"D": "partial"}, "A B C D E H I"),
        ({"C": "covered"}, "A B D E H I"),
        ({"A": "covered", "F": "partial"}, "B D E F H I"),
        ({"H": "covered", "I": "partial"}, "A B C D E"),
        ({"B": "covered"}, "A C D E H I"),
    ],
)
def test_missed_is_what_more_would_have_earned(coverages: dict[str, Coverage], missed: str) -> None:
    assert [criterion.id for criterion, _, _ in row(grade(**coverages)).missed()] == missed.split()


def test_a_rubric_without_logic_misses_what_is_not_covered() -> None:
    verdicts = [said("Q1.1", "partial"), said("Q1.2", contradicted=True)]
    assert counting.lacking(fakes.rubric(), verdicts) == {"Q1.1", "Q1.2"}
    assert counting.idle(fakes.rubric(), verdicts) == {}


def test_a_fault_is_committed_or_avoided_and_never_covered() -> None:
    fault = RUBRIC.criterion("F")
    assert [state(fault, said("F", one)) for one in ("covered", "partial", "missing", None)] == [
        "committed", "committed", "avoided", "none",
    ]  # fmt: skip


def test_the_terminal_says_what_does_not_count_and_counts_faults_apart() -> None:
    out = io.StringIO()
    made = grade(B="covered", F="covered", E="covered")
    terminal.render(made, RUBRIC, fakes.attempt("x"), Console(file=out, width=80, highlight=False))
    text = out.getvalue()
    assert "B  covered (does not count without A)" in text
    assert "F  a fault, committed" in text
    assert "2 covered, 5 missing, 1 fault\n" in text


def test_the_votes_of_several_judges_stand_under_the_verdict() -> None:
    out = io.StringIO()
    votes = (Vote(judge="a", coverage="covered"), Vote(judge="b", coverage="missing", contradicted=True))
    made = grade(A="covered")
    made = replace(made, verdicts=(replace(made.verdicts[0], votes=votes), *made.verdicts[1:]))
    terminal.render(made, RUBRIC, fakes.attempt("x"), Console(file=out, width=80, highlight=False))
    assert "    votes: a covered, b contradicted\n" in out.getvalue()


IDS = ("a", "b", "c", "d")
SOME = st.lists(st.sampled_from(IDS), max_size=2).map(tuple)
POINT = st.tuples(st.sampled_from([0.5, 1.0, 2.0, -1.0]), SOME, SOME, st.sampled_from(["", "g"]))


@given(
    st.tuples(POINT, POINT, POINT, POINT),
    st.lists(st.sampled_from(["covered", "partial", "missing"]), min_size=4, max_size=4),
    st.sampled_from([Group(name="g", any_of=1), Group(name="g", cap=1.0)]),
)
def test_whatever_earned_credit_does_not_stand_has_a_reason_with_a_name(
    points: tuple[Any, ...], coverages: list[Coverage], group: Group
) -> None:
    criteria = tuple(
        Criterion(id=name, text=name, weight=weight, requires=wants, excludes=bars, group=where)
        for name, (weight, wants, bars, where) in zip(IDS, points, strict=True)
    )
    rubric = fakes.rubric(criteria=criteria, groups=(group,))
    verdicts = [said(name, coverage) for name, coverage in zip(IDS, coverages, strict=True)]
    given_credit = credits(rubric, verdicts)
    stands, out = standing(rubric, given_credit), counting.idle(rubric, verdicts)
    for name in IDS:
        if given_credit[name] and not stands[name]:
            assert out[name].name
    assert counting.lacking(rubric, verdicts) <= set(IDS)
