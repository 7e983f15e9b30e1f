"""What came of a sitting of `grade batch`, in words, in run.json and as an exit code."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from grader import runs
from grader.cli.console import note, put
from grader.cli.interrupts import INTERRUPTED
from grader.cli.progress import Progress, clock
from grader.engines.estimates import SHOWN, Estimate
from grader.engines.local import Outcome, Stop
from grader.report import summary
from grader.report.graded import judge_of
from grader.report.words import counted
from grader.runs.numbers import Numbers
from grader.scoring import under
from grader.types import Grade

HOPELESS = 20
"""Failures in a row after which a batch stops: a wrong key or a dead server fails every answer."""

LAPSED = {"answer": "the answer was edited", "criterion": "the criterion was changed"}


class Summary:
    """Counts while the grades come in."""

    def __init__(self, found: Estimate, out: Path) -> None:
        self.found = found
        self.out = out
        self.stop = Stop()
        self.progress = Progress(found.answers - found.done)
        self.calls = 0
        self.total = 0.0
        self.review = 0
        self.ungraded = 0
        self.in_a_row = 0
        self.examples: list[str] = []
        self.lapsed: Counter[str] = Counter()
        self.judges: set[tuple[str, str, str, str]] = set()
        self.rubrics = Numbers()
        self.rubrics_differ = False

    def add(self, outcome: Outcome, spent: float | None) -> None:
        """Count one grade; `spent` is what this sitting has cost so far, None when no price is known."""
        grade = outcome.grade
        self.progress.count += 1
        self.progress.cost = spent
        self.review += grade.needs_review
        if grade.score is not None:
            self.total += grade.score
            self.in_a_row = 0
            self._note_judge(grade)
            return
        self.ungraded += 1
        self.in_a_row += outcome.missed is None
        if self.in_a_row >= HOPELESS:
            self.stop.because(
                f"{HOPELESS} answers in a row got no grade, the last because: {grade.problems[0]}"
            )
        if len(self.examples) < SHOWN:
            self.examples.append(f"{grade.attempt}: {'; '.join(grade.problems)}")

    def _note_judge(self, grade: Grade) -> None:
        """Remember by whom and by which rubric: a question has one among grades that are averaged."""
        judge = judge_of(grade.judge)
        self.judges.add(judge)
        asked, rubric = runs.number("\0".join((*judge, grade.question))), runs.number(grade.judge.rubric)
        self.rubrics_differ = self.rubrics_differ or self.rubrics.get(asked, rubric) != rubric
        self.rubrics[asked] = rubric

    @property
    def graded(self) -> int:
        """How many got a score in this sitting."""
        return self.progress.count - self.ungraded

    def facts(self) -> dict[str, Any]:
        """For run.json."""
        return {
            "graded": self.graded,
            "ungraded": self.ungraded,
            "calls": self.calls,
            "cost_usd": self.progress.cost,
            "seconds": round(time.monotonic() - self.progress.started, 3),
            "stopped": self.stop.why,
        }

    def close(self, bar: float | None, json: bool) -> int:
        """Say it; the exit code of design.md."""
        text = f"{'; '.join(self._counts())}\n{self._cost()}"
        note(text) if json else put(text)
        progress = self.progress
        if progress.repeated:
            tries = counted(progress.repeated, "try was", "tries were")
            note(f"{tries} repeated, the last because: {progress.trouble}")
        for words in self.examples:
            note(f"ungraded: {words}")
        if self.lapsed:
            why = ", ".join(f"{LAPSED[one]} ({count})" for one, count in sorted(self.lapsed.items()))
            anew = f"`grade label {self.out}` asks anew"
            labels = counted(
                self.lapsed.total(), "label by people no longer counts", "labels by people no longer count"
            )
            note(f"note: {labels}: {why}; {anew}")
        if self.ungraded or self.stop:
            return self._stopped()
        below = sum(under(one.grade.score, bar) for one in runs.read(self.out)) if bar else 0
        if below:
            note(f"below the bar: {counted(below, 'answer is', 'answers are')} under {bar:.2f}")
        return int(bool(below))

    def _counts(self) -> list[str]:
        words = [f"{self.graded} graded{self._mean()}"]
        if self.found.done:
            words.append(f"{self.found.done} graded before")
        if self.review:
            words.append(f"{counted(self.review, 'needs', 'need')} review")
        if self.found.notes:
            words.append(
                f"{self.found.notes.total()} judged by criteria from their own table, not the bank's"
            )
        if self.ungraded:
            words.append(f"{self.ungraded} ungraded")
        return words

    def _mean(self) -> str:
        """Grades by different judges have no common mean, as in reports."""
        apart = summary.apart([summary.Group(judge=one, rows=()) for one in self.judges])
        if differ := ", ".join([*apart, *(["rubric"] if self.rubrics_differ else [])]):
            return f", no mean: graded in different ways ({differ})"
        return f", mean score {self.total / self.graded:.2f}" if self.graded else ""

    def _cost(self) -> str:
        cost = "" if self.progress.cost is None else f", {self.progress.cost:.4f} USD"
        took = clock(time.monotonic() - self.progress.started)
        return f"{counted(self.calls, 'call')}{cost}, {took}; {self.out}"

    def _stopped(self) -> int:
        left = self.progress.total - self.progress.count
        why = self.stop.why or f"{counted(self.ungraded, 'answer is', 'answers are')} ungraded"
        more = f"; {counted(left, 'answer is', 'answers are')} left" if left else ""
        note(f"error: {why}{more}\n\nhint: the same command goes on; nothing is asked twice")
        return 130 if self.stop.why == INTERRUPTED else 3
