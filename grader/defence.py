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
    about = subject(rubric)
    found = addressed.look(text, subject=about)
    left_out = found.sure if "masking" in layers else ()
    doubted = (*(() if left_out else found.sure), *found.suspicious) if "doubting" in layers else ()
    kept, bare = (addressed.without(text, flags) for flags in (left_out, (*left_out, *doubted)))
    if not found.sure and not bare.text.strip() and signals.grams(text) & about.points:
        doubted = ()  # there is nothing that it stands apart from, and it talks of the points
    return Shown(kept=kept, bare=bare if doubted else None, flags=found.sure, suspects=found.suspicious)


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
