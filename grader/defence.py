"""What is done about text that speaks to a grader: it is left out, or where unsure judged with and without.

Pure. Each layer alone and both together are measured by grader.trials.attacking.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from grader import addressed, scoring, signals
from grader.types import Flag, Grade, Rubric, Verdict

TOLD, TOLD_SHARE = 3, 0.1
"""Words of the points, as a count and as a share, with which a suspicious sentence is part of the answer."""


@dataclass(frozen=True)
class Shown:
    """What of an attempt is judged: `kept`, and where something is suspicious, `bare` of that too.

    `flags`: what is surely addressed to a grader; `suspects`: what may be.
    """

    kept: addressed.Kept
    bare: addressed.Kept | None
    flags: tuple[Flag, ...]
    suspects: tuple[Flag, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What a judge reads."""
        return (self.kept.text,) if self.bare is None else (self.kept.text, self.bare.text)


def shown(rubric: Rubric, text: str, layers: Collection[str]) -> Shown:
    """What of an answer to that rubric is judged under these layers; what is found is found under any."""
    found = addressed.look(text)
    left_out = found.sure if "masking" in layers else ()
    doubted = () if left_out or "doubting" not in layers else found.sure
    if found.suspicious and "doubting" in layers:
        doubted = _beside(rubric, text, found.suspicious)
    return Shown(
        kept=addressed.without(text, left_out),
        bare=addressed.without(text, doubted) if doubted else None,
        flags=found.sure,
        suspects=doubted,
    )


def _beside(rubric: Rubric, text: str, suspicious: Sequence[Flag]) -> tuple[Flag, ...]:
    """Those that don't talk of the points: honest answers' own sentences sound suspicious, too."""
    points = frozenset().union(
        *(signals.grams(said) for one in rubric.criteria for said in (one.judged, *one.accept, *one.parts))
    ) - signals.grams(rubric.title)
    words = [signals.grams(text[one.start : one.end]) for one in suspicious]
    return tuple(
        one
        for one, own in zip(suspicious, words, strict=True)
        if len(own & points) < max(TOLD, TOLD_SHARE * len(own))
    )


def lower(rubric: Rubric, first: Grade, second: Grade, suspects: tuple[Flag, ...]) -> Grade:
    """The first grade, with the second's verdict wherever that is worth less to the candidate.

    `second`: the same answer without what is suspicious. Where that costs credit, the text did what text
    addressed to a grader does: it is flagged, and the credit is not given.
    """
    calls, usage = first.calls + second.calls, first.usage + second.usage
    if first.ungraded or second.ungraded:
        worse = second if second.ungraded else first
        return replace(worse, flags=first.flags, calls=calls, usage=usage)
    weights = {one.id: one.weight for one in rubric.criteria}
    pairs = list(zip(first.verdicts, second.verdicts, strict=True))
    kept = tuple(min(both, key=lambda one: weights[one.criterion] * _worth(one)) for both in pairs)
    if all(one is before for one, (before, _) in zip(kept, pairs, strict=True)):
        return replace(first, calls=calls, usage=usage)
    return replace(
        first,
        verdicts=kept,
        score=scoring.score(rubric, kept),
        flags=(*first.flags, *suspects),
        needs_review=first.needs_review or second.needs_review,
        calls=calls,
        usage=usage,
    )


def _worth(verdict: Verdict) -> float:
    return verdict.credit or 0.0
