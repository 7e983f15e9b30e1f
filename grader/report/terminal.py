"""One grade for a person at a terminal: what each criterion got and why, the score, what to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.report.counting import Idle, idle
from grader.report.graded import LOST, said_by, state
from grader.report.highlights import SHOWN
from grader.report.plain import plain, shortened, wrapped
from grader.report.words import flag_words, idle_words, word
from grader.scoring import credits
from grader.types import Attempt, Criterion, Flag, Grade, Rubric, Verdict

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
QUOTE = 400
STYLES = {
    "covered": "green",
    "partial": "yellow",
    "missing": "red",
    "contradicted": "bold red",
    "none": "magenta",
}


@dataclass(frozen=True)
class Marks:
    """The drawing characters; a console that is not UTF-8 gets ASCII ones."""

    covered: str = "✓"
    partial: str = "◐"
    missing: str = "✗"
    contradicted: str = "!"
    none: str = "?"
    full: str = "█"
    rest: str = "░"
    open: str = "“"
    close: str = "”"
    dot: str = "·"


ASCII = Marks("+", "~", "-", "!", "?", "#", ".", '"', '"', "-")


def render(grade: Grade, rubric: Rubric, attempt: Attempt, console: Console) -> None:
    """Print the grade on the console, at most 100 cells wide; nothing in it is read as markup."""
    page = Page(console, ASCII if console.encoding.lower() not in ("utf-8", "utf8", "cp65001") else Marks())
    page.heading(rubric, attempt)
    out = idle(rubric, grade.verdicts)
    for criterion in rubric.criteria:
        found = next((one for one in grade.verdicts if one.criterion == criterion.id), None)
        page.verdict(
            criterion, found or Verdict(criterion=criterion.id, coverage=None), out.get(criterion.id)
        )
    page.score(grade, rubric)
    page.section("To read", list(_missed(grade, rubric)))
    page.section("Flags", [_flag(one, attempt, page.marks) for one in grade.flags])
    page.section("Problems", list(grade.problems))


class Page:
    """Lines of one grade, wrapped by cells, so that Chinese stays inside the width."""

    def __init__(self, console: Console, marks: Marks) -> None:
        self.console = console
        self.marks = marks
        self.width = min(console.width, WIDEST)

    def line(self, text: str = "", style: str = "", indent: int = 0, first: int | None = None) -> None:
        """Wrapped text; `first` is the indent of its first line where that differs."""
        start = indent if first is None else first
        room = max(10, self.width - indent)
        lines = wrapped(" " * max(0, start - indent) + text, room, self.console.encoding)
        for number, one in enumerate(lines):
            self.console.print(
                " " * (start if number == 0 else indent) + one.strip(), style=style, soft_wrap=True
            )

    def heading(self, rubric: Rubric, attempt: Attempt) -> None:
        whose = plain(attempt.person or attempt.id)
        about = "" if whose in ("", rubric.question, "-") else f"  {self.marks.dot}  {whose}"
        self.line(f"{rubric.question}  {plain(rubric.title)}{about}", style="bold", indent=5, first=0)
        self.line()

    def verdict(self, criterion: Criterion, verdict: Verdict, out: Idle | None = None) -> None:
        kind = verdict.coverage or "none"
        shown: str = "contradicted" if verdict.contradicted else kind
        words = word(kind, "en") + (", contradicted" if verdict.contradicted else "")
        if criterion.fault:
            said = state(criterion, replace(verdict, label=None))
            shown, words = SHOWN.get(said, said), word(said, "en")
        words += " (optional, not counted)" if criterion.optional else ""
        words += f" ({idle_words(out, 'en')})" if out else ""
        self.line(f"{getattr(self.marks, shown)} {criterion.id}  {words}", style=STYLES[shown])
        self.line(plain(criterion.judged), indent=4)
        for one in verdict.evidence:
            quote = f"{self.marks.open}{shortened(plain(one.quote), QUOTE)}{self.marks.close}"
            lost = "  (not found in the answer)" if one.state == "unverified" else ""
            self.line(quote + lost, style="cyan" if not lost else "yellow", indent=4)
        if verdict.reason:
            self.line(plain(verdict.reason), style="dim", indent=4)
        if verdict.votes:
            cast = ", ".join(f"{plain(one.judge)} {said_by(one)}" for one in verdict.votes)
            self.line(f"votes: {cast}", style="dim", indent=4)
        self.line()

    def score(self, grade: Grade, rubric: Rubric) -> None:
        if grade.score is None:
            self.line("Score  none: this answer is ungraded, see the problems below", style="bold magenta")
        else:
            counts = _counts(grade, rubric)
            cells = max(10, min(30, self.width - 20 - len(counts)))
            full = round(cells * grade.score)
            bar = self.marks.full * full + self.marks.rest * (cells - full)
            self.line(f"Score  {bar}  {grade.score:.2f}   {counts}", style="bold")
        if grade.needs_review:
            self.line("A person should look at this grade before it counts.", style="yellow")

    def section(self, title: str, lines: list[str]) -> None:
        if lines:
            self.line()
            self.line(title, style="bold")
            for one in lines:
                self.line(plain(one), indent=4, first=2)


def _counts(grade: Grade, rubric: Rubric) -> str:
    """`2 covered, 1 partly, 1 missing, 1 fault`, optional criteria left out."""
    counted = {one.id for one in rubric.criteria if not one.optional and not one.fault}
    given = credits(rubric, grade.verdicts)
    coverages = [one.coverage for one in grade.verdicts if one.criterion in counted]
    words = {"covered": "covered", "partial": "partly", "missing": "missing"}
    said = [f"{coverages.count(kind)} {word}" for kind, word in words.items() if kind in coverages]
    faults = sum(one.fault and given.get(one.id, 0.0) > 0 for one in rubric.criteria)
    return ", ".join([*said, *([f"{faults} fault{'s' * (faults > 1)}"] if faults else [])])


def _missed(grade: Grade, rubric: Rubric) -> Iterator[str]:
    """Where to read about each criterion that counts and was not fully covered."""
    for verdict in grade.verdicts:
        criterion = next((one for one in rubric.criteria if one.id == verdict.criterion), None)
        if criterion is None or criterion.optional or not criterion.source:
            continue
        if state(criterion, replace(verdict, label=None)) in LOST:
            yield f"{criterion.id}  {criterion.source}"


def _flag(flag: Flag, attempt: Attempt, marks: Marks) -> str:
    """What was found, and the words."""
    words = shortened(plain(flag.text or attempt.text[flag.start : flag.end]), QUOTE)
    quoted = f": {marks.open}{words}{marks.close}" if words else ""
    return f"{flag_words(flag.kind, 'en')} (characters {flag.start}-{flag.end}){quoted}"
