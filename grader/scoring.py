"""Credit of a verdict and score of a grade. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.types import CREDIT, Grade, Group, Label, Rubric, Verdict

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
    """Sum of weight times credit over the most there is to earn, in [0, 1], not rounded.

    A person's label counts first, then a verdict's own `credit` where it is set, then its coverage. Optional
    criteria neither raise nor lower it, verdict or none. None when any other criterion has no verdict, or
    nothing weighs.
    """
    given = credits(rubric, verdicts)
    if any(one.id not in given and not one.optional for one in rubric.criteria):
        return None
    counted = standing(rubric, given)
    earned, possible = total(rubric, counted), total(rubric, None)
    return min(1.0, max(0.0, earned / possible)) if possible > 0 else None


def credits(rubric: Rubric, verdicts: Sequence[Verdict]) -> dict[str, float]:
    """What each criterion with a verdict is given: by a person's label, its own credit, or its coverage."""
    by_id = {one.criterion: one for one in verdicts}
    given: dict[str, float] = {}
    for criterion in rubric.criteria:
        verdict = by_id.get(criterion.id)
        if verdict is not None and (verdict.coverage is not None or verdict.label is not None):
            own = verdict.label is not None or verdict.credit is None
            given[criterion.id] = (credit(verdict) if own else verdict.credit) or 0.0
    return given


def under(score: float | None, bar: float | None) -> bool:
    """True when both are there and the score is lower; 0.7 as a sum of sevenths is not under 0.7."""
    return score is not None and bar is not None and score < bar - 1e-9


def standing(rubric: Rubric, given: Mapping[str, float]) -> dict[str, float]:
    """The credits that stand: without those whose requirements are not earned, then without the excluded
    ones, then without those that required an excluded one.

    Of two that exclude each other the one with more credit stands, the first of equal ones. An id that the
    rubric does not have is never earned.
    """
    if not any(one.requires or one.excludes for one in rubric.criteria):
        return dict(given)
    first = required(rubric, given)
    left = {name: 0.0 if _is_excluded(rubric, name, first) else one for name, one in first.items()}
    return required(rubric, left)


def required(rubric: Rubric, given: Mapping[str, float]) -> dict[str, float]:
    earned = {name for name, one in given.items() if one > 0}
    while lost := {
        one.id for one in rubric.criteria if one.id in earned and not earned.issuperset(one.requires)
    }:
        earned -= lost
    return {name: one if name in earned else 0.0 for name, one in given.items()}


def _is_excluded(rubric: Rubric, name: str, given: Mapping[str, float]) -> bool:
    """True when a criterion that is earned excludes this one, and this one does not win over it."""
    order = [one.id for one in rubric.criteria]
    own = rubric.criterion(name)
    for other in rubric.criteria:
        if name == other.id or name not in other.excludes or given.get(other.id, 0.0) <= 0:
            continue
        mine = (given[name], -order.index(name))
        theirs = (given[other.id], -order.index(other.id))
        if other.id not in own.excludes or mine < theirs:
            return True
    return False


def total(rubric: Rubric, counted: Mapping[str, float] | None) -> float:
    """Weights times credits, groups as they count; None: all positive weights, the most there is to earn."""
    free = 0.0
    grouped: dict[str, list[float]] = {}
    for one in (one for one in rubric.criteria if not one.optional):
        share = max(one.weight, 0.0) if counted is None else one.weight * counted[one.id]
        if one.group and share >= 0:
            grouped.setdefault(one.group, []).append(share)
        else:
            free += share  # what takes away does so in full, in a group or not
    limits = {one.name: one for one in rubric.groups}
    return free + sum(_together(shares, limits.get(name)) for name, shares in grouped.items())


def _together(shares: Sequence[float], group: Group | None) -> float:
    if group is None:
        return sum(shares)
    total = sum(sorted(shares, reverse=True)[: group.any_of or None])
    return total if group.cap is None else min(total, group.cap)


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
