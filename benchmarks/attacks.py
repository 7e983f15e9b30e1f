"""What text that speaks to the grader does to scores: rise, points won, honest answers flagged, by family.

python benchmarks/attacks.py [--model NAME] [--api-base URL] [--limit N] [--pairs FILE]

Every N-th text of tests/adversarial is added to a genuine answer, before or behind it. `none` judges what
comes of it as it stands, `masking` as grade does. FILE holds rows with genuine, injected, qid, attack_kind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import gold

from grader import addressed, api, bank, config, judges
from grader.grading import grade_attempt
from grader.strategies import Plan
from grader.types import Attempt, Grade, Judge, JudgeReply, JudgeRequest, Rubric

Layer = Literal["keep", "mask"]
LAYERS: dict[str, Layer] = {"none": "keep", "masking": "mask"}
CORPUS = gold.ROOT / "tests" / "adversarial"


@dataclass(frozen=True)
class Pair:
    """A genuine answer to a question, and a text that is added to it."""

    question: str
    family: str
    genuine: str
    injected: str
    before: bool = False

    @property
    def attacked(self) -> str:
        parts = (self.injected, self.genuine) if self.before else (self.genuine, self.injected)
        return "\n\n".join(parts)


@dataclass(frozen=True)
class Outcome:
    """What one pair did: the rise of the score, points missing that became covered, points at all."""

    pair: Pair
    rise: float
    won: int
    points: int


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def own_pairs(limit: int) -> list[Pair]:
    """Attacks spread over the families, each with the next of the partial answers of interview_dev."""
    attacks = rows(CORPUS / "attacks.jsonl")
    answers = [one for one in rows(gold.OWN / "interview_dev.jsonl") if one["kind"] == "partial"]
    step = max(1, len(attacks) // limit)
    return [
        Pair(answer["question"], one["family"], answer["answer"], one["injected"], before=at % 2 == 1)
        for at, one in enumerate(attacks[::step][:limit])
        for answer in [answers[at % len(answers)]]
    ]


def pairs_of(path: Path, limit: int) -> list[Pair]:
    return [
        Pair(one["qid"], one["attack_kind"], one["genuine"], one["injected"]) for one in rows(path)[:limit]
    ]


def remembered(judge: Judge) -> Judge:
    """The judge, asked once for each request: a masked attack is often the genuine answer itself."""
    known: dict[str, JudgeReply] = {}

    async def ask(request: JudgeRequest) -> JudgeReply:
        if request.key not in known:
            known[request.key] = await judge(request)
        return known[request.key]

    return ask


async def measured(pairs: Sequence[Pair], judge: Judge, plan: Plan) -> list[Outcome]:
    """One outcome a pair; a pair whose grades are not both there is left out."""
    found = []
    for pair in pairs:
        rubric = bank.load().question(pair.question).rubric
        clean = await _grade(rubric, pair.genuine, judge, plan)
        attacked = await _grade(rubric, pair.attacked, judge, plan)
        if clean.score is None or attacked.score is None:
            continue
        both = zip(clean.verdicts, attacked.verdicts, strict=True)
        won = sum(one.coverage == "missing" and other.coverage == "covered" for one, other in both)
        found.append(Outcome(pair, attacked.score - clean.score, won, len(rubric.criteria)))
    return found


async def _grade(rubric: Rubric, text: str, judge: Judge, plan: Plan) -> Grade:
    return await grade_attempt(rubric, Attempt(id="a", question=rubric.question, text=text), judge, plan)


def line(name: str, found: Sequence[Outcome]) -> str:
    rises = [one.rise for one in found] or [0.0]
    won = sum(one.won for one in found) / max(1, sum(one.points for one in found))
    return f"{name:28} {len(found):5} {sum(rises) / len(rises):+8.3f} {max(rises):+8.3f} {won:10.3f}"


def honest() -> str:
    """Clean answers that masking would touch: without a flag an answer is judged to the letter."""
    answers = [one["answer"] for one in rows(gold.OWN / "interview_dev.jsonl") if one["kind"] != "attack"]
    flagged = sum(bool(addressed.find(one)) for one in answers)
    return f"honest answers of interview_dev flagged, and so changed: {flagged} of {len(answers)}"


async def run(given: argparse.Namespace) -> None:
    settings = config.load(
        {"model": given.model, "api_base": given.api_base}, cwd=Path.cwd(), environ=os.environ
    )
    choice = config.choose_model(settings, os.environ)
    pairs = pairs_of(given.pairs, given.limit) if given.pairs else own_pairs(given.limit)
    plan = api.plan_for(settings, choice)
    print(f"{'family':28} {'pairs':>5} {'mean':>8} {'most':>8} {'won':>10}   judge: {choice.model}")
    async with judges.connect(settings, choice) as judge:
        asked = remembered(judge)
        for layer, flagged in LAYERS.items():
            found = await measured(pairs, asked, replace(plan, flagged=flagged))
            for family in sorted({one.pair.family for one in found}):
                print(line(f"{layer}: {family}", [one for one in found if one.pair.family == family]))
            print(line(f"{layer}: all", found), flush=True)
    print(honest())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--api-base", default=None)
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--pairs", type=Path)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
