"""`grade calibrate --fit`: fits, saves, says what it is worth; measures nothing on what it was fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from grader import runs
from grader.bank.labels import Labelled
from grader.calibration import fitting, found, saved
from grader.calibration.card import Card
from grader.calibration.joining import Joined
from grader.cli.console import note
from grader.config import Settings
from grader.errors import InputError
from grader.report.fit_words import fitted
from grader.report.summary import short
from grader.report.words import counted
from grader.runs import Row


def fit(
    card: Card,
    labelled: Sequence[Labelled],
    joined: Joined,
    out: Path | None,
    *,
    right_rate: float,
    seed: int,
) -> tuple[Card, list[str]]:
    """The card with the fit's held-out record, and that record in words. Too few labels are no error."""
    if card.calibration:
        raise InputError(
            f"these grades were made with calibration {short(card.calibration)}",
            "leave --run out: the judge is then asked as it is",
        )
    made = fitting.fitted(fitting.samples(joined.beside), right_rate=right_rate, seed=seed)
    if made is None:
        held = counted(len(card.pairs), "label is", "labels are")
        few = f"{held} too few to fit on: it takes {fitting.LEAST}, on three answers"
        note(f"note: {few}; nothing was saved")
        return card, [f"{few[0].upper()}{few[1:]}."]
    path = out or found.file_for(card.model, card.strategy, Path.cwd())
    saved.write(saved.make(made, labelled, joined, card.version), path)
    used = "`grade` uses it from now on" if out is None else f"use it with --calibration {out}"
    note(f"wrote {path}; {used}")
    return replace(card, held_out=made.held_out()), fitted(made)


def unseen(labelled: list[Labelled], run: Path | None, settings: Settings) -> list[Labelled]:
    """Without the answers that the calibration in force was fitted on: of those it is never measured.

    InputError when none is left.
    """
    seen: set[str] = set()
    if isinstance(settings.calibration, Path):
        seen |= set(_changed(saved.read(settings.calibration)))
    if run is not None:
        used = {one.grade.judge.calibration for one in runs.read(run)} - {""}
        seen |= _fitted_on(used)
    left = [one for one in labelled if saved.mark(one) not in seen]
    if len(left) < len(labelled):
        out = counted(len(labelled) - len(left), "answer is", "answers are")
        note(f"{out} left out: what the calibration was fitted on")
    if not left:
        raise InputError(
            "the calibration was fitted on all of these labels",
            "measure it on others; its held-out record stands in its file",
        )
    return left


def judged_alike(
    labelled: list[Labelled], rows: Iterable[Row], settings: Settings
) -> tuple[list[Labelled], list[Row]]:
    """Without the answers for which the calibration that was named is void; all where it is void for all."""
    held = list(rows)
    left = {(one.grade.question, one.attempt.text) for one in held if not one.grade.judge.calibration}
    if not isinstance(settings.calibration, Path) or len(left) == len(held):
        return labelled, held
    kept = [one for one in labelled if (one.attempt.question, one.attempt.text) not in left]
    if len(kept) < len(labelled):
        out = counted(len(labelled) - len(kept), "answer is", "answers are")
        note(f"{out} left out: what the calibration is not for")
    return kept, [one for one in held if one.grade.judge.calibration]


def _changed(one: saved.Saved) -> list[str]:
    """The answers on which it can't be measured: none where it leaves verdict and confidence as they were."""
    return one.fitted_on if one.moves or one.mends else []


def _fitted_on(used: set[str]) -> set[str]:
    """What the calibrations of these ids were fitted on, where their files are still there."""
    seen: set[str] = set()
    for path in found.places(Path.cwd()) if used else ():
        try:
            one = saved.read(path)
        except InputError:
            continue
        if one.id in used:
            used = used - {one.id}
            seen |= set(_changed(one))
    for one_id in sorted(used):
        note(f"note: the file of calibration {short(one_id)} is gone: what it was fitted on can't be told")
    return seen
