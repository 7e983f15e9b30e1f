"""Credit of a verdict and score of a grade. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from grader.types import CREDIT, Rubric, Verdict

SHORTEST_SUPPORT = 2


def supported(verdict: Verdict) -> bool:
    """True when words of the attempt stand behind the verdict: a found quote of two letters or more."""
    return any(
        one.state != "unverified" and sum(map(str.isalnum, one.quote)) >= SHORTEST_SUPPORT
        for one in verdict.evidence
    )


def unsupported(verdict: Verdict) -> bool:
    """True when the verdict would earn credit and no words of the attempt stand behind it."""
    return bool(credit(verdict)) and not supported(verdict)


def credit(verdict: Verdict) -> float | None:
    """1, 0.5 or 0 by coverage; 0 when contradicted, whatever the coverage; None without a verdict."""
    if verdict.coverage is None:
        return None
    return 0.0 if verdict.contradicted else CREDIT[verdict.coverage]


def score(rubric: Rubric, verdicts: Sequence[Verdict]) -> float | None:
    """Sum of weight times credit over the sum of weights, in [0, 1], not rounded.

    A verdict's own `credit` counts where it is set, else the one of its coverage. Optional criteria neither
    raise nor lower it, verdict or none. None when any other criterion has no verdict, or nothing weighs.
    """
    by_id = {one.criterion: one for one in verdicts}
    earned = possible = 0.0
    for criterion in rubric.criteria:
        if criterion.optional:
            continue
        verdict = by_id.get(criterion.id)
        if verdict is None or verdict.coverage is None:
            return None
        given = verdict.credit if verdict.credit is not None else credit(verdict)
        earned += criterion.weight * (given or 0.0)
        possible += max(criterion.weight, 0.0)
    return min(1.0, max(0.0, earned / possible)) if possible > 0 else None
