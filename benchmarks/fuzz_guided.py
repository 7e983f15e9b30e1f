"""The same parsers, fed by atheris: what reaches new lines of ours is kept and spoiled further.

    pip install atheris
    nice python benchmarks/fuzz_guided.py --minutes 60 [--only NAME] [--out FOLDER]

Each parser has an equal share of the time, in a process of its own, because libFuzzer never returns. fuzz.py
says what counts as a crash; crashes are kept in FOLDER under PARSER/NAME, and the loop goes on after them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]


def alone(name: str, seconds: float, out: Path) -> None:
    """One parser until the time is over; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["grader"]):
        from benchmarks.fuzz import MEMORY, SECONDS, fault, fresh_folder, place
        from benchmarks.fuzz_inputs import LONGEST, spoiled
        from benchmarks.fuzz_targets import TARGETS
    target, seen = TARGETS[name], set()
    seeds = target.seeds()
    parent, corpus = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds):
        (corpus / f"seed{number}").write_bytes(seed)

    def one(raw: bytes) -> None:
        with fresh_folder(parent) as folder:
            outcome = fault(target, raw, folder)
        if isinstance(outcome, bool) or place(outcome) in seen:
            return
        seen.add(place(outcome))
        print(f"crash: {name} {place(outcome)}: {outcome!r:.200}", flush=True)
        path = out / name / hashlib.sha256(raw).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)

    def changed(raw: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        return spoiled(raw, seeds, rng)[:most] if rng.random() < 0.5 else atheris.Mutate(raw, most)

    words = [
        *(sys.argv[0], str(corpus), f"-max_total_time={max(1, round(seconds))}", f"-timeout={SECONDS}"),
        *(f"-rss_limit_mb={MEMORY >> 20}", f"-max_len={LONGEST}", "-verbosity=0", "-print_final_stats=1"),
        f"-artifact_prefix={out / name}-",
    ]
    atheris.Setup(words, one, custom_mutator=changed)
    atheris.Fuzz()


def main() -> int:
    """The command line; 1 when there was a crash, a hang or too much memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=Path("fuzz-finds"))
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.alone:
        alone(given.only, given.minutes * 60, given.out.resolve())
    from benchmarks.fuzz_targets import TARGETS

    names = [one for one in TARGETS if given.only in one]
    for name in names:
        words = (__file__, "--alone", "--only", name, "--minutes", str(given.minutes / len(names)))
        words += ("--out", str(given.out))
        done = subprocess.run([sys.executable, *words], env=os.environ, capture_output=True, text=True)
        said = [
            one
            for one in f"{done.stdout}{done.stderr}".splitlines()
            if one.startswith(("crash", "stat::", "SUMMARY"))
        ]
        print(f"{name}: exit {done.returncode}", *said, sep="\n  ", flush=True)
    found = [one for one in given.out.rglob("*") if one.is_file()]
    print(f"{len(names)} parsers, {len(found)} crashes in {given.out}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
