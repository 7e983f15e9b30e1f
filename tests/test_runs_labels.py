"""People's labels in a run: they count, stay through regrading, and never touch a verdict."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader import runs, scoring, wire
from grader.bank import load
from grader.bank.labels import Labelled, read
from grader.cli import label as command
from grader.cli.main import run as grade
from grader.errors import InputError
from grader.runs import labels
from grader.types import Attempt, Criterion, Group, Label, Rubric
from tests import fakes

PERSON = Label(coverage="covered", author="anna", reason="it is there", at="2026-11-23T10:00:00+00:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of one answer: Q1.1 covered for sure, Q1.2 missing and unsure."""
    one = Labelled(attempt=fakes.attempt(), rubric=fakes.rubric(), labels={"Q1.1": "covered"})
    return fakes.judged_run(tmp_path / "run", [one], lambda c, label: (label, 0.9 if c == "Q1.1" else 0.4))


def row(folder: Path) -> runs.Row:
    [one] = runs.read(folder)
    return one


def test_a_label_counts_in_the_score_and_the_verdict_stays(folder: Path) -> None:
    before = (folder / "grades.jsonl").read_bytes()
    assert row(folder).grade.score == 0.5
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    grade = row(folder).grade
    assert grade.score == 1.0
    assert grade.verdicts[1].coverage == "missing"
    assert grade.verdicts[1].label == PERSON
    assert (folder / "grades.jsonl").read_bytes() == before
    assert wire.from_json(json.loads(json.dumps(wire.to_json(grade)))) == grade


def test_a_later_label_wins_and_none_takes_it_back(folder: Path) -> None:
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    against = Label(coverage="partial", contradicted=True)
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", against, own=True)
    assert row(folder).grade.score == 0.5
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", None, own=True)
    assert row(folder).grade.verdicts[1].label is None
    assert len((folder / "labels.jsonl").read_text().splitlines()) == 3


def test_it_survives_regrading_until_the_answer_or_the_criterion_changes(folder: Path) -> None:
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    [first, second] = fakes.rubric().criteria
    heavier = fakes.rubric(criteria=(first, fakes.replace(second, weight=3.0)))
    other = fakes.rubric(criteria=(first, fakes.replace(second, claim="Something else")))
    edited, saved = fakes.attempt("Other words."), fakes.attempt(f"{fakes.attempt().text}\n\n")
    for attempt, rubric, kept in (
        (fakes.attempt(), heavier, True), (fakes.attempt(), other, False), (edited, heavier, False),
        (saved, heavier, True),
    ):  # fmt: skip
        one = Labelled(attempt=attempt, rubric=rubric, labels={})
        fakes.judged_run(folder, [one], lambda c, label: ("missing", 0.5))
        assert (row(folder).grade.verdicts[1].label == PERSON) is kept


def test_labels_that_no_longer_count_are_counted_by_what_was_changed(folder: Path) -> None:
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.1", PERSON, own=True)
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    [first, second] = fakes.rubric().criteria
    other = fakes.rubric(criteria=(first, fakes.replace(second, claim="Something else")))
    edited = fakes.attempt("Other words.")

    def lost(attempt: Attempt, rubric: Rubric) -> dict[str, int]:
        said = labels.read(folder)
        return dict(labels.lapsed(said, labels.points(said), attempt, rubric))

    assert lost(fakes.attempt(), fakes.rubric()) == {}
    assert lost(fakes.attempt(), other) == {"criterion": 1}
    assert lost(edited, other) == {"answer": 2}
    assert lost(fakes.attempt(id="Q1-ben"), fakes.rubric()) == {}
    labels.add(folder, edited, fakes.rubric(), "Q1.1", PERSON, own=True)
    assert lost(edited, fakes.rubric()) == {"answer": 1}


def test_people_can_grade_what_the_judge_could_not() -> None:
    empty = fakes.graded(None, verdicts=(), made={"needs_review": True}).grade
    one = scoring.labelled(empty, fakes.rubric(), {"Q1.1": PERSON})
    assert one.score is None
    both = scoring.labelled(empty, fakes.rubric(), {"Q1.1": PERSON, "Q1.2": PERSON})
    assert (both.score, both.needs_review) == (1.0, False)


def test_a_torn_last_line_is_left_out_and_any_other_damage_is_named(folder: Path) -> None:
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    with (folder / "labels.jsonl").open("a") as file:
        file.write('{"torn')
    assert row(folder).grade.score == 1.0
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.1", PERSON, own=True)
    assert len(labels.read(folder)) == 2
    for damage in ("{broken}", "[1]", '{"labels": 3}', '{"labels": {"Q1.1": "yes"}}'):
        whole = (folder / "labels.jsonl").read_text("utf-8")
        (folder / "labels.jsonl").write_text(f"{damage}\n{whole}", "utf-8")
        with pytest.raises(InputError, match=r"labels.jsonl:1: "):
            labels.read(folder)
        (folder / "labels.jsonl").write_text(whole, "utf-8")


def test_labels_of_a_run_feed_calibrate(folder: Path) -> None:
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.2", PERSON, own=True)
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.1", PERSON, own=True)
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.1", None, own=True)
    [one] = read([folder], load())
    assert one.labels == {"Q1.2": "covered"}
    assert one.rubric.criteria == fakes.rubric().criteria


def test_a_label_in_a_run_of_a_rubric_with_faults_and_groups_is_read_with_all_of_it(tmp_path: Path) -> None:
    points = (*fakes.rubric().criteria, Criterion(id="Q1.3", text="It says queries are kept", weight=-1))
    whole = fakes.rubric(criteria=points, groups=(Group(name="g"),), reference="Good.")
    one = Labelled(attempt=fakes.attempt(), rubric=whole, labels={})
    folder = fakes.judged_run(tmp_path / "run", [one], lambda c, label: ("missing", 0.5))
    labels.add(folder, fakes.attempt(), whole, "Q1.3", PERSON, own=True)
    [found] = read([folder], load())
    assert (found.rubric, found.labels) == (whole, {"Q1.3": "covered"})


def test_a_label_for_what_the_criterion_no_longer_says_feeds_nothing(folder: Path) -> None:
    bank = load()
    rubric = bank.question("Q43").rubric
    answer = fakes.attempt(question="Q43", person="anna")
    changed = fakes.replace(
        rubric, criteria=(fakes.replace(rubric.criteria[0], claim="x"), *rubric.criteria[1:])
    )
    labels.add(folder, answer, changed, "Q43.1", PERSON, own=False)
    labels.add(folder, answer, rubric, "Q43.2", PERSON, own=False)
    [one] = read([folder], bank)
    assert (one.labels, one.attempt.person) == ({"Q43.2": "covered"}, "anna")


def decide(folder: Path, typed: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as done:
        grade(["label", str(folder), "--author", "ben", *more])
    assert done.value.code == 0


def test_the_least_sure_verdict_comes_first_and_the_judge_is_shown_afterwards(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(folder, "c it says so\nq\n", monkeypatch)
    out = capsys.readouterr().out
    assert out.index("Q1.2") < out.index("the judge: missing, confidence 0.40") < out.index("Q1.1")
    said: Any = row(folder).grade.verdicts[1].label
    assert (said.coverage, said.author, said.reason) == ("covered", "ben", "it says so")
    decide(folder, "?\ns\n", monkeypatch)
    assert "1 verdict is open" in capsys.readouterr().err
    decide(folder, "x\n", monkeypatch)
    decide(folder, "", monkeypatch)
    assert "nothing is open" in capsys.readouterr().err
    assert row(folder).grade.verdicts[0].label.contradicted  # type: ignore[union-attr]


def test_what_is_optional_is_asked_about_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    points = (Criterion(id="Q1.1", text="Keys", optional=True), Criterion(id="Q1.2", text="Memory"))
    one = Labelled(attempt=fakes.attempt(), rubric=fakes.rubric(criteria=points), labels={"Q1.1": "missing"})
    folder = fakes.judged_run(tmp_path / "run", [one], lambda c, label: ("missing", float(c == "Q1.2")))
    decide(folder, "s\ns\n", monkeypatch)
    out = capsys.readouterr().out
    assert out.index("Q1.2") < out.index("Q1.1")


def test_a_question_that_the_run_does_not_have_is_not_called_decided(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as done:
        grade(["label", str(folder), "--q", "Q99"])
    said = capsys.readouterr().err
    assert done.value.code == 2
    assert "holds no answer to Q99" in said
    assert "it has Q1" in said


def test_unsure_unsupported_and_unlikely_verdicts_tell_most() -> None:
    sure = fakes.said("Q1.1", "missing", confidence=0.9)
    assert command.informative(sure, 0.0) < command.informative(sure, 0.8)
    assert command.informative(sure, 0.0) < command.informative(
        fakes.said("Q1.1", "missing", confidence=0.5), 0
    )
    assert command.informative(fakes.said("Q1.1", None), 0.0) == 1.0


def test_a_person_is_told_what_earns_a_point_too_and_what_a_fault_is() -> None:
    fault = Criterion(id="Q1.1", text="No tests", weight=-1, accept=("skips tests",), open=True)
    rubric, out = fakes.rubric(criteria=(fault,)), io.StringIO()
    one = command.Open(
        attempt=fakes.attempt(), rubric=rubric, criterion=fault, verdict=fakes.said("Q1.1"), weight=1.0
    )
    command.show(one, "1 of 1", Console(file=out, width=80))
    for words in ("also right: skips tests", "valid instance", "a fault: c when the answer commits it"):
        assert words in out.getvalue()
