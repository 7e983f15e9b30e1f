"""Time of an answer by the embedded judge against plain yes or no: python benchmarks/pace.py [answers]

Plain yes or no asks the same model about the same claims with the same shared prefix, without mistakes in the
question and without a look at hidden states. What an empty answer brings is kept beforehand, as in a round.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from statistics import median
from typing import Any

import filelock
import gold
from features import PLAN

from grader.judges.embedded import threads
from grader.judges.embedded_decision import Decider
from grader.judges.fetch import obtain
from grader.judges.llama import Llama
from grader.judges.weights import cache_folder
from grader.strategies import stack
from grader.strategies.pointwise import decision, requests
from grader.types import JudgeRequest


def plain(one: gold.Labelled) -> JudgeRequest:
    """The same questions in as few words as the strategy knows."""
    bare = tuple(replace(criterion, mistakes=()) for criterion in one.rubric.criteria)
    return decision(replace(one.rubric, criteria=bare), one.attempt, PLAN, fit="")


def timed(call: Any, *words: Any) -> float:
    begun = time.perf_counter()
    call(*words)
    return time.perf_counter() - begun


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    rows = [one for one in gold.read("interview_dev", gold.GOLD) if len(one.levels) == 3][:count]
    ratios, ours, theirs = [], [], []
    with filelock.FileLock(cache_folder() / "embedded.lock"):
        decider = Decider(Llama(obtain(), threads=threads()), cache_folder() / "nulls")
        for one in rows:
            [asked] = requests(one.rubric, one.attempt, PLAN)
            decider.reply(asked)  # the head is decoded and the null is kept
            ours.append(timed(decider.reply, asked))
            theirs.append(timed(decider.traces, plain(one), ()))
            ratios.append(ours[-1] / theirs[-1])
    print(f"fit {stack.load(stack.named('zh')).id[:19]}, {len(rows)} answers of three points")
    print(f"ours {median(ours):.1f} s, plain yes or no {median(theirs):.1f} s, ratio {median(ratios):.2f}")


if __name__ == "__main__":
    main()
