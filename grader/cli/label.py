"""`grade label RUN`: a person decides, point by point: what tells most first, what is optional last."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from grader import runs, scoring, signals
from grader.bank import Bank
from grader.bank.ids import normalise
from grader.cli import options
from grader.cli.chosen import bank_of
from grader.cli.console import note, stdout_console
from grader.errors import InputError
from grader.report.plain import plain, wrapped
from grader.report.words import counted
from grader.runs import labels
from grader.types import Attempt, Coverage, Criterion, Label, Rubric, Verdict

if TYPE_CHECKING:
    from rich.console import Console

KEYS: dict[str, Coverage] = {"c": "covered", "p": "partial", "m": "missing", "x": "missing"}
ASK = "c covered, p partly, m missing, x contradicted, s skip, q quit; a reason may follow > "


@dataclass(frozen=True, kw_only=True)
class Open:
    """A verdict that no person has looked at. `weight`: how much a label would tell."""

    attempt: Attempt
    rubric: Rubric
    criterion: Criterion
    verdict: Verdict
    weight: float


def label(
    run: Annotated[
        Path, Argument(help="A folder that `grade batch` made.", metavar="RUN", show_default=False)
    ],
    author: Annotated[
        str | None, Option("--author", help="Who decides; else your user name.", metavar="NAME")
    ] = None,
    q: Annotated[str | None, Option("--q", help="Only this question.", metavar="ID")] = None,
    again: Annotated[
        bool, Option("--again", help="Ask for what is labelled already, too.", metavar="")
    ] = False,
    bank: options.Bank = None,
) -> int:
    """Decide verdicts yourself: your labels count in scores, and the judge's verdicts stay beside them."""
    shelf = bank_of(bank)
    waiting = sorted(
        undecided(run, again=again, question=q), key=lambda one: (one.criterion.optional, -one.weight)
    )
    if not waiting:
        note("nothing is open: people have decided all of it" + (" (--again asks anew)" if not again else ""))
        return 0
    who, console, done = author or user(), stdout_console(), 0
    left = counted(len(waiting), "verdict is", "verdicts are")
    note(f"{left} open; every label is kept at once, so stop whenever you like")
    for place, one in enumerate(waiting, 1):
        show(one, f"{place} of {len(waiting)}", console)
        answer = ask()
        if answer is None:
            break
        key, reason = answer
        if key in KEYS:
            said = Label(
                coverage=KEYS[key], contradicted=key == "x", author=who, reason=reason, at=runs.now()
            )
            labels.add(run, one.attempt, one.rubric, one.criterion.id, said, own=is_own(one, shelf))
            done += 1
            reveal(one.verdict, console)
    note(f"{done} labelled; `grade report {run}` counts them, `grade calibrate {run} --run {run}` compares")
    return 0


def undecided(run: Path, *, again: bool, question: str | None) -> Iterator[Open]:
    """What is open in a run; InputError when it is none, or has no answer to the question."""
    rubrics = runs.rubrics(run)
    only = normalise(question) if question else None
    asked: set[str] = set()
    for row in runs.read(run):
        rubric = rubrics.get(row.grade.judge.rubric)
        asked.add(row.grade.question)
        if rubric is None or (only is not None and row.grade.question != only):
            continue
        said = {one.criterion: one for one in row.grade.verdicts}
        words = signals.grams(row.attempt.text)
        for one in rubric.criteria:
            verdict = said.get(one.id) or Verdict(criterion=one.id, coverage=None)
            if again or verdict.label is None:
                overlap = signals.best_recall((one.judged, *one.accept), words)
                weight = informative(verdict, overlap) + 0.2 * row.grade.needs_review
                yield Open(attempt=row.attempt, rubric=rubric, criterion=one, verdict=verdict, weight=weight)
    if only is not None and only not in asked:
        raise InputError(f"{run} holds no answer to {only}", f"it has {', '.join(sorted(asked)[:10])}")


def informative(verdict: Verdict, overlap: float) -> float:
    """More for verdicts that are unsure, unsupported, or against what the words themselves suggest."""
    if verdict.coverage is None:
        return 1.0
    doubt = 0.5 if verdict.confidence is None else 1 - verdict.confidence
    against = abs((scoring.credit(verdict) or 0.0) - overlap)
    return doubt + 0.3 * scoring.unsupported(verdict) + 0.5 * against


def show(one: Open, place: str, console: Console) -> None:
    """Question, claim and answer; not yet what the judge said, which would sway."""
    width = min(console.width, 100) - 2
    console.rule(f"{place}: {plain(one.attempt.id)}")
    parts = [one.rubric.title, "", f"{one.criterion.id}  {one.criterion.judged}"]
    parts += [f"part: {each}" for each in one.criterion.parts]
    parts += [f"also right: {each}" for each in one.criterion.accept]
    parts += [f"mistake: {each}" for each in one.criterion.mistakes]
    parts += ["any other valid instance counts too"] * one.criterion.open
    parts += ["a fault: c when the answer commits it, m when it does not"] * one.criterion.fault
    for text in [*parts, "", *one.attempt.text.splitlines()]:
        for line in wrapped(plain(text), width, console.encoding) or [""]:
            console.print(f" {line}")
    console.print()


def reveal(verdict: Verdict, console: Console) -> None:
    """What the judge had said."""
    said = "contradicted" if verdict.contradicted else verdict.coverage or "nothing"
    sure = "" if verdict.confidence is None else f", confidence {verdict.confidence:.2f}"
    quotes = " … ".join(one.quote for one in verdict.evidence)
    for text in filter(None, (f"the judge: {said}{sure}", quotes and f"“{quotes}”", verdict.reason)):
        for line in wrapped(plain(text), min(console.width, 100) - 4, console.encoding):
            console.print(f"   {line}")


def ask() -> tuple[str, str] | None:
    """The key and the reason after it; None to stop."""
    while True:
        sys.stderr.write(ASK)
        sys.stderr.flush()
        line = sys.stdin.readline()
        key, _, reason = line.strip().partition(" ")
        if not line:
            note("")  # the end of the input stands on the line of the question
        if not line or key.lower() == "q":
            return None
        if key.lower() in (*KEYS, "s"):
            return key.lower(), reason.strip()
        note("one letter of c, p, m, x, s, q")


def is_own(one: Open, shelf: Bank) -> bool:
    """Whether the bank lacks the question, or asks other things with it by now."""
    try:
        return shelf.question(one.rubric.question).rubric.hash != one.rubric.hash
    except InputError:
        return True


def user() -> str:
    """The name of whoever sits here, "" where the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
