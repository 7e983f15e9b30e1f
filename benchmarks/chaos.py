"""Kill a batch again and again over a server that misbehaves; at the end every answer is graded once.

    python benchmarks/chaos.py [--answers 2000 --kills 30 --faults 0.2]

The server answers a fifth of the requests with 429 (with and without Retry-After), 500, a reset connection,
silence, broken JSON or half a reply. Prints what was checked; exit code 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.stub import covered, started  # noqa: E402

NEAR = 0.5
"""Seconds: a reply that the server sent this shortly before a kill may have died with the process."""
POINTS = (
    "cache stores attention keys and values of previous tokens",
    "memory grows linearly with sequence length",
    "grouped query attention shrinks the cache",
    "paged attention avoids fragmentation",
)


@dataclass(frozen=True)
class Chaos:
    """What is tried."""

    answers: int
    kills: int
    faults: float = 0.2
    latency: float = 0.02
    concurrency: int = 16
    seed: int = 1
    longest: float = 1.9


def write_round(path: Path, count: int) -> dict[str, float]:
    """A round whose scores are known by the stub's rule."""
    expected = {}
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            said = [one for bit, one in enumerate(POINTS) if number >> bit & 1]
            answer = f"({number}) " + ". ".join(said)
            row = {"attempt": f"a{number}", "question": "X1", "question_text": "What is the KV cache?"}
            file.write(json.dumps({**row, "criteria": list(POINTS), "answer": answer}) + "\n")
            expected[f"a{number}"] = sum(covered(one, answer) for one in POINTS) / len(POINTS)
    return expected


@contextmanager
def server(chaos: Chaos, log: Path) -> Iterator[str]:
    """The stub with these faults; the endpoint's address."""
    faults = ("--latency", chaos.latency, "--faults", chaos.faults, "--log", log, "--seed", chaos.seed)
    with started(*faults) as address:
        yield f"{address}/v1"


def play(chaos: Chaos, folder: Path) -> list[str]:
    """Kill, finish, check; what does not hold."""
    expected = write_round(folder / "round.jsonl", chaos.answers)
    chance = random.Random(chaos.seed)
    kills: list[float] = []
    with server(chaos, folder / "server.jsonl") as address:
        command = [sys.executable, "-m", "grader", "batch", "round.jsonl", "--out", "run", "--model", "stub"]
        command += ["--api-base", address, "--concurrency", str(chaos.concurrency), "--timeout", "1"]
        while len(kills) < chaos.kills:
            process = _start(command, folder)
            time.sleep(chance.uniform(0.3, chaos.longest))
            if process.poll() is None:
                process.kill()
                process.wait()
                kills.append(time.time())
            elif process.wait() == 0:
                print(f"done after {len(kills)} kills, before all {chaos.kills}")
                break
        codes = [_start(command, folder).wait()]
        while codes[-1] == 3 and len(codes) < 10:
            codes.append(_start(command, folder).wait())
    print(f"{len(kills)} kills, then exit codes {codes}")
    return [
        *checked(folder, expected, kills),
        *([f"the last sitting ended with {codes[-1]}"] if codes[-1] else []),
    ]


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "stderr.txt").open("ab") as said:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)


def checked(folder: Path, expected: dict[str, float], kills: list[float]) -> list[str]:
    """Compare the run with the server's log."""
    grades, replies, log = (
        _lines(folder / one) for one in ("run/grades.jsonl", "run/replies.jsonl", "server.jsonl")
    )
    wrong = []
    good = Counter(one["attempt"] for one in grades if not one["ungraded"])
    if sorted(good) != sorted(expected):
        wrong.append(f"{len(good)} answers graded of {len(expected)}")
    if twice := [one for one, count in good.items() if count > 1]:
        wrong.append(f"graded twice: {twice[:5]}")
    last = {one["attempt"]: one["score"] for one in grades}
    if false := [one for one in expected if last.get(one) != expected[one]]:
        wrong.append(
            f"{len(false)} wrong scores, such as {false[0]}: {last.get(false[0])} for {expected[false[0]]}"
        )
    served = [one for one in log if one["status"] == 200]
    kept = [one for one in replies if one["reply"] is not None]
    lost = len(served) - len(kept)
    near = sum(any(-NEAR < kill - one["t"] < NEAR for kill in kills) for one in served)
    if not 0 <= lost <= near:
        wrong.append(f"{lost} replies of the server have no record; {near} were sent shortly before a kill")
    forgotten = len(replies) - len(kept)
    faults = Counter(one["fault"] for one in log if one["fault"])
    print(f"{len(log)} requests, {len(served)} replies, {len(kept)} recorded, {lost} lost with a process")
    print(f"{len(grades)} lines, {sum(good.values())} grades, {forgotten} useless replies forgotten")
    print(f"faults: {dict(faults)}")
    return wrong + _repeated(served, kills, forgotten)


def _repeated(served: list[dict[str, Any]], kills: list[float], forgotten: int) -> list[str]:
    """Requests that were answered again although their reply had time to be kept."""
    times = defaultdict(list)
    for one in served:
        times[one["request"]].append(one["t"])
    again = [at for one in times.values() for at in one[:-1]]
    unexplained = [at for at in again if not any(-NEAR < kill - at < NEAR for kill in kills)]
    return [f"{len(unexplained)} requests were paid for twice"] if len(unexplained) > forgotten else []


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--answers", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--faults", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        wrong = play(Chaos(options.answers, options.kills, options.faults, seed=options.seed), Path(name))
    print("\n".join(f"WRONG: {one}" for one in wrong) or "all holds")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
