"""Which calibration is in force: the one that was named, or the project's or user's own for this judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import InputError
from grader.strategies import Plan, looks, strategy
from grader.strategies.correction import Correction
from grader.types import Lang, Rubric


@dataclass(frozen=True)
class Found:
    """`notes`: what the user should hear."""

    correction: Correction | None = None
    notes: tuple[str, ...] = ()


def look(named: Path | Literal["off"] | None, plan: Plan, cwd: Path) -> Found:
    """InputError when the named file is no calibration. One that was found by itself and can't be read, or is
    for another judge, is only left aside with a word."""
    if named == "off":
        return Found()
    if named is not None:
        from grader.calibration import saved

        return _judged(saved.read(named).correction(), str(named), plan)
    return _own(plan, cwd)


def _own(plan: Plan, cwd: Path) -> Found:
    """The newest one for this judge; those for others are only named when there is none for this one."""
    broken: list[str] = []
    others: list[tuple[str, str]] = []
    fitting: list[tuple[str, Correction, str]] = []
    for path in places(cwd):
        from grader.calibration import saved

        try:
            one = saved.read(path)
        except InputError as error:
            broken.append(f"note: {error.message}")
            continue
        if (one.model, one.strategy) == (plan.model, looks.named(plan)):
            fitting.append((one.at, one.correction(), str(path)))
        else:
            others.append((str(path), f"{one.model}, {one.strategy}"))
    if not fitting:
        return Found(notes=(*broken, *_left(others)))
    _, newest, name = max(fitting, key=lambda one: one[0])
    chosen = _judged(newest, name, plan)
    return Found(chosen.correction, (*broken, *chosen.notes))


def _left(others: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """One line on those for other judges, however many there are."""
    if len(others) < 2:
        return tuple(f"note: {path} is not used: it is for {judge}" for path, judge in others)
    judges = "; ".join(dict.fromkeys(judge for _, judge in others))
    return (f"note: none of the {len(others)} calibrations is used: they are for {judges}",)


def _judged(correction: Correction, name: str, plan: Plan) -> Found:
    """With a word on whether it is used."""
    if (correction.model, correction.strategy) != (plan.model, looks.named(plan)):
        why = f"it is for {correction.model}, {correction.strategy}"
    elif not set(_prompts(plan)) & set(correction.prompts):
        why = "the prompt has changed since it was fitted; fit it anew: grade calibrate LABELS --fit"
    else:
        return Found(correction, (f"calibration: {name}",))
    return Found(notes=(f"note: calibration {name} is not used: {why}",))


def _prompts(plan: Plan) -> list[str]:
    """The prompts that this judge is asked with, in both languages."""
    langs: tuple[Lang, ...] = ("zh", "en")
    empty = [Rubric(question="", title="", criteria=(), lang=one) for one in langs]
    return [strategy(plan.strategy).prompt(one, plan) for one in empty]


def places(cwd: Path) -> Iterator[Path]:
    """The project's calibrations, from this folder up to the repository's top, then the user's own."""
    from platformdirs import user_config_path

    for folder in (cwd, *cwd.parents):
        yield from sorted(one for one in (folder / ".grade" / "calibrations").glob("*.json") if one.is_file())
        if (folder / ".git").exists():
            break
    yield from sorted((user_config_path("grade") / "calibrations").glob("*.json"))


def file_for(model: str, strategy_name: str, cwd: Path) -> Path:
    """Where a fit is saved when nothing else is said: one for a judge."""
    name = "".join(one if one.isalnum() or one in "-._" else "-" for one in f"{model}-{strategy_name}")
    return cwd / ".grade" / "calibrations" / f"{name.strip('.-')[:80] or 'judge'}.json"
