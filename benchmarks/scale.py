"""Memory and time of a batch of 1,000, 10,000 and 100,000 answers, and of its resume when all are graded.

    python benchmarks/scale.py [--answers 1000 10000 100000]

The judge is a function in the same process that answers at once, so that all time is this project's own. Each
line is measured in a process of its own. "ready": a resumed run knows what is open; "looked through" adds
reading the whole round again for the plan.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.stub import own_reply  # noqa: E402
from grader import runs  # noqa: E402
from grader.bank import load  # noqa: E402
from grader.bank.rounds import read_round  # noqa: E402
from grader.engines import estimates  # noqa: E402
from grader.engines.local import Stop  # noqa: E402
from grader.engines.rounds import grade_round  # noqa: E402
from grader.strategies import Plan  # noqa: E402
from grader.types import JudgeReply, JudgeRequest, Usage  # noqa: E402

PLAN = Plan(model="fake", endpoint="fake")
POINTS = [
    "The KV cache stores attention keys and values of previous tokens so they are not recomputed",
    "Its memory grows linearly with sequence length, layers and heads",
    "Grouped query attention or multi query attention shrinks the cache",
    "Paged attention avoids fragmentation of cache memory",
]
HEAD = (
    "answers", "seconds", "answers/s", "CPU ms an answer", "peak MB", "run MB",
    "resume: ready s", "looked through s", "peak MB",
)  # fmt: skip
SAID = "The KV cache stores the attention keys and values for previous tokens. Paged attention helps. " * 4


def write_round(path: Path, count: int) -> None:
    """So many answers with their own question and four criteria."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"attempt": f"a{number}", "question": "X1", "question_text": "What is the KV cache?"}
            file.write(json.dumps({**row, "criteria": POINTS, "answer": f"{SAID}{number}"}) + "\n")


async def fake(request: JudgeRequest) -> JudgeReply:
    """Answers by the stub's rule."""
    body = {
        "messages": list(request.messages),
        "response_format": {"json_schema": {"schema": request.schema}},
    }
    return JudgeReply(text=own_reply(body) or "", stop="stop", usage=Usage(prompt=400, completion=120))


async def play(round_: Path, run: runs.Run) -> int:
    """Grade what is open."""
    count = 0
    judge = run.replies.wrap(fake)
    found = read_round([str(round_)], load())
    async for _ in grade_round(found, run, judge, PLAN, workers=64, stop=Stop()):
        count += 1
    return count


def sitting(folder: Path) -> dict[str, float]:
    """One process: open the run, look through the round, grade what is open."""
    began = time.perf_counter()
    with runs.open_run(folder / "run", {}) as run:
        ready = time.perf_counter()
        found = estimates.survey(read_round([str(folder / "round.jsonl")], load()), PLAN, done=run.is_done)
        looked = time.perf_counter()
        graded = asyncio.run(play(folder / "round.jsonl", run))
    ended = time.perf_counter()
    assert graded == found.answers - found.done
    return {"ready": ready - began, "looked": looked - began, "whole": ended - began, "graded": graded}


def measured(folder: Path) -> dict[str, float]:
    """A sitting in a process of its own, with its peak memory in MB and its CPU seconds."""
    command = [sys.executable, __file__, "--sitting", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        words = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    facts: dict[str, float] = json.loads(words)
    return {**facts, "memory": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--answers", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--sitting", type=Path)
    options = parser.parse_args()
    if options.sitting:
        print(json.dumps(sitting(options.sitting)))
        return
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for count in options.answers:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_round(folder / "round.jsonl", count)
            first, again = measured(folder), measured(folder)
            size = sum(one.stat().st_size for one in (folder / "run").iterdir()) / 1e6
            cells = (
                f"{count:,}", f"{first['whole']:.1f}", f"{count / first['whole']:.0f}",
                f"{1000 * first['cpu'] / count:.2f}", f"{first['memory']:.0f}", f"{size:.0f}",
                f"{again['ready']:.2f}", f"{again['looked']:.2f}", f"{again['memory']:.0f}",
            )  # fmt: skip
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
