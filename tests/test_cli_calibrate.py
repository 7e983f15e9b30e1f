"""`grade calibrate`: judges that guess, always agree or copy the labels, and what is said of them."""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from benchmarks.chaos import ROOT, Chaos, server, write_round
from grader import config, runs
from grader.bank import load
from grader.bank.labels import Labelled, read
from grader.calibration import card as cards
from grader.calibration.joining import join
from grader.cli import fitting
from grader.cli.main import run
from grader.report import card
from tests.fakes import judged_run

LEVELS = ("missing", "partial", "covered")
SETS = Path(__file__).parent.parent / "examples" / "labelled"
LABELS = SETS / "interview_dev.jsonl"
Choose = Callable[[str, str], tuple[str, float]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def labelled() -> list[Labelled]:
    return read([LABELS], load())


def guess(seed: int = 1) -> Choose:
    chance = random.Random(seed)
    return lambda criterion, label: (chance.choice(LEVELS), round(chance.random(), 2))


def noisy(share: float, seed: int = 2) -> Choose:
    """Right in that share, and surer where it is right."""
    chance = random.Random(seed)

    def choose(criterion: str, label: str) -> tuple[str, float]:
        if chance.random() < share:
            return label, 0.7 + 0.3 * chance.random()
        return chance.choice(LEVELS), 0.4 + 0.4 * chance.random()

    return choose


def calibrate(capsys: pytest.CaptureFixture[str], *more: str, code: int = 0) -> tuple[str, str]:
    with pytest.raises(SystemExit) as done:
        run(["calibrate", str(LABELS), *more])
    out, said = capsys.readouterr()
    out = out if out.startswith("{") else " ".join(out.split())
    assert done.value.code == code, said
    return out, said


def figures(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(calibrate(capsys, "--run", str(folder), "--json")[0])
    return shape


def test_a_judge_that_guesses_is_no_better_than_chance(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, guess())
    out, _ = calibrate(capsys, "--run", "run")
    assert "no better than chance" in out
    assert "Its confidence says little" in out


def test_in_a_markdown_card_our_own_words_stand_as_they_are_and_the_other_judges_name_is_escaped(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, noisy(0.6))
    judged_run(tmp_path / "other", labelled, guess(), model="<i>[x](y)|z")
    calibrate(capsys, "--run", "run", "--against", "other", "--card", "c.md", "--card", "c.html")
    [line] = [one for one in Path("c.md").read_text("utf-8").splitlines() if one.startswith("- Against ")]
    assert line.startswith(r"- Against &lt;i&gt;\[x\]\(y\)\|z")
    assert re.search(r": weighted kappa \+0\.\d\d \(\+0\.", line)
    assert "Against &lt;i&gt;[x](y)|z" in Path("c.html").read_text("utf-8")


def test_a_judge_that_always_says_covered_is_told_so(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, lambda criterion, label: ("covered", 0.99))
    out, _ = calibrate(capsys, "--run", "run")
    assert "no better than chance" in out
    assert "says covered to nearly everything (258 of 258)" in out
    assert "Its confidence is 99% on average and it is right in" in out
    assert figures(capsys, tmp_path / "run")["measured"]["overall"]["weighted_kappa"] == 0


def test_a_judge_that_copies_the_labels_agrees_with_every_one(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, lambda criterion, label: (label, 1.0))
    assert "agrees with every one of the 258 labels" in calibrate(capsys, "--run", "run")[0]
    found = figures(capsys, tmp_path / "run")
    assert found["measured"]["overall"]["weighted_kappa"] == 1
    assert found["measured"]["scores"]["mean_error"] == pytest.approx(0, abs=1e-12)
    assert found["cost_usd"] == pytest.approx(0.084)
    assert found["measured"]["raters"]["count"] == 2


def test_the_card_is_written_in_three_kinds_and_escapes_what_people_wrote(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, noisy(0.6), model="<b>model</b>")
    calibrate(capsys, "--run", "run", "--card", "c.md", "--card", "c.html", "--card", "c.json")
    page, words = Path("c.html").read_text("utf-8"), Path("c.md").read_text("utf-8")
    assert "<b>model" not in page
    assert "<b>model" not in words
    assert "<svg" in page
    for part in (
        "calibration error",
        "Kappa: 0 is what chance gives",
        "confidence 0.",
        "By question",
        "By kind",
        "Worst disagreements",
        "Coverage against accuracy",
        "prompts",
    ):
        assert part in page
        assert part in words
    assert re.search(r"^- Its agreement with the labels is .*: weighted kappa 0\.\d\d \(0\.", words, re.M)
    assert "84, of them 0 ungraded, 0 not in the run, 0 for people to review" in words
    assert "84 (1.00 an answer), 8400 + 0 tokens" in page
    shape = json.loads(Path("c.json").read_text("utf-8"))
    assert len(shape["pairs"]) == 258
    assert "NaN" not in json.dumps(shape)


def test_drift_is_exit_1_only_beyond_noise(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "good", labelled, noisy(0.9))
    judged_run(tmp_path / "alike", labelled, noisy(0.9, seed=5))
    judged_run(tmp_path / "fallen", labelled, noisy(0.5), model="newer")
    calibrate(capsys, "--run", "good", "--card", "good.json")
    calibrate(capsys, "--run", "alike", "--drift", "good.json")
    _, said = calibrate(capsys, "--run", "fallen", "--drift", "good.json", code=1)
    assert "agreement fell" in said
    out, _ = calibrate(capsys, "--run", "good", "--against", "fallen")
    assert "Against newer, joint" in out
    assert "It is better beyond noise." in out
    assert "McNemar" in out


def test_on_other_labels_a_difference_may_be_that_of_the_labels(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "one", labelled[:42], noisy(0.95))
    judged_run(tmp_path / "two", labelled[42:], noisy(0.1))
    calibrate(capsys, "--run", "one", "--card", "one.json")
    out, said = calibrate(capsys, "--run", "two", "--drift", "one.json", code=1)
    assert "not the same ones. - It is worse beyond noise, unless these labels are the harder ones." in out
    assert "agreement fell" in said


def test_ungraded_and_absent_answers_are_counted_and_left_out(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled[:-1], lambda criterion, label: (label, 1.0))
    path = tmp_path / "run/grades.jsonl"
    first, *rest = path.read_text("utf-8").splitlines()
    broken = json.loads(first) | {"score": None, "ungraded": True, "problems": ["cut off"], "verdicts": []}
    path.write_text("\n".join([json.dumps(broken, separators=(",", ":")), *rest, ""]), "utf-8")
    out, said = calibrate(capsys, "--run", "run")
    assert "1 ungraded, 1 labelled but not in the run" in out
    assert "cut off" in said


def test_a_run_of_other_answers_is_exit_2_and_so_is_a_card_of_no_kind(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", [], lambda criterion, label: (label, 1.0))
    Path("run/grades.jsonl").touch()
    calibrate(capsys, "--run", "run", code=2)
    assert "not a kind of card" in calibrate(capsys, "--card", "card.pdf", code=2)[1]
    Path("x.json").write_text("{}")
    assert "not a judge card" in calibrate(capsys, "--drift", "x.json", code=2)[1]


@pytest.mark.loopback
def test_labelled_answers_are_asked_once_and_measured_again_without_a_call(tmp_path: Path) -> None:
    write_round(tmp_path / "round.jsonl", 6)
    rows = [json.loads(line) for line in (tmp_path / "round.jsonl").read_text().splitlines()]
    for row in rows:
        row["labels"] = {"X1.1": "covered"}
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with server(Chaos(answers=0, kills=0, faults=0.0), tmp_path / "server.jsonl") as address:
        command = [sys.executable, "-m", "grader", "calibrate", "labels.jsonl", "--model", "stub", "--json"]
        for more, strategy in (((), "joint"), ((), "joint"), (("--reference", "off"), "joint, no reference")):
            done = subprocess.run(
                [*command, "--api-base", address, *more], cwd=tmp_path, capture_output=True, text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)}, encoding="utf-8", timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            shape = json.loads(done.stdout)
            assert (shape["measured"]["overall"]["count"], shape["strategy"]) == (6, strategy)
    assert len((tmp_path / "server.jsonl").read_text().splitlines()) == 6


def test_a_fit_is_saved_used_and_never_measured_on_its_own_labels(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, noisy(0.7))
    out, said = calibrate(capsys, "--run", "run", "--fit", "--card", "c.json", "--right-rate", "0.85")
    assert "Fitted on 258 labels; held out by question" in out
    assert "need review; on held-out labels" in out
    assert "wrote" in said
    path = tmp_path / ".grade/calibrations/fake-joint.json"
    assert json.loads(path.read_text("utf-8"))["model"] == "fake"
    assert json.loads(Path("c.json").read_text("utf-8"))["held_out"]["count"] == 258
    _, said = calibrate(capsys, "--run", "run", "--calibration", str(path), code=2)
    assert "fitted on all of these labels" in said
    calm = json.loads(path.read_text("utf-8")) | {"moves": False, "mends": False}
    Path("calm.json").write_text(json.dumps(calm), "utf-8")
    assert "258" in calibrate(capsys, "--run", "run", "--calibration", "calm.json")[0]
    assert "don't go together" in calibrate(capsys, "--fit", "--calibration", str(path), code=2)[1]
    assert "--out says where" in calibrate(capsys, "--out", "x.json", code=2)[1]


def test_few_labels_are_said_to_be_too_few(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled[:2], noisy(0.7))
    out, _ = calibrate(capsys, "--run", "run", "--fit")
    assert "too few to fit on" in out
    assert not Path(".grade/calibrations").exists()


def test_the_examples_are_measured_from_their_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    examples = SETS.parent
    asked = ["calibrate", str(examples / "labels.jsonl"), "--model", "embedded", "--json"]
    with pytest.raises(SystemExit) as done:
        run([*asked, "--cassette", str(examples / "cassette"), "--mode", "replay"])
    shape = json.loads(capsys.readouterr().out)
    assert done.value.code == 0
    assert (shape["model"], shape["measured"]["overall"]["count"], shape["ungraded"]) == ("embedded", 30, {})
    assert shape["measured"]["overall"]["intervals"]["weighted_kappa"][0] > 0


def test_what_got_no_grade_is_not_counted_as_graded_now(capsys: pytest.CaptureFixture[str]) -> None:
    examples = SETS.parent
    lost = json.dumps(
        {"question": "Q43", "attempt": "x", "answer": "Not recorded.", "labels": {"Q43.1": "missing"}}
    )
    Path("labels.jsonl").write_text((examples / "labels.jsonl").read_text("utf-8") + lost + "\n", "utf-8")
    asked = ["calibrate", "labels.jsonl", "--model", "embedded", "--json"]
    with pytest.raises(SystemExit) as done:
        run([*asked, "--cassette", str(examples / "cassette"), "--mode", "replay"])
    assert done.value.code == 0
    assert "10 graded now, 1 ungraded, " in capsys.readouterr().err


def test_whole_scores_are_measured_by_their_errors_and_correlation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = {"question_text": "为什么？", "reference": "因为它快。"}
    rows = [{"question": f"L{n}", "answer": f"因为{n}。", "score": n % 3 / 2, **about} for n in range(30)]
    path = tmp_path / "scores.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    given = iter(rows)
    judged_run(
        tmp_path / "run",
        read([path], load()),
        lambda criterion, label: (LEVELS[int(2 * float(str(next(given)["score"])) + 1) // 2], 0.9),
    )
    with pytest.raises(SystemExit) as done:
        run(
            ["calibrate", str(path), "--run", "run", "--card", "c.md", "--card", "c.html", "--card", "c.json"]
        )
    assert done.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "on 30 answers the judge's score is off by 0.17" in out
    assert "confidence" not in Path("c.md").read_text("utf-8").casefold()
    scores = json.loads(Path("c.json").read_text("utf-8"))["measured"]["scores"]
    assert scores["root_error"] == pytest.approx((1 / 12) ** 0.5)
    assert scores["intervals"]["mean_error"][0] < 1 / 6 < scores["intervals"]["mean_error"][1]
    with pytest.raises(SystemExit) as done:
        run(["calibrate", str(path), "--run", "run", "--against", "c.json"])
    assert (done.value.code, "whole scores" in capsys.readouterr().err) == (2, True)


def test_a_few_labels_are_not_called_chance(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled[:4], noisy(0.2, seed=4))
    out, _ = calibrate(capsys, "--run", "run")
    assert "more labels would tell" in out
    assert "Only 12 labels" in out
    assert "Only 1 question: on others" in out


def test_answers_that_a_named_calibration_is_not_for_are_left_out_and_counted(
    tmp_path: Path, labelled: list[Labelled], capsys: pytest.CaptureFixture[str]
) -> None:
    judged_run(tmp_path / "run", labelled, noisy(0.7))
    named = config.load({"calibration": tmp_path / "c.json"}, cwd=tmp_path, environ={})
    rows = [
        replace(row, grade=replace(row.grade, judge=replace(row.grade.judge, calibration=used)))
        for place, row in enumerate(runs.read(tmp_path / "run"))
        for used in ["" if place < 6 else "sha256:one"]
    ]
    answers, held = fitting.judged_alike(labelled, rows, named)
    assert (len(answers), len(held)) == (len(labelled) - 6, len(rows) - 6)
    assert "6 answers are left out: what the calibration is not for" in capsys.readouterr().err
    answers, held = fitting.judged_alike(labelled, rows[:6], named)
    assert (len(answers), len(held)) == (len(labelled), 6)


def test_columns_stay_under_each_other_with_chinese_names() -> None:
    out = io.StringIO()
    rows = [("完整回答", "7", "0.50"), ("full", "12", "0.75")]
    card._columns(Console(file=out, width=80), ("kind", "labels", "kappa"), rows)
    widths = {cell_len(line) for line in out.getvalue().splitlines() if line}
    assert len(widths) == 1


def test_the_terminals_tables_fit_eighty_columns(tmp_path: Path, labelled: list[Labelled]) -> None:
    judged_run(tmp_path / "run", labelled, noisy(0.7))
    made = cards.make(labelled, join(labelled, runs.read(tmp_path / "run")), ["l.jsonl"], version="1")
    out = io.StringIO()
    card.terminal(made, (), Console(file=out, width=80))
    assert "fluent_wrong" in out.getvalue()
    assert not any(line.startswith(("AUC", "–", "judge ")) for line in out.getvalue().splitlines())
