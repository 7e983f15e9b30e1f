"""From flags to settings, from settings to the judge and the plan; which judge and why is said on stderr."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from grader import config
from grader.api import plan_for
from grader.bank import Bank, load
from grader.calibration import found as calibration
from grader.cli.console import note
from grader.config import Choice, Settings
from grader.report.summary import short
from grader.report.words import counted
from grader.strategies import Plan, stack
from grader.strategies.correction import voided
from grader.types import Grade


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a command judges with."""

    settings: Settings
    choice: Choice
    plan: Plan


def settings_of(flags: Mapping[str, object]) -> Settings:
    """Settings from flags, environment and files; InputError for a bad one."""
    return config.load(flags, cwd=Path.cwd(), environ=os.environ)


def bank_of(folder: Path | None) -> Bank:
    """The bank of --bank, GRADE_BANK or the config file; else the packaged one."""
    return load(settings_of({"bank": folder}).bank)


def choose(settings: Settings) -> Chosen:
    """The judge of these settings, and the plan. Call it when all input is known to be good."""
    choice = config.choose_model(settings, os.environ)
    note(f"judge: {choice.model} ({choice.why})")
    plan = plan_for(settings, choice)
    if plan.endpoint == "embedded":
        note(stack.trust(plan.strategy))
    if settings.looks != "off" and not plan.looks:
        note(
            f"note: --looks {settings.looks} does nothing here: it is for the joint strategy of other models"
        )
    if settings.examples is not None:
        note(_of_examples(plan, settings.examples))
    found = calibration.look(settings.calibration, plan, Path.cwd())
    for words in found.notes:
        note(words)
    return Chosen(settings=settings, choice=choice, plan=replace(plan, correction=found.correction))


def _of_examples(plan: Plan, path: Path) -> str:
    """What becomes of labelled answers as examples."""
    if plan.strategy != "joint" or plan.endpoint.startswith("embedded"):
        return f"note: no examples are shown to this judge: {path} is for the joint strategy of other models"
    questions = counted(len({one.question for one in plan.examples}), "question")
    return f"examples: {counted(len(plan.examples), 'short labelled answer')} to {questions} in {path}"


def tell_void(plan: Plan, grades: Iterable[Grade], told: set[str] | None = None) -> None:
    """Say why the calibration was not used for some grades, each reason once; `told`: said before."""
    told = set() if told is None else told
    for one in grades:
        if plan.correction and one.judge.calibration != plan.correction.id:
            why = voided(plan.correction, one.judge, one.question)
            if why and why not in told:
                told.add(why)
                note(f"calibration {short(plan.correction.id)} is not used: {why}")
