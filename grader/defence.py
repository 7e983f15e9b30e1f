"""What is done about text that speaks to a grader: it is left out, or where unsure judged with and without.

Pure. Each layer alone and both together are measured by grader.trials.attacking.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from grader import addressed, scoring, signals
from grader.types import Flag, Grade, Rubric, Verdict


@dataclass(frozen=True)
class Shown:
    """What of an attempt is judged: `kept`, and where something is suspicious, each of `bare` without it.

    `flags`: what is surely addressed to a grader. With each of `bare` stands what may be and is not in it:
    first that alone, then with its neighbours too, since one of the two is often the answer as it was.
    `whole`: what is suspicious, where nothing stands beside it and it is judged for its words of the points.
    """

    kept: addressed.Kept
    bare: tuple[tuple[addressed.Kept, tuple[Flag, ...]], ...]
    flags: tuple[Flag, ...]
    whole: tuple[Flag, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What a judge reads."""
        return (self.kept.text, *(one.text for one, _ in self.bare))


def shown(rubric: Rubric, text: str, layers: Collection[str]) -> Shown:
    """What of an answer to that rubric is judged under these layers; what is found is found under any."""
    about = subject(rubric)
    found = addressed.look(text, subject=about)
    left_out = found.sure if "masking" in layers else ()
    kept = addressed.without(text, left_out)
    doubts = (found.alone, (*found.sure, *found.suspicious)) if "doubting" in layers else ()
    bare: dict[str, tuple[addressed.Kept, tuple[Flag, ...]]] = {}
    whole: tuple[Flag, ...] = ()
    for flags in doubts:
        left, beside = addressed.without(text, flags), _beside(flags, left_out)
        if not beside:  # it holds all that is kept, and more of what is left out: it could win nothing
            continue
        # where nothing is left there is nothing to stand apart from: what talks of the points is judged
        if left.text.strip() or found.sure or not signals.grams(text) & about.points:
            bare[left.text] = (left, beside)
        else:
            whole = flags
    bare.pop(kept.text, None)
    return Shown(kept=kept, bare=tuple(bare.values()), flags=found.sure, whole=whole)


def _beside(flags: tuple[Flag, ...], left_out: tuple[Flag, ...]) -> tuple[Flag, ...]:
    """Those that are no part of what was left out."""
    return tuple(
        one for one in flags if not any(gone.start <= one.start and one.end <= gone.end for gone in left_out)
    )


def subject(rubric: Rubric) -> addressed.Subject:
    """What the points talk of: a sentence that talks of none of it stands apart."""
    return _subject(
        tuple(said for one in rubric.criteria for said in (one.judged, *one.accept, *one.parts)), rubric.title
    )


@lru_cache(maxsize=256)
def _subject(points: tuple[str, ...], title: str) -> addressed.Subject:
    return addressed.Subject(frozenset().union(*map(signals.grams, points)), signals.grams(title))


def lower(rubric: Rubric, first: Grade, second: Grade, suspects: tuple[Flag, ...]) -> Grade:
    """The first grade, with the second's verdict wherever that is worth less to the candidate.

    `second`: the same answer without what is suspicious. Where that costs credit, the text did what text
    addressed to a grader does: it is flagged, and the credit is not given. The first is no ungraded one.
    """
    calls, usage = first.calls + second.calls, first.usage + second.usage
    if second.ungraded:
        return replace(second, flags=first.flags, calls=calls, usage=usage)
    weights = {one.id: one.weight for one in rubric.criteria}
    pairs = list(zip(first.verdicts, second.verdicts, strict=True))
    kept = tuple(
        min(both, key=lambda one: weights[one.criterion] * _worth(one))
        if both[1].coverage is not None  # an optional point that a failed call said nothing of
        else both[0]
        for both in pairs
    )
    mixed = replace(first, verdicts=kept, score=scoring.score(rubric, kept))
    # where points exclude each other, less credit for one can be a higher score
    lowest = min((mixed, first, second), key=lambda one: one.score or 0.0)
    if lowest is mixed and kept == first.verdicts:
        return replace(first, calls=calls, usage=usage)
    return replace(
        lowest,
        flags=tuple(dict.fromkeys((*first.flags, *suspects))),
        needs_review=first.needs_review or second.needs_review,
        calls=calls,
        usage=usage,
    )


def at_stake(rubric: Rubric, grade: Grade) -> frozenset[str] | None:
    """The points by which a further reading may lower the score; None: all, where points exclude others."""
    if any(one.excludes for one in rubric.criteria):
        return None
    earned = {one.criterion for one in grade.verdicts if _worth(one)}
    return frozenset(one.id for one in rubric.criteria if one.weight < 0 or one.id in earned)


def _worth(verdict: Verdict) -> float:
    return verdict.credit or 0.0
