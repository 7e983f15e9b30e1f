"""What second looks and samples cost and bring, on interview_dev with a scripted judge that errs at random.

python benchmarks/looks.py [--errs 0.15] [--honest]

The judge knows the labels and misjudges each criterion with the given probability: anew each time it is
asked, or, in a share of the criteria, the same way each time. Half of its wrong credit has a quote that does
not stand there, of its right credit a twentieth. It is no model: the calls are real counts of the real flow
with its default settings, the kappas only show what the rules do with errors of that kind. Figures are means
of ten such judges. --honest leaves out the answers that attack, some of which are judged two or three times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from dataclasses import astuple, dataclass, replace
from statistics import mean

from benchmarks import gold
from grader import signals
from grader.agreement import kappas
from grader.grading import grade_attempt
from grader.strategies import Plan
from grader.types import Grade, Judge, JudgeReply, JudgeRequest

LEVELS = ("missing", "partial", "covered")
STUBBORN = (0.0, 0.5, 1.0)
MISQUOTED = 0.05
DRAWS = 10
JOINT = Plan(model="scripted", endpoint="scripted", flagged="mask")
WAYS = {
    "joint": JOINT,
    "joint, looks": replace(JOINT, looks=True),
    "joint, 3 samples": replace(JOINT, samples=3),
    "joint, 3 samples, looks": replace(JOINT, samples=3, looks=True),
    "a call a point": replace(JOINT, strategy="pointwise"),
}


@dataclass(frozen=True)
class Row:
    """One way on all answers."""

    name: str
    calls: float
    kappa: float
    flagged: float
    kept: float


def erring(row: gold.Labelled, errs: float, stubborn: float, number: int) -> Judge:
    """A judge of that answer, of its `number`; what it says depends on the request, or where it is stubborn
    on nothing."""
    truth = dict(zip((one.id for one in row.rubric.criteria), row.levels, strict=True))
    spans = signals.quotable(row.attempt.text)
    start, end = max(spans, key=lambda one: one[1] - one[0])
    quote = row.attempt.text[start:end]

    async def judge(request: JudgeRequest) -> JudgeReply:
        whole = {}
        for name in (request.schema or {})["required"]:
            draw = random.Random(f"{number} {row.attempt.id} {name}")
            if draw.random() >= stubborn:
                draw = random.Random(f"{number} {request.key} {name}")
            level, wrong = truth[name], draw.random() < errs
            if wrong:
                level = draw.choice([one for one in range(3) if one != level])
            invented = level > 0 and draw.random() < (0.5 if wrong else MISQUOTED)
            quotes = ["words that nobody ever wrote here"] if invented else [quote] if level else []
            whole[name] = {"reason": "", "quotes": quotes, "coverage": LEVELS[level], "contradicted": False}
        return JudgeReply(text=json.dumps(whole), stop="stop")

    return judge


def measured(name: str, plan: Plan, rows: list[gold.Labelled], errs: float, stubborn: float) -> Row:
    """Means over the judges."""
    drawn = [_measured(name, plan, rows, errs, stubborn, number) for number in range(DRAWS)]
    calls, kappa, flagged, kept = (
        mean(values) for values in zip(*(astuple(one)[1:] for one in drawn), strict=True)
    )
    return Row(name, calls, kappa, flagged, kept)


def _measured(
    name: str, plan: Plan, rows: list[gold.Labelled], errs: float, stubborn: float, number: int
) -> Row:
    """`flagged`: share of answers for people to look at; `kept`: weighted kappa on the others."""
    made: list[tuple[gold.Labelled, Grade]] = [
        (row, asyncio.run(grade_attempt(row.rubric, row.attempt, erring(row, errs, stubborn, number), plan)))
        for row in rows
    ]
    return Row(
        name,
        sum(one.calls for _, one in made) / len(made),
        _kappa(made),
        sum(one.needs_review for _, one in made) / len(made),
        _kappa([(row, one) for row, one in made if not one.needs_review]),
    )


def _kappa(made: list[tuple[gold.Labelled, Grade]]) -> float:
    pairs = [
        (level, LEVELS.index(one.coverage))
        for row, grade in made
        for level, one in zip(row.levels, grade.verdicts, strict=True)
        if one.coverage is not None
    ]
    return kappas.kappa(kappas.table(pairs), kappas.QUADRATIC) or 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errs", type=float, default=0.15)
    parser.add_argument("--honest", action="store_true")
    given = parser.parse_args()
    errs = given.errs
    rows = [one for one in gold.read("interview_dev", gold.GOLD) if not given.honest or one.kind != "attack"]
    print(f"{len(rows)} answers, a scripted judge that errs in {errs:.0%} of verdicts\n")
    print("| its errors repeat in | way | calls an answer | weighted kappa | flagged | kappa of the rest |")
    print("|---|---|---|---|---|---|")
    for stubborn in STUBBORN:
        for name, plan in WAYS.items():
            one = measured(name, plan, rows, errs, stubborn)
            figures = f"{one.calls:.2f} | {one.kappa:.2f} | {one.flagged:.0%} | {one.kept:.2f}"
            print(f"| {stubborn:.0%} | {one.name} | {figures} |")


if __name__ == "__main__":
    main()
