"""From flags to settings, from settings to the judge and the plan; which judge and why is said on stderr."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from grader import config, stack
from grader.api import plan_for
from grader.cli.console import note
from grader.config import Choice, Settings
from grader.strategies import Plan


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a command judges with."""

    settings: Settings
    choice: Choice
    plan: Plan


def settings_of(flags: Mapping[str, object]) -> Settings:
    """Settings from flags, environment and files; InputError for a bad one."""
    return config.load(flags, cwd=Path.cwd(), environ=os.environ)


def choose(settings: Settings) -> Chosen:
    """The judge of these settings, and the plan. Call it when all input is known to be good."""
    choice = config.choose_model(settings, os.environ)
    note(f"judge: {choice.model} ({choice.why})")
    plan = plan_for(settings, choice)
    if plan.endpoint == "embedded":
        note(stack.trust(plan.strategy))
    if settings.unverified is not None:
        plan = replace(plan, unverified=settings.unverified)
    return Chosen(settings=settings, choice=choice, plan=plan)
