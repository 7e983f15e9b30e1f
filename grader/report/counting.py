"""What a rubric's logic makes of verdicts: what counts for nothing and why, what more would earn. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader import scoring
from grader.bank.logic import needs
from grader.types import Criterion, Rubric, Verdict

Why = Literal["requires", "excludes", "group", "cap"]


@dataclass(frozen=True)
class Idle:
    """Why a criterion that is earned counts for nothing, or for less: what it lacks, what excludes it, the
    group of which others count, the group that has reached its cap."""

    why: Why
    name: str


def plain(rubric: Rubric) -> bool:
    """True when every criterion counts for itself."""
    return not rubric.groups and not any(one.requires or one.excludes for one in rubric.criteria)


def idle(rubric: Rubric, verdicts: Sequence[Verdict]) -> Mapping[str, Idle]:
    """By criterion id; {} for a rubric without logic."""
    given = scoring.credits(rubric, verdicts)
    if plain(rubric):
        return {}
    whole = {one.id: given.get(one.id, 0.0) for one in rubric.criteria}
    counted = scoring.standing(rubric, whole)
    return {
        name: why
        for one in rubric.criteria
        if whole[name := one.id] and (why := _why(rubric, one, whole, counted))
    }


def _why(
    rubric: Rubric, one: Criterion, given: Mapping[str, float], counted: Mapping[str, float]
) -> Idle | None:
    if not counted[one.id]:
        lacking = [name for name in one.requires if not counted.get(name)]
        if lacking:
            return Idle("requires", ", ".join(lacking))
        by = [other.id for other in rubric.criteria if one.id in other.excludes and given[other.id]]
        return Idle("excludes", ", ".join(by))
    return None if one.fault or one.optional else _in_group(rubric, one, counted)


def _in_group(rubric: Rubric, one: Criterion, counted: Mapping[str, float]) -> Idle | None:
    group = next((each for each in rubric.groups if each.name == one.group), None)
    if group is None:
        return None
    members = [
        each for each in rubric.criteria if each.group == one.group and not each.optional and not each.fault
    ]
    ranked = sorted(members, key=lambda each: -each.weight * counted[each.id])
    best = ranked[: group.any_of or None]
    if one not in best:
        return Idle("group", group.name)
    earned = sum(each.weight * counted[each.id] for each in best)
    return Idle("cap", group.name) if group.cap is not None and earned > group.cap + 1e-9 else None


def lacking(rubric: Rubric, verdicts: Sequence[Verdict]) -> frozenset[str]:
    """The criteria of which more would have raised the score, of a fault less.

    What they require is granted, and of what excludes them only what they exclude in turn stands.
    """
    given = scoring.credits(rubric, verdicts)
    return frozenset(one.id for one in rubric.criteria if one.id in given and _lacks(rubric, one, given))


def _lacks(rubric: Rubric, one: Criterion, given: Mapping[str, float]) -> bool:
    if one.optional or one.fault:
        return one.fault and given[one.id] > 0
    if given[one.id] >= 1 or plain(rubric):
        return given[one.id] < 1
    granted = {each.id: given.get(each.id, 0.0) for each in rubric.criteria}
    wanted = (needs(rubric)[one.id] & granted.keys()) - {one.id}
    granted |= dict.fromkeys(wanted, 1.0)
    for each in rubric.criteria:
        if each.id not in one.excludes and not {one.id, *wanted}.isdisjoint(each.excludes):
            granted[each.id] = 0.0
    fuller = scoring.total(rubric, scoring.standing(rubric, granted | {one.id: 1.0}))
    return fuller > scoring.total(rubric, scoring.standing(rubric, granted)) + 1e-9
