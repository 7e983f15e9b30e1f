"""Labelled answers are graded into a run of their own, so that an interrupted `grade calibrate` goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.bank.labels import Labelled
from grader.bank.rounds import tidy
from grader.cli.batch import graded
from grader.cli.chosen import choose
from grader.cli.console import note
from grader.config import Settings
from grader.report.words import counted
from grader.types import digest


def folder(files: Sequence[Path]) -> Path:
    """Where the grades of these files' answers are kept, also when their labels change or more are added."""
    mark = digest([str(one.resolve()) for one in files]).removeprefix("sha256:")[:8]
    return Path(".grade") / "calibrate" / f"{tidy(files[0].stem)}-{mark}"


def ask(labelled: Sequence[Labelled], settings: Settings, out: Path, *, dry_run: bool) -> int | None:
    """Grade what is open. None when all was asked; an exit code when that is the end."""
    summary = graded(
        lambda: (one.job for one in labelled), out, choose(settings), ["labels"], dry_run=dry_run
    )
    if summary is None:
        return 0
    if summary.stop:
        return summary.close(None, json=True)
    failed = f", {summary.ungraded} ungraded" if summary.ungraded else ""
    note(f"{summary.graded} graded now{failed}, {counted(summary.calls, 'call')}; {out}")
    return None
