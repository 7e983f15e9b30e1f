"""CPU seconds and peak memory of a start: `grade --help`, a replayed grade, `import grader`.

Run: python benchmarks/startup.py. For what takes the time: python -X importtime -m grader --help.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPLAY = ["examples/answers/Q43-anna.md", "--cassette", "examples/cassette", "--mode", "replay"]
STARTS = {
    "python -c pass": ["-c", "pass"],
    "import grader": ["-c", "import grader"],
    "grade --help": ["-m", "grader", "--help"],
    "grade ANSWER, replayed": ["-m", "grader", *REPLAY],
    "grade ANSWER --json, replayed": ["-m", "grader", *REPLAY, "--json"],
}
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def measured(words: list[str], cwd: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds, peak megabytes of one start."""
    began = time.perf_counter()
    there = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, *words],
        cwd=cwd,
        env=there,
        capture_output=True,
        check=True,
    )
    cpu, memory = map(float, ran.stdout.split())
    return cpu, time.perf_counter() - began, memory


def main() -> None:
    """Print the table: the median of seven starts each, after one that warms the file cache."""
    print(f"{'start':32} {'CPU s':>7} {'wall s':>7} {'MB':>6}")
    for name, words in STARTS.items():
        runs = [measured(words, ROOT) for _ in range(8)][1:]
        cpu, wall, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:32} {cpu:7.3f} {wall:7.3f} {memory:6.0f}")


if __name__ == "__main__":
    main()
