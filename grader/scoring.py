"""Credit of a verdict and score of a grade. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.types import CREDIT, Grade, Label, Rubric, Verdict

SHORTEST_SUPPORT = 2


def supported(verdict: Verdict) -> bool:
    """True when words of the attempt stand behind the verdict: a found quote of two letters or more."""
    return any(
        one.state != "unverified" and sum(map(str.isalnum, one.quote)) >= SHORTEST_SUPPORT
        for one in verdict.evidence
    )


def unsupported(verdict: Verdict) -> bool:
    """True when it would earn credit and neither words of the attempt nor a person stand behind it."""
    return verdict.label is None and bool(credit(verdict)) and not supported(verdict)


def credit(verdict: Verdict) -> float | None:
    """1, 0.5 or 0 by coverage; 0 when contradicted, whatever the coverage; None without a verdict.

    A person's label counts in place of the judge's coverage.
    """
    if verdict.label is not None:
        return 0.0 if verdict.label.contradicted else CREDIT[verdict.label.coverage]
    if verdict.coverage is None:
        return None
    return 0.0 if verdict.contradicted else CREDIT[verdict.coverage]


def score(rubric: Rubric, verdicts: Sequence[Verdict]) -> float | None:
    """Sum of weight times credit over the sum of weights, in [0, 1], not rounded.

    A person's label counts first, then a verdict's own `credit` where it is set, then its coverage. Optional
    criteria neither raise nor lower it, verdict or none. None when any other criterion has no verdict, or
    nothing weighs.
    """
    by_id = {one.criterion: one for one in verdicts}
    earned = possible = 0.0
    for criterion in rubric.criteria:
        if criterion.optional:
            continue
        verdict = by_id.get(criterion.id)
        if verdict is None or (verdict.coverage is None and verdict.label is None):
            return None
        own = verdict.label is not None or verdict.credit is None
        given = credit(verdict) if own else verdict.credit
        earned += criterion.weight * (given or 0.0)
        possible += max(criterion.weight, 0.0)
    return min(1.0, max(0.0, earned / possible)) if possible > 0 else None


def labelled(grade: Grade, rubric: Rubric, labels: Mapping[str, Label]) -> Grade:
    """The grade with people's labels, by criterion id, beside its verdicts, and the score that follows.

    A criterion without a verdict can be labelled too, so that people can grade what the judge could not.
    Nothing is left to review once people have said all that counts.
    """
    said = {one.criterion: one for one in grade.verdicts}
    verdicts = tuple(
        replace(
            said.get(one.id) or Verdict(criterion=one.id, coverage=None),
            label=labels.get(one.id),
        )
        for one in rubric.criteria
        if one.id in said or one.id in labels
    )
    settled = all(one.id in labels for one in rubric.criteria if not one.optional)
    return replace(
        grade,
        verdicts=verdicts,
        score=score(rubric, verdicts),
        needs_review=grade.needs_review and not settled,
    )
