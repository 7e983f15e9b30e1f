"""What is wrong with a rubric's logic: names that lead nowhere, circles, criteria that nothing can earn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.types import Rubric


@dataclass(frozen=True)
class Finding:
    """`kind` groups findings, `where` is a question, criterion, section or day, `fix` what to do."""

    kind: str
    where: str
    said: str
    fix: str


def findings(rubric: Rubric) -> tuple[Finding, ...]:
    """All of them; a rubric without logic has none."""
    return (*_names(rubric), *_circles(rubric), *_unreachable(rubric), *_groups(rubric), *_weights(rubric))


def _names(rubric: Rubric) -> Iterator[Finding]:
    ids = {one.id for one in rubric.criteria}
    for one in rubric.criteria:
        for name in sorted({*one.requires, *one.excludes} - ids):
            yield Finding(
                "unknown id", one.id, f"it names {name}, which this rubric does not have", "correct the id"
            )


def needs(rubric: Rubric) -> dict[str, frozenset[str]]:
    """What each criterion requires, and what those require, all the way."""
    whole = {one.id: set(one.requires) for one in rubric.criteria}
    for _ in whole:
        for wanted in whole.values():
            wanted |= {more for one in wanted for more in whole.get(one, ())}
    return {name: frozenset(wanted) for name, wanted in whole.items()}


def _circles(rubric: Rubric) -> Iterator[Finding]:
    whole, told = needs(rubric), set[str]()
    for name, wanted in whole.items():
        if name in wanted and name not in told:
            circle = [one for one in whole if one in wanted and name in whole[one]]
            told.update(circle)
            yield Finding(
                "circle",
                " ".join(circle),
                "each is required by the others" if len(circle) > 1 else "it requires itself",
                "take one requirement out",
            )


def _unreachable(rubric: Rubric) -> Iterator[Finding]:
    """What requires two that can't both be earned, or one that excludes it; and what excludes itself."""
    for one in rubric.criteria:
        if one.id in one.excludes:
            yield Finding("circle", one.id, "it excludes itself, which does nothing", "take that out")
    pairs = {
        frozenset((one.id, other)) for one in rubric.criteria for other in one.excludes if other != one.id
    }
    for name, wanted in needs(rubric).items():
        whole = wanted | {name}
        if clash := sorted(" and ".join(sorted(pair)) for pair in pairs if pair <= whole):
            yield Finding(
                "unreachable",
                name,
                f"it can never be earned: it needs {clash[0]}, which exclude each other",
                "take out the requirement, or the exclusion",
            )


def _groups(rubric: Rubric) -> Iterator[Finding]:
    known = {one.name: one for one in rubric.groups}
    for one in rubric.criteria:
        if one.group and one.group not in known:
            said = f"its group {one.group} is not listed"
            yield Finding("unknown id", one.id, said, "list it under groups")
    for name, group in known.items():
        weights = [one.weight for one in rubric.criteria if one.group == name and one.weight > 0]
        if not weights:
            said = f"no criterion that can earn something is in the group {name}"
            yield Finding("group", rubric.question, said, f"write group: {name} in its criteria, or drop it")
        elif len(weights) < 2 or (group.any_of >= len(weights) and group.cap is None):
            count = f"{len(weights)} criteri{'a' if len(weights) > 1 else 'on'}"
            said = f"the group {name} of {count} changes nothing"
            fix = "give it more criteria, or drop it"
            yield Finding("group", rubric.question, said, fix)
        elif group.cap is not None and group.cap >= sum(weights):
            said = f"the cap of the group {name} is never reached: its weights add up to {sum(weights):g}"
            yield Finding("group", rubric.question, said, "lower the cap, or drop it")


def _weights(rubric: Rubric) -> Iterator[Finding]:
    if not any(one.weight > 0 and not one.optional for one in rubric.criteria):
        yield Finding(
            "nothing to earn",
            rubric.question,
            "no criterion that counts has a positive weight, so that every grade stays ungraded",
            "give one a positive weight",
        )
    for one in rubric.criteria:
        if one.weight < 0 and (one.optional or one.group):
            said = "a fault takes away in full: optional has no sense, a group no part in it"
            yield Finding("fault", one.id, said, "take optional or group out")
