"""How write-ups stand: each grade with its bar, its floor and its faults; the exit code. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from grader import addressed
from grader.checks import ratchet
from grader.checks.ratchet import Kept
from grader.checks.terms import Terms
from grader.evidence import is_empty
from grader.report import summary
from grader.report.graded import Graded
from grader.report.words import counted
from grader.scoring import under

SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What the rows are held to. `renamed` gives the path that a row had on the base."""

    terms: Terms
    overall: float | None = None
    before: Mapping[str, Kept]
    renamed: Mapping[str, str]


def stand(row: Graded, measure: Measure) -> Graded:
    """The row with its bar, its floor and its faults."""
    terms, path = measure.terms, row.attempt.path
    flagged = bool(row.grade.flags)
    review = row.grade.needs_review or (flagged and terms.flagged == "review")
    faults = []
    if flagged and (terms.flagged == "fail" or (terms.flagged == "review" and nothing_else(row))):
        faults.append("flagged")
    if review and terms.needs_review == "fail":
        faults.append("needs-review")
    return replace(
        row,
        grade=replace(row.grade, needs_review=review),
        bar=terms.bar(row.question, measure.overall),
        floor=ratchet.floor(row, measure.before, measure.renamed.get(path, path), terms.slack),
        faults=tuple(faults),
        excused=terms.ungraded == "ignore",
    )


def nothing_else(row: Graded) -> bool:
    """Whether no word of a write-up is free of suspicion: it could be an answer, and it could be an order
    that an obedient judge follows. A warning would let it pass where nobody reads warnings."""
    flags = row.grade.flags
    return bool(flags) and is_empty(addressed.without(row.attempt.text, flags).text)


def silent(terms: Terms) -> frozenset[str]:
    """The rules that nobody wants to hear of."""
    wanted = {"needs-review": terms.needs_review, "flagged": terms.flagged}
    return frozenset(rule for rule, wish in wanted.items() if wish == "ignore")


def below_mean(rows: Sequence[Graded], least: float | None) -> tuple[str, ...]:
    """What is wrong with the mean of all rows; grades by different judges have no common mean."""
    if least is None or not rows:
        return ()
    found = summary.groups(rows)
    if len(found) > 1:
        differ = ", ".join(summary.apart(found))
        return (f"there is no mean: the answers were graded in different ways ({differ})",)
    mean = summary.tally("", rows).mean
    return (f"the mean {mean:.2f} is under {least:.2f}",) if under(mean, least) else ()


def gone(names: Sequence[str]) -> tuple[str, ...]:
    """What is said of scores whose write-up is deleted, renamed away or left out: nothing holds them."""
    if not names:
        return ()
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    said = counted(len(names), "write-up with a kept score is gone", "write-ups with a kept score are gone")
    return (f"{said}: {', '.join(names[:SHOWN])}{more}",)


def exit_code(rows: Sequence[Graded], missed: Collection[str], mean: Collection[str]) -> int:
    """3 where a grade is missing that should be there, else 1 where one is too low, else 0."""
    if missed or any(one.grade.score is None and not one.excused for one in rows):
        return 3
    return 1 if mean or any(one.failed for one in rows) else 0
