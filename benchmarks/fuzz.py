"""Feed every parser spoiled input until the time is over: a value or an error for people, nothing else.

    nice python benchmarks/fuzz.py --minutes 30 [--only NAME] [--seed N] [--out FOLDER]

An input counts as a crash when it raises anything but an error with exit code 2 or 3 that names the place,
takes more than ten seconds of CPU, or makes the process larger than 2 GB. Crashes are kept in FOLDER under
PARSER/NAME; tests/fuzz_finds/ holds those that were found so far, and tests/test_fuzz.py feeds them again.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from benchmarks.fuzz_inputs import spoiled  # noqa: E402
from benchmarks.fuzz_targets import TARGETS, Target  # noqa: E402
from grader.errors import GraderError  # noqa: E402

SECONDS = 10
MEMORY = 2 << 30


class Hang(Exception):
    """An input took too long."""


@dataclass
class Tally:
    """How often each parser ran, and each distinct crash with one input of its."""

    runs: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)


def fault(target: Target, raw: bytes, folder: Path) -> BaseException | bool:
    """True when the input was taken, False when it was refused as it should be, else what went wrong."""
    try:
        target.run(raw, folder)
    except GraderError as error:
        said = error.exit_code in (2, 3) and error.message and "Traceback" not in error.message
        named = not target.file or target.file in error.message
        return False if said and named else error
    except Exception as error:  # noqa: BLE001  a crash is what is looked for
        return error
    return True


@contextmanager
def fresh_folder(parent: Path) -> Iterator[Path]:
    """An empty folder, always of the same name."""
    folder = parent / "in"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def place(error: BaseException) -> str:
    """The kind of error and the last line of ours that it went through."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "/grader/" in one.filename]
    last = frames[-1] if frames else None
    where = f"{Path(last.filename).name}:{last.name}:{last.lineno}" if last else "?"
    return f"{type(error).__name__} {where}"


def _hang(signum: int, frame: object) -> None:
    raise Hang(f"more than {SECONDS} s")


def once(name: str, rng: random.Random, tally: Tally, parent: Path) -> None:
    """One input for one parser."""
    target = TARGETS[name]
    seeds = target.seeds()
    raw = spoiled(rng.choice(seeds), seeds, rng)
    with fresh_folder(parent) as folder:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            outcome = fault(target, raw, folder)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    tally.runs[name] += 1
    tally.refused[name] += outcome is False
    if isinstance(outcome, BaseException):
        seen = f"{name}: {place(outcome)}"
        if seen not in tally.crashes or len(raw) < len(tally.crashes[seen][1]):
            tally.crashes[seen] = (name, raw, f"{outcome!r:.200}")


def fuzz(seconds: float, only: str, seed: int) -> Tally:
    """Take the parsers in turn until the time is over."""
    rng, tally = random.Random(seed), Tally()
    names = [one for one in TARGETS if only in one]
    signal.signal(signal.SIGVTALRM, _hang)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as parent:
        while time.monotonic() < end:
            for name in names:
                known = len(tally.crashes)
                once(name, rng, tally, Path(parent))
                for seen in list(tally.crashes)[known:]:
                    print(f"crash: {seen}: {tally.crashes[seen][2]}", flush=True)
    return tally


def main() -> int:
    """The command line; 1 when there was a crash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    tally = fuzz(given.minutes * 60, given.only, given.seed)
    for name, count in tally.runs.items():
        print(f"{name:16} {count:8} inputs, {tally.refused[name]:8} refused")
    for seen, (name, raw, said) in tally.crashes.items():
        print(f"{seen}: {said}")
        if given.out:
            path = given.out / name / hashlib.sha256(raw).hexdigest()[:12]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{sum(tally.runs.values())} inputs, {len(tally.crashes)} distinct crashes, peak {peak} MB")
    return 1 if tally.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
