"""Several opinions on one answer: samples, a jury, a second look at what is doubtful, and the vote. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache

from grader import scoring, signals
from grader.strategies import Plan, Reading, strategy
from grader.strategies.examples import Example
from grader.types import Attempt, Criterion, JudgeRequest, Lang, Rubric, Verdict, Vote, digest

UNSURE = 0.6
HEARD, UNHEARD, MISTAKEN = 0.9, 0.06, 0.5
"""Share of a point's words: over it `missing` is doubted, under it credit is; lean to a mistake's words."""
AGAIN = 1000
"""Added to the seed, so that a second look is never the first call again."""
MILDER: Mapping[Lang, str] = {
    "en": " (two looks at this fault differ: the one that takes away less counts)",
    "zh": "（两次判断对此扣分项不一致：按扣分较少的一次计）",
}
TIED: Mapping[Lang, str] = {
    "en": " (as many votes for one as for another on this fault: what takes away less counts)",
    "zh": "（对此扣分项的投票票数相同：按扣分较少的一种计）",
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def opinions(rubric: Rubric, plan: Plan) -> tuple[tuple[Rubric, Plan], ...]:
    """The first calls: the same one as without samples or jury, then in other orders, then by the jury."""
    steady = plan.strategy == "decision" or plan.endpoint.startswith("embedded")
    own = [(rubric, plan)]
    for number in range(1, 1 if steady else plan.samples):
        order = sorted(rubric.criteria, key=lambda one: digest([plan.seed + number, one.id]))
        own.append((replace(rubric, criteria=tuple(order)), replace(plan, seed=plan.seed + number)))
    jury = [(rubric, replace(plan, model=model, endpoint=endpoint)) for model, endpoint in plan.jury]
    return (*own, *jury)


def requests(rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[JudgeRequest, ...]:
    """All that is asked at first, by every sample and juror."""
    return tuple(
        request
        for some, how in opinions(rubric, plan)
        for request in strategy(how.strategy).requests(some, attempt, how)
    )


def named(plan: Plan) -> str:
    """The strategy as a grade's card has it: with all that makes it another judge."""
    parts = [plan.strategy]
    parts += [f"{plan.samples} samples"] if plan.samples > 1 else []
    parts += [f"examples {_mark(plan.examples)}"] if plan.examples else []
    parts += [] if plan.reference else ["no reference"]
    parts += ["jury " + " ".join(model for model, _ in plan.jury)] if plan.jury else []
    looked = f"looks by {plan.second[0]}" if plan.second else "looks"
    return ", ".join([*parts, *([looked] if plan.looks else [])])


@cache
def _mark(examples: tuple[Example, ...]) -> str:
    return digest([asdict(one) for one in examples])[7:15]


def vote(rubric: Rubric, said: Sequence[tuple[str, Reading]], lang: Lang | None = None) -> Reading:
    """What most say of each criterion, of equally many what earns less; the confidence is their share of all
    that were asked, so that one that is left of three is no unanimous jury.

    `said`: the judge's model and its reading. Who has no verdict has no vote; one reading stays as it is.
    Where no more than half agree on a point that counts, people look. What earns less of a fault takes away
    less, and the reason says so, in the rubric's language if not in `lang`.
    """
    if len(said) == 1:
        return said[0][1]
    by_judge = [(name, {one.criterion: one for one in reading.verdicts}) for name, reading in said]
    tied = TIED[lang or rubric.lang]
    verdicts = tuple(
        _majority([(name, by_id[one.id]) for name, by_id in by_judge], tied if one.fault else "")
        for one in rubric.criteria
    )
    open_ids = any(one.coverage is None for one in verdicts)
    problems = dict.fromkeys(one for _, reading in said for one in reading.problems) if open_ids else {}
    counts = {one.id for one in rubric.criteria if not one.optional}
    split = any(one.criterion in counts and one.votes and (one.confidence or 0.0) <= 0.5 for one in verdicts)
    return Reading(verdicts=verdicts, problems=tuple(problems), review=split)


def _majority(cast: Sequence[tuple[str, Verdict]], tied: str) -> Verdict:
    """`tied` is added to the reason where a tie is decided by what takes away less."""
    counted = [(name, one) for name, one in cast if one.coverage is not None]
    if not counted:
        return cast[0][1]
    shares = Counter((one.coverage, one.contradicted) for _, one in counted)
    most = max(shares.values())
    best = [one for _, one in counted if shares[one.coverage, one.contradicted] == most]
    stands = min(best, key=lambda one: (scoring.credit(one) or 0.0, scoring.unsupported(one)))
    milder = tied if len({scoring.credit(one) or 0.0 for one in best}) > 1 else ""
    return replace(
        stands,
        reason=stands.reason + milder,
        confidence=round(most / len(cast), 3),
        votes=votes(counted),
    )


def votes(cast: Sequence[tuple[str, Verdict]]) -> tuple[Vote, ...]:
    """Who said what."""
    return tuple(Vote(judge=name, coverage=one.coverage, contradicted=one.contradicted) for name, one in cast)


def doubts(rubric: Rubric, attempt: Attempt, verdicts: Sequence[Verdict], plan: Plan) -> Mapping[str, str]:
    """The criteria whose verdict deserves a second look, and why."""
    by_id = {one.id: one for one in rubric.criteria if plan.look_at is None or one.id in plan.look_at}
    some = [one for one in verdicts if one.criterion in by_id]
    found = {one.criterion: _doubt(by_id[one.criterion], attempt.text, one) for one in some}
    return {name: why for name, why in found.items() if why}


def _doubt(criterion: Criterion, text: str, verdict: Verdict) -> str:
    """Quotes are looked up before; optional points and those without a verdict are left alone."""
    if verdict.coverage is None or criterion.optional:
        return ""
    if scoring.unsupported(verdict):
        return "no quote supports it"
    if verdict.confidence is not None and verdict.confidence < UNSURE:
        return "the judge is unsure"
    if verdict.contradicted and verdict.coverage == "covered":
        return "covered and contradicted at once"
    said = signals.grams(text)
    points = (criterion.judged, *criterion.accept)
    overlap = signals.best_recall(points, said)
    if not scoring.credit(verdict):
        heard = not verdict.contradicted and overlap >= HEARD
        return "missing, and yet its words are there" if heard else ""
    if signals.mistake_lean(criterion.judged, criterion.mistakes, said) > MISTAKEN:
        return "credited, with the words of a common mistake"
    same = bool(_CHINESE.search(text)) == bool(_CHINESE.search(" ".join(points)))
    return "credited without any of its words" if same and overlap < UNHEARD else ""


def again(rubric: Rubric, doubted: Mapping[str, str], plan: Plan) -> tuple[tuple[Rubric, Plan], ...]:
    """A request a doubted point, alone; to the second judge where there is one."""
    model, endpoint = plan.second or (plan.model, plan.endpoint)
    anew = replace(plan, model=model, endpoint=endpoint, seed=plan.seed + AGAIN)
    return tuple((replace(rubric, criteria=(one,)), anew) for one in rubric.criteria if one.id in doubted)


def settle(rubric: Rubric, first: Reading, second: Sequence[Reading], plan: Plan) -> Reading:
    """What two looks at the same criterion agree on stands, with the quote that was found.

    Where they differ, or the second brought no verdict, the one that earns less stands and people look; of a
    fault that is the one that takes away less, and the reason says so. That the first calls were split is
    settled with it: a split point is always looked at again.
    """
    models = (plan.model, (plan.second or (plan.model,))[0])
    faults = {one.id for one in rubric.criteria if one.fault}
    later = {one.criterion: one for reading in second for one in reading.verdicts}
    verdicts, review = [], False
    for one in first.verdicts:
        other = later.get(one.criterion)
        if other is None:
            verdicts.append(one)
            continue
        both = [(models[0], one), (models[1], other)]
        if other.coverage is None:
            review = True
            verdicts.append(one)
        elif (one.coverage, one.contradicted) == (other.coverage, other.contradicted):
            stands = other if scoring.unsupported(one) and scoring.supported(other) else one
            reason = stands.reason.removesuffix(TIED[plan.lang or rubric.lang])
            verdicts.append(replace(stands, reason=reason, votes=votes(both)))
        else:
            review = True
            stands, more = sorted((one, other), key=lambda each: scoring.credit(each) or 0.0)
            if one.criterion in faults and scoring.credit(stands) != scoring.credit(more):
                stands = replace(stands, reason=stands.reason + MILDER[plan.lang or rubric.lang])
            verdicts.append(replace(stands, confidence=0.5, votes=votes(both)))
    return Reading(verdicts=tuple(verdicts), problems=first.problems, review=review)
