"""The [check] table: which files, which bars, and what fails beside a score under its bar."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import InputError
from grader.types import Question

Score = Field(ge=0, le=1)


class Terms(BaseModel):
    """[check] as users write it. `bars`: keys are a question id, `tag:NAME` or `stars:N`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    questions: Mapping[str, str] = Field(default_factory=dict)
    bars: Mapping[str, float] = Field(default_factory=dict)
    mean: float | None = Field(default=None, ge=0, le=1)
    scores: str | None = None
    slack: float = Field(default=0.0, ge=0, le=1)
    ungraded: Literal["fail", "ignore"] = "fail"
    needs_review: Literal["warn", "fail", "ignore"] = "warn"
    flagged: Literal["review", "fail", "ignore"] = "review"

    def bar(self, question: Question, overall: float | None) -> float | None:
        """The question's own bar; else the highest of its tags' and stars'; else the overall one."""
        own = self.bars.get(question.id)
        if own is not None:
            return own
        keys = [f"stars:{question.stars}", *(f"tag:{one}" for one in question.tags)]
        held = [self.bars[one] for one in keys if one in self.bars]
        return max(held) if held else overall


def read(table: Mapping[str, Any], file: Path | None) -> Terms:
    """The terms of a [check] table; InputError names the file, the field and the fix."""
    place = file or Path("[check]")
    try:
        terms = Terms.model_validate({key.replace("-", "_"): value for key, value in table.items()})
    except ValidationError as error:
        raise _wrong(error, place) from error
    if terms.scores and (Path(terms.scores).is_absolute() or ".." in Path(terms.scores).parts):
        raise InputError(f"{place}: check.scores leaves the folder of the config", "name a file below it")
    for key, bar in terms.bars.items():
        if not 0 <= bar <= 1:
            raise InputError(
                f"{place}: check.bars.{key} = {bar}: should be a score from 0 to 1", "write 0.6 for 60%"
            )
        kind, colon, value = key.partition(":")
        if colon and kind not in ("tag", "stars"):
            raise InputError(
                f"{place}: check.bars: {key!r} is no question, tag or stars", "write Q43, tag:DPO or stars:5"
            )
        if kind == "stars" and not value.isdigit():
            raise InputError(f"{place}: check.bars: {key!r}: stars are a number", "write stars:5")
    return terms


def _wrong(error: ValidationError, place: Path) -> InputError:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Terms.model_fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(Terms.model_fields)}"
        return InputError(f"{place}: check.{name} is not a setting", hint)
    return InputError(f"{place}: check.{name}: {first['msg']} (found {first['input']!r})", "correct it there")
