"""Calibrations as files: data only, read strictly; found in the project's .grade folder or the user's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from grader import runs
from grader.bank.labels import Labelled
from grader.calibration.card import labels_hash
from grader.calibration.fitting import Fit
from grader.calibration.joining import Joined, judge
from grader.errors import InputError
from grader.links import naming, page
from grader.strategies.correction import PRIOR_PARTIAL, SIGNALS, Correction
from grader.types import digest

WIDTH = len(PRIOR_PARTIAL)
LARGEST = 5_000_000
Head = list[FiniteFloat]


class Saved(BaseModel):
    """The file. Names and hashes are only ever compared; nothing in it is opened or called."""

    model_config = ConfigDict(extra="forbid", strict=True)

    calibration: Literal["judge"]
    format: Literal[1]
    model: str = Field(max_length=300)
    strategy: str = Field(max_length=2000)
    prompts: list[str]
    rubrics: dict[str, str]
    signals: list[str]
    partial: Head = Field(min_length=WIDTH, max_length=WIDTH)
    covered: Head = Field(min_length=WIDTH, max_length=WIDTH)
    moves: bool
    mends: bool
    review: FiniteFloat
    held_out: dict[str, Any]
    labels: str
    fitted_on: list[str]
    version: str
    at: str

    @property
    def id(self) -> str:
        """Its hash."""
        return digest(self.model_dump())

    def correction(self) -> Correction:
        """What grading uses of it."""
        rate = self.held_out.get("right_rate")
        return Correction(
            id=self.id,
            model=self.model,
            strategy=self.strategy,
            prompts=tuple(self.prompts),
            rubrics=tuple(sorted(self.rubrics.items())),
            partial=tuple(self.partial),
            covered=tuple(self.covered),
            moves=self.moves,
            mends=self.mends,
            review=self.review,
            rate=rate if isinstance(rate, float) and 0 < rate < 1 else None,
        )


def make(fit: Fit, labelled: Sequence[Labelled], joined: Joined, version: str) -> Saved:
    """The file of a fit. InputError for grades of several judges."""
    made = judge(joined.grades)
    return Saved(
        calibration="judge",
        format=1,
        model=made.model,
        strategy=made.strategy,
        prompts=sorted({one.judge.prompt for one in joined.grades}),
        rubrics={one.question: one.judge.rubric for one in joined.grades},
        signals=list(SIGNALS),
        partial=list(fit.heads[0]),
        covered=list(fit.heads[1]),
        moves=fit.moves,
        mends=fit.mends,
        review=fit.review,
        held_out=json.loads(json.dumps(fit.held_out())),
        labels=labels_hash(labelled),
        fitted_on=sorted({mark(one) for one in labelled}),
        version=version,
        at=runs.now(),
    )


def mark(labelled: Labelled) -> str:
    """Tells an answer that was fitted on from others."""
    return digest([labelled.attempt.question, labelled.attempt.text])[7:23]


def write(saved: Saved, path: Path) -> None:
    """The file, for people to read and to commit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = json.dumps(saved.model_dump(), ensure_ascii=False, indent=1) + "\n"
    with naming(path):
        page(path).write_text(shape, encoding="utf-8", newline="\n")


def read(path: Path) -> Saved:
    """InputError names the file and the field of anything that is no calibration."""
    try:
        with path.open("rb") as file:
            saved = Saved.model_validate_json(file.read(LARGEST))
    except OSError as error:
        raise InputError(
            f"{path}: can't be read: {error.strerror}", "make one: grade calibrate LABELS --fit"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: not a calibration: {where + ': ' if where else ''}{first['msg']}",
            "make one: grade calibrate LABELS --fit",
        ) from error
    if tuple(saved.signals) != SIGNALS:
        raise InputError(f"{path}: fitted by another version of grade ({saved.version})", "fit it anew")
    return saved
