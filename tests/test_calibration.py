"""The fit: against scikit-learn, on noise, on a biased judge; what is saved, refused, and what voids it."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from benchmarks.learning import applied, drawn, samples, scripted, silent, stated
from grader.agreement.logistic import chance, fit
from grader.agreement.numbers import calibration_error
from grader.bank import load
from grader.bank.labels import Labelled, read
from grader.calibration import fitting, found, saved
from grader.calibration.joining import Joined, join
from grader.errors import InputError
from grader.grading import grade_attempt
from grader.runs import key
from grader.runs import read as read_run
from grader.strategies import stack, strategy
from grader.strategies.correction import (
    PRIOR_COVERED,
    PRIOR_PARTIAL,
    SIGNALS,
    Correction,
    chances,
    corrected,
    doubtful,
    voided,
)
from grader.types import Criterion, JudgeCard, JudgeReply, JudgeRequest
from tests import fakes
from tests.repository import MODEL, build
from tests.test_cli_calibrate import LABELS, Choose, guess, noisy


@pytest.fixture(scope="module")
def labelled() -> list[Labelled]:
    return read([LABELS], load())


def joined(folder: Path, labelled: list[Labelled], choose: Choose) -> Joined:
    return join(labelled, read_run(fakes.judged_run(folder, labelled, choose)))


def stricter(seed: int = 3) -> Choose:
    """Says missing where people say partial, partial where they say covered; else a bit of noise."""
    chance = random.Random(seed)
    below = {"covered": "partial", "partial": "missing", "missing": "missing"}

    def choose(criterion: str, label: str) -> tuple[str, float]:
        return (below[label] if chance.random() < 0.9 else "covered"), 0.95

    return choose


def test_the_logistic_fit_is_that_of_scikit_learn() -> None:
    random_rows = np.random.RandomState(0).normal(size=(80, 3))
    positive = random_rows @ [1.0, -2.0, 0.5] + np.random.RandomState(1).normal(size=80) > 0.3
    rows = [tuple(map(float, one)) for one in random_rows]
    ours = fit(rows, list(positive), (0.0, 0.0, 0.0, 0.0), 2.0)
    # scikit-learn leaves its intercept free; ours has a tenth of the penalty, here by a constant column
    wide = np.column_stack([np.full(80, 10**0.5), random_rows])
    theirs = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=500).fit(wide, positive)
    expected = [theirs.coef_[0][0] * 10**0.5, *theirs.coef_[0][1:]]
    assert ours == pytest.approx(expected, abs=1e-4)


def test_without_labels_it_says_what_the_judge_says() -> None:
    for coverage, signs in (("covered", (1, 1)), ("partial", (1, -1)), ("missing", (-1, -1))):
        row = (*map(float, signs), *[0.0] * 6)
        assert fit([], [], PRIOR_PARTIAL, 1.0) == PRIOR_PARTIAL
        assert chances((PRIOR_PARTIAL, PRIOR_COVERED), row).coverage == coverage
    assert chance(PRIOR_PARTIAL, (1.0, 1.0, *[0] * 6)) > 0.8


def test_a_judge_that_is_too_strict_is_mended_and_it_is_shown_on_held_out_questions(
    tmp_path: Path, labelled: list[Labelled]
) -> None:
    found = fitting.samples(joined(tmp_path / "run", labelled, stricter()).beside)
    made = fitting.fitted(found, right_rate=0.9, seed=0)
    assert made is not None
    assert made.moves
    assert (made.gain.weighted_kappa or 0) > 0.03
    assert (made.after["calibration_error"] or 1) < (made.before["calibration_error"] or 0) / 2


def test_what_does_not_help_leaves_verdicts_alone_and_says_how_sure_it_is(
    tmp_path: Path, labelled: list[Labelled]
) -> None:
    found = fitting.samples(joined(tmp_path / "run", labelled, noisy(0.9)).beside)
    made = fitting.fitted(found[:40], right_rate=0.9, seed=0)
    assert made is not None
    assert not made.moves
    assert made.gain.weighted_kappa_95 is not None
    assert made.gain.weighted_kappa_95[0] <= 0
    assert fitting.fitted(found[:6], right_rate=0.9, seed=0) is None


def test_twenty_labels_give_a_judge_without_a_confidence_one(labelled: list[Labelled]) -> None:
    pool = samples(labelled, scripted(labelled, silent))
    before = calibration_error([(stated(one.pair), one.pair.right) for one in pool]) or 0
    assert before > 0.15
    for seed in range(3):
        few = fitting.fitted(drawn(pool, 20, seed), right_rate=0.9, seed=0)
        assert few is not None
        assert few.count < 24
        after = calibration_error([(stated(one), one.right) for one in applied(few, pool)[0]]) or 0
        assert after < before - 0.04


def test_what_is_not_flagged_is_right_at_the_stated_rate(tmp_path: Path, labelled: list[Labelled]) -> None:
    made = fitting.fitted(
        fitting.samples(joined(tmp_path / "run", labelled, noisy(0.6)).beside), right_rate=0.9, seed=0
    )
    assert made is not None
    assert made.right is not None
    assert made.right >= 0.85
    assert 0.2 < made.unflagged < 1
    none = fitting.fitted(
        fitting.samples(joined(tmp_path / "guess", labelled, guess()).beside), right_rate=0.95, seed=0
    )
    assert none is not None
    assert none.unflagged < 0.3


def test_the_threshold_keeps_as_many_as_it_can() -> None:
    sure = [(0.9, True)] * 9 + [(0.9, False)] + [(0.5, False)] * 10
    assert fitting.threshold(sure, 0.8) == 0.9
    assert fitting.threshold(sure, 0.38) == 0.5
    assert fitting.threshold(sure, 0.9) == 2.0  # nine of ten may be luck
    assert fitting.threshold(sure * 100, 0.89) == 0.9
    assert fitting.threshold([], 0.9) == 2.0


def correction(**changes: object) -> Correction:
    fields: dict[str, object] = {
        "id": "sha256:c", "model": "fake", "strategy": "joint", "prompts": ("sha256:p",),
        "rubrics": (("Q1", "sha256:r"),), "partial": PRIOR_PARTIAL, "covered": PRIOR_COVERED,
        "moves": True, "mends": True,
    }  # fmt: skip
    return Correction(**{**fields, **changes})  # type: ignore[arg-type]


def test_another_model_prompt_or_rubric_voids_it_in_words() -> None:
    card = JudgeCard(model="fake", strategy="joint", prompt="sha256:p", rubric="sha256:r")
    assert voided(correction(), card, "Q1") == ""
    assert voided(correction(), fakes.replace(card, rubric="sha256:x"), "Q2") == ""
    assert "rubric of Q1" in voided(correction(), fakes.replace(card, rubric="sha256:x"), "Q1")
    assert "prompt" in voided(correction(), fakes.replace(card, prompt="sha256:x"), "Q1")
    assert "it is for fake" in voided(correction(), fakes.replace(card, model="other"), "Q1")


def test_a_correction_moves_coverage_with_a_word_and_leaves_contradictions() -> None:
    verdicts = (fakes.said("Q1.1", "missing"), fakes.said("Q1.2", "covered", contradicted=True))
    lifting = correction(partial=(9.0, *PRIOR_PARTIAL[1:]), covered=(9.0, *PRIOR_COVERED[1:]), review=0.5)
    up, stays = corrected(lifting, fakes.rubric(), fakes.attempt(), verdicts, "en")
    assert (up.coverage, up.credit, up.reason) == ("covered", None, "r (calibrated; the judge said missing)")
    assert (stays.coverage, stays.contradicted) == ("covered", True)
    assert doubtful(lifting, fakes.rubric(), (up, stays))
    assert not doubtful(correction(), fakes.rubric(), (up, stays))
    still = corrected(correction(moves=False, mends=True), fakes.rubric(), fakes.attempt(), verdicts, "zh")
    assert [one.coverage for one in still] == ["missing", "covered"]


@pytest.mark.parametrize(
    ("changes", "lang", "words"),
    [
        ({"review": 0.999, "rate": 0.9}, "en",
         "r (needs review: confidence 0.4, and this calibration is right in 90% from 0.999 on)"),
        ({"review": 0.999, "rate": 0.9}, "zh",
         "r（需人工复核：置信度 0.4，此校准在 0.999 及以上时有 90% 判对）"),
        ({"review": 0.55}, "en", "r (needs review: confidence 0.4, and this calibration asks for 0.55)"),
        ({"review": 2.0, "rate": 0.9}, "en", "r (needs review: no confidence was found from which on"),
        ({"review": 0.3}, "en", "r"),
        ({}, "en", "r"),
    ],
)  # fmt: skip
def test_the_reason_of_what_needs_review_names_the_threshold_that_was_learned(
    changes: dict[str, object], lang: Any, words: str
) -> None:
    points = (*fakes.rubric().criteria, Criterion(id="Q1.3", text="x", optional=True))
    verdicts = tuple(fakes.said(one.id, confidence=0.4) for one in points)
    quiet = correction(moves=False, mends=False, **changes)
    made = corrected(quiet, fakes.rubric(criteria=points), fakes.attempt(), verdicts, lang)
    assert made[0].reason.startswith(words)
    assert doubtful(quiet, fakes.rubric(), made) is (made[0].reason != "r")
    assert made[2].reason == "r"
    unstated = corrected(quiet, fakes.rubric(), fakes.attempt(), (fakes.said("Q1.1"),), "en")
    assert ("no confidence" in unstated[0].reason) is ("review" in changes)


def test_what_a_threshold_is_said_to_be_worth_is_no_part_of_a_grades_key() -> None:
    asked = (fakes.rubric(), fakes.attempt())
    plain, worth = (fakes.plan(correction=correction(rate=rate)) for rate in (None, 0.9))
    assert key(*asked, plain) == key(*asked, worth)


def test_a_saved_calibration_is_data_and_anything_else_is_refused(
    tmp_path: Path, labelled: list[Labelled]
) -> None:
    found = joined(tmp_path / "run", labelled, stricter())
    made = fitting.fitted(fitting.samples(found.beside), right_rate=0.9, seed=0)
    assert made is not None
    kept = saved.make(made, labelled, found, "1")
    path = tmp_path / "c.json"
    saved.write(kept, path)
    again = saved.read(path)
    assert again.correction() == kept.correction()
    assert again.correction().rate == 0.9
    odd = again.model_copy(update={"held_out": {"right_rate": "0.9"}})
    assert odd.correction().rate is None
    assert again.id.startswith("sha256:")
    shape = json.loads(path.read_text("utf-8"))
    for change in ({"api_base": "http://x"}, {"partial": [1.0]}, {"review": "high"}, {"format": 2}):
        path.write_text(json.dumps(shape | change), "utf-8")
        with pytest.raises(InputError, match="not a calibration"):
            saved.read(path)
    path.write_text(
        json.dumps(shape).replace("NaN", "").replace('"review": ', '"review": NaN, "x": '), "utf-8"
    )
    with pytest.raises(InputError):
        saved.read(path)
    with pytest.raises(InputError, match="can't be read"):
        saved.read(tmp_path / "none.json")


def test_the_newest_calibration_of_this_judge_is_found_and_others_are_named(
    tmp_path: Path, labelled: list[Labelled]
) -> None:
    from_run = joined(tmp_path / "run", labelled, stricter())
    made = fitting.fitted(fitting.samples(from_run.beside), right_rate=0.9, seed=0)
    assert made is not None
    plan = fakes.plan()
    prompt = strategy("joint").prompt(fakes.rubric(), plan)
    kept = saved.make(made, labelled, from_run, "1").model_copy(update={"prompts": [prompt]})
    folder = tmp_path / ".grade" / "calibrations"
    saved.write(kept, folder / "a.json")
    saved.write(kept.model_copy(update={"model": "other"}), folder / "b.json")
    (folder / "c.json").write_text("{}")
    (tmp_path / "deep").mkdir()
    seen = found.look(None, plan, tmp_path / "deep")
    assert seen.correction == kept.correction()
    assert [one.partition(":")[0] for one in seen.notes] == ["note", "calibration"]
    assert found.look(None, fakes.plan(model="third"), tmp_path).notes[-1].startswith("note: none of the")
    assert found.look("off", plan, tmp_path) == found.Found()
    saved.write(kept.model_copy(update={"prompts": ["sha256:old"]}), folder / "a.json")
    old = found.look(None, plan, tmp_path)
    assert old.correction is None
    assert "the prompt has changed" in old.notes[-1]
    named = found.look(folder / "b.json", plan, tmp_path)
    assert "it is for other" in named.notes[0]


def test_a_grade_is_corrected_flagged_and_names_its_calibration() -> None:
    fixed = fakes.plan(correction=correction(
        prompts=(strategy("joint").prompt(fakes.rubric(), fakes.plan()),), rubrics=(),
        partial=(9.0, *PRIOR_PARTIAL[1:]), covered=(9.0, *PRIOR_COVERED[1:]), review=2.0,
    ))  # fmt: skip
    said = fakes.reply(
        {"Q1.1": fakes.verdict("covered", "keys and values"), "Q1.2": fakes.verdict("missing")}
    )
    made = asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(), fakes.scripted([said]), fixed))
    assert (made.score, made.needs_review, made.judge.calibration) == (1.0, True, "sha256:c")
    assert "the judge said missing" in made.verdicts[1].reason
    other = fakes.replace(fixed, model="another")
    plain = asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(), fakes.scripted([said]), other))
    assert (plain.score, plain.judge.calibration) == (0.5, "")
    assert key(fakes.rubric(), fakes.attempt(), fixed) != key(fakes.rubric(), fakes.attempt(), fakes.plan())


async def answering(request: JudgeRequest) -> JudgeReply:
    """Covers every point of a chat, of a decision model's request, and of the embedded judge's."""
    if request.kind == "chat":
        wanted = (request.schema or {})["required"]
        return JudgeReply(
            text=fakes.reply({one: fakes.verdict("covered", "keys and values") for one in wanted})
        )
    if "fit" in request.params:
        heads = {f"probe_{head}": 1.0 for head in stack.load(stack.named("zh")).probe["heads"]}
        said = {
            "yes": 1.0,
            "no": 0.0,
            "log_odds": 6.0,
            "null_log_odds": 0.0,
            "similarity": 1.0,
            "closest": 0,
            **heads,
        }
        return JudgeReply(answers={one["id"]: said for one in request.questions})
    surest = {"coverage": "covered", "contradicted": "no", "evidence": "1"}
    return JudgeReply(answers={
        one["id"]: {option: float(option == surest[one["id"].partition("/")[2]])
                    for option in one.get("options", ("yes", "no"))}
        for one in request.questions
    })  # fmt: skip


@pytest.mark.parametrize(
    ("strategy_name", "endpoint"),
    [("joint", "fake"), ("pointwise", "fake"), ("pointwise", "embedded"), ("decision", "fake")],
)
def test_the_learned_threshold_decides_on_review_with_every_strategy(
    strategy_name: str, endpoint: str
) -> None:
    plan = fakes.plan(strategy=strategy_name, endpoint=endpoint, unverified="flag")
    plain = asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(), answering, plan))
    assert (plain.score, plain.needs_review) == (1.0, False)
    learned = correction(strategy=strategy_name, prompts=(plain.judge.prompt,), rubrics=(), moves=False)
    for review, flagged in ((0.0, False), (0.999, True)):
        fitted = fakes.replace(plan, correction=fakes.replace(learned, review=review))
        made = asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(), answering, fitted))
        assert (made.score, made.needs_review, made.judge.calibration) == (1.0, flagged, "sha256:c")


def test_the_commands_use_the_projects_calibration_and_say_when_a_rubric_voids_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = build(tmp_path / "repo")
    monkeypatch.chdir(repo.folder)
    plan = fakes.plan(model=MODEL, endpoint="litellm")
    asked = load(repo.folder / "bank").question("Q1").rubric
    kept = saved.Saved(
        calibration="judge", format=1, model=MODEL, strategy="joint", rubrics={"Q1": asked.hash},
        prompts=[strategy("joint").prompt(asked, plan)], signals=list(SIGNALS), partial=[9.0, *[0.0] * 8],
        covered=[9.0, *[0.0] * 8], moves=True, mends=True, review=0.5, held_out={}, labels="", fitted_on=[],
        version="1", at="",
    )  # fmt: skip
    path = repo.folder / ".grade" / "calibrations" / "a.json"
    saved.write(kept, path)
    repo.grade("answers/Q1-ben.md", "--json")
    out, said = capsys.readouterr()
    assert (json.loads(out)["score"], json.loads(out)["judge"]["calibration"]) == (1.0, kept.id)
    assert f"calibration: {path}" in said
    repo.grade("answers/Q1-ben.md", "--json", "--calibration", "off")
    assert json.loads(capsys.readouterr().out)["judge"]["calibration"] == ""
    saved.write(kept.model_copy(update={"rubrics": {"Q1": "sha256:old"}}), path)
    repo.grade("check", "answers/Q1-ben.md", "--json")
    out, said = capsys.readouterr()
    assert "is not used: it was fitted with another rubric of Q1" in said
    assert json.loads(out)["runs"][0]["grades"][0]["score"] == 0.5
    config = repo.folder / "grade.toml"
    config.write_text(f'calibration = "none.json"\n{config.read_text("utf-8")}', "utf-8")
    assert repo.grade("answers/Q1-ben.md") == 2
    assert "none.json: can't be read" in capsys.readouterr().err
