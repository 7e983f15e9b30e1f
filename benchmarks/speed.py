"""How fast and lean this project is beside others, all in one run against one stub model.

    python benchmarks/speed.py [--peers-python PATH --bench DIR] [--answers 200 2000]

PATH is a Python with autorubric and deepeval, DIR holds their runners (autorubric_run.py, deepeval_run.py),
their stub and make_sample.py. Without them only this project is measured. Every tool runs in a process of its
own; "grading" is what it says of itself, start and whole process stand beside it. Ideal: answers x latency /
parallel. CPU a call is what each call beyond those of a single answer takes, of the whole process; a line
below the table says what of it is the client's, from request to reply.
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
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.stub import started  # noqa: E402

LATENCY, PARALLEL = 0.05, 32


@dataclass(frozen=True)
class Tool:
    """A tool: how to start it, how to grade `sample` (or `round`, the same in this project's form)."""

    name: str
    start: list[str]
    grade: list[str]


@dataclass(frozen=True)
class Measured:
    """One process: seconds of wall, of processor, and the most memory in MB."""

    wall: float
    cpu: float
    memory: float
    said: str
    seen: dict[str, Any]


def tools(options: argparse.Namespace) -> list[Tool]:
    """This project, and the peers that are there."""
    ours = [sys.executable, "-m", "grader"]
    batch = [*ours, "batch", "{round}", "--out", "{out}", "--model", "stub", "--api-base", "{address}"]
    found = [Tool("grade batch", [*ours, "--help"], [*batch, "--concurrency", str(PARALLEL)])]
    if options.peers_python is None or options.bench is None:
        return found
    python = str(options.peers_python)

    def peer(name: str, module: str, script: str, *more: str) -> Tool:
        command = [python, str(options.bench / script), "{sample}", "--api-base", "{address}", "--quiet"]
        return Tool(name, [python, "-c", module], [*command, "--parallel", str(PARALLEL), *more])

    rubric, deep = "import autorubric", "import deepeval.metrics"
    return [
        *found,
        peer("autorubric, default", rubric, "autorubric_run.py"),
        peer("autorubric, per_item", rubric, "autorubric_run.py", "--llm-calls", "per_item"),
        peer("DeepEval, GEval a point", deep, "deepeval_run.py"),
    ]


def measure(command: list[str], folder: Path) -> Measured:
    """Run it and wait for it; RuntimeError when it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "sk-local"}
    with (folder / "said.txt").open("w+b") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        words = said.read().decode("utf-8", "replace")
    if process.returncode:
        raise RuntimeError(f"{command} failed: {words[-500:]}")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, words, {})


def counters(address: str, path: str = "/stats") -> dict[str, Any]:
    """What the stub counted."""
    with urllib.request.urlopen(address + path, timeout=10) as reply:
        shape: dict[str, Any] = json.load(reply)
        return shape


SAMPLE = [
    (
        "Q43",
        "What is the KV cache and why does it grow with context length?",
        [
            "The KV cache stores attention keys and values of previous tokens so they are not recomputed",
            "Its memory grows linearly with sequence length, layers and heads",
            "Grouped query attention or multi query attention shrinks the cache",
            "Paged attention avoids fragmentation of cache memory",
        ],
        "The KV cache stores the attention keys and values for previous tokens. Caching uses memory. ",
    )
]


def write_sample(count: int, folder: Path, bench: Path | None) -> tuple[Path, Path]:
    """The answers in the peers' form and in ours."""
    sample, round_ = folder / f"sample{count}.jsonl", folder / f"round{count}.jsonl"
    if bench is not None:
        subprocess.run([sys.executable, str(bench / "make_sample.py"), str(count), str(sample)], check=True)
        rows = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    else:
        qid, question, points, answer = SAMPLE[0]
        rows = [
            {
                "id": f"a{n}",
                "qid": qid,
                "question": question,
                "points": points,
                "answer": f"{answer * 3}[{n}]",
            }
            for n in range(count)
        ]
    with round_.open("w", encoding="utf-8") as file:
        for row in rows:
            own = {"attempt": row["id"], "question": row["qid"], "question_text": row["question"]}
            file.write(json.dumps({**own, "criteria": row["points"], "answer": row["answer"]}) + "\n")
    return sample, round_


def row(tool: Tool, count: int, address: str, folder: Path, bench: Path | None) -> list[str]:
    """One tool on so many answers, as cells."""
    sample, round_ = write_sample(count, folder, bench)
    fields = {"sample": str(sample), "round": str(round_), "address": f"{address}/v1"}
    start = min(measure(tool.start, folder).wall for _ in range(3))
    single, single_round = write_sample(1, folder, bench)
    one_answer = {**fields, "sample": str(single), "round": str(single_round)}
    few = _counted(tool, {**one_answer, "out": str(folder / f"run-1-{time.time_ns()}")}, address, folder)
    out = folder / f"run-{count}-{time.time_ns()}"
    done = _counted(tool, {**fields, "out": str(out)}, address, folder)
    seen = done.seen
    each = (done.cpu - few.cpu) / (seen["requests"] - few.seen["requests"])
    wall = grading_seconds(done, out)
    ideal = count * LATENCY / PARALLEL
    return [
        tool.name, str(count), f"{start:.2f}", f"{wall:.2f}", f"{ideal:.2f}", f"{wall / ideal:.2f}",
        f"{done.wall:.2f}", str(seen["requests"]), f"{seen['prompt_chars'] / count:,.0f}", f"{done.cpu:.2f}",
        f"{1000 * each:.2f}", f"{done.memory:.0f}",
    ]  # fmt: skip


def _counted(tool: Tool, fields: dict[str, str], address: str, folder: Path) -> Measured:
    """Grade, and what the stub saw of it."""
    counters(address, "/reset")
    done = measure([one.format(**fields) for one in tool.grade], folder)
    return replace(done, seen=counters(address))


def grading_seconds(done: Measured, out: Path) -> float:
    """The time from the first call to the last grade, as each tool states it."""
    about = out / "run.json"
    if about.exists():
        return float(json.loads(about.read_text(encoding="utf-8"))["sittings"][-1]["seconds"])
    return float(json.loads(done.said.strip().splitlines()[-1])["wall_s"])


async def client(address: str) -> float:
    """CPU seconds that the lean client takes for a call, of 800 with a schema each, PARALLEL at a time."""
    from grader.judges import openai_compatible
    from grader.types import Criterion, JudgeRequest
    from grader.verdicts import schema

    qid, question, points, answer = SAMPLE[0]
    criteria = [Criterion(id=f"{qid}.{n}", text=one) for n, one in enumerate(points, 1)]
    words = "\n".join([question, *points, "<answer-1>", answer * 3, "</answer-1>"])
    messages = ({"role": "system", "content": "x" * 700}, {"role": "user", "content": words})
    request = JudgeRequest(model="stub", endpoint="stub", messages=messages, schema=schema(criteria))
    async with openai_compatible.connect(f"{address}/v1", "stub") as judge:

        async def ask(count: int) -> None:
            for _ in range(count):
                await judge(request)

        await asyncio.gather(*(ask(1) for _ in range(PARALLEL)))
        began = time.process_time()
        await asyncio.gather(*(ask(800 // PARALLEL) for _ in range(PARALLEL)))
        return (time.process_time() - began) / 800


HEAD = (
    "tool", "answers", "start s", "grading s", "ideal s", "times ideal", "process s", "requests",
    "prompt chars/answer", "CPU s", "CPU ms/call", "peak MB",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers-python", type=Path)
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--answers", type=int, nargs="+", default=[200, 2000])
    options = parser.parse_args()
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    words = ("--latency", LATENCY, *(("--bench", options.bench) if options.bench else ()))
    with tempfile.TemporaryDirectory() as name, started(*words) as address:
        for count in options.answers:
            for tool in tools(options):
                print(
                    "| " + " | ".join(row(tool, count, address, Path(name), options.bench)) + " |", flush=True
                )
        print(f"\nThe client's own part of a call: {1000 * asyncio.run(client(address)):.2f} ms of CPU")
    if options.peers_python is None or options.bench is None:
        print("\nPeers were not measured: give --peers-python and --bench.")


if __name__ == "__main__":
    main()
