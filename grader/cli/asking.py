"""Labelled answers are graded into a run of their own, so that an interrupted `grade calibrate` goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from grader import runs
from grader.bank.rounds import tidy
from grader.cli.batch import look, play
from grader.cli.chosen import choose
from grader.cli.console import note
from grader.cli.summary import Summary
from grader.config import Settings
from grader.errors import InputError
from grader.judges.prices import price
from grader.labels import Labelled
from grader.types import digest


def folder(files: Sequence[Path]) -> Path:
    """Where the grades of these files' answers are kept, also when their labels change or more are added."""
    mark = digest([str(one.resolve()) for one in files]).removeprefix("sha256:")[:8]
    return Path(".grade") / "calibrate" / f"{tidy(files[0].stem)}-{mark}"


def ask(labelled: Sequence[Labelled], settings: Settings, out: Path, *, dry_run: bool) -> int | None:
    """Grade what is open. None when all was asked; an exit code when that is the end."""
    chosen = choose(settings)
    tariff = price(chosen.plan.model)
    if settings.max_cost is not None and tariff is None:
        raise InputError(
            f"--max-cost can't be kept: no price of {chosen.plan.model} is known", "leave --max-cost out"
        )
    jobs = [one.job for one in labelled]
    if dry_run:
        look(jobs, chosen, tariff, runs.index(out)[0], None)
        return 0
    sitting = {"paths": ["labels"], "model": chosen.plan.model, "endpoint": chosen.plan.endpoint,
               "strategy": chosen.plan.strategy}  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    with runs.open_run(out, sitting) as run:
        for words in run.notes:
            note(f"note: {words}")
        summary = Summary(look(jobs, chosen, tariff, run.done, run), out)
        try:
            asyncio.run(play(iter(jobs), run, chosen, tariff, summary, json=False))
        finally:
            run.close_sitting(summary.facts())
    if summary.stop:
        return summary.close(None, json=True)
    note(f"{summary.progress.count} graded now, {summary.calls} calls; {out}")
    return None
