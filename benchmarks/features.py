"""What the embedded model brings for labelled answers, less what it brings for empty ones, kept in files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import filelock
import numpy as np
from gold import Labelled

from grader.judges.embedded import threads
from grader.judges.embedded_decision import Decider, emptied
from grader.judges.fetch import obtain
from grader.judges.llama import Llama
from grader.judges.probe import Trace
from grader.judges.weights import cache_folder
from grader.strategies import Plan
from grader.strategies.pointwise import decision
from grader.types import JudgeRequest

PLAN = Plan(model="embedded", endpoint="embedded", strategy="pointwise")
LAYERS = (14, 16, 18, 20)


def request(one: Labelled) -> JudgeRequest:
    """The request whose states a fit is made of; it belongs to no fit yet."""
    return decision(one.rubric, one.attempt, PLAN, fit="")


def place(one: Labelled, folder: Path) -> Path:
    return folder / f"{one.set}__{one.attempt.id}.npz"


def stored(one: Labelled, folder: Path) -> dict[str, np.ndarray] | None:
    """What was kept of this very request; None when there is nothing, or it was made of other words."""
    try:
        with np.load(place(one, folder)) as kept:
            found = dict(kept)
    except (OSError, ValueError):
        return None
    return found if str(found.pop("key")) == request(one).key and "similarity" in found else None


def extract(rows: Sequence[Labelled], folder: Path) -> None:
    """Read what is not there yet, question by question; takes seconds an answer."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [one for one in rows if stored(one, folder) is None]
    if not todo:
        return
    todo.sort(key=lambda one: (one.set, one.rubric.hash))
    with filelock.FileLock(cache_folder() / "embedded.lock"):
        decider = Decider(Llama(obtain(note=print), threads=threads()), cache_folder() / "nulls")
        nulls: dict[str, dict[str, Trace]] = {}
        begun = time.monotonic()
        for number, one in enumerate(todo, 1):
            asked = request(one)
            empty = emptied(asked)
            if empty.key not in nulls:
                nulls = {empty.key: decider.traces(empty, LAYERS)}
            similar = [near for near, _ in decider.nearest(asked).values()]
            _keep(one, asked, decider.traces(asked, LAYERS), nulls[empty.key], folder, np.array(similar))
            if number % 20 == 0 or number == len(todo):
                print(f"  read {number} of {len(todo)} answers, {time.monotonic() - begun:.0f} s", flush=True)


def _keep(
    one: Labelled,
    asked: JudgeRequest,
    here: dict[str, Trace],
    null: dict[str, Trace],
    folder: Path,
    similar: np.ndarray,
) -> None:
    ids = [criterion.id for criterion in one.rubric.criteria]
    blocks = {
        name: np.stack([here[i].blocks[name] - null[i].blocks[name] for i in ids]).astype(np.float16)
        for name in here[ids[0]].blocks
    }
    odds = np.array([here[i].log_odds for i in ids])
    nothing = np.array([null[i].log_odds for i in ids])
    np.savez(
        place(one, folder),
        key=np.array(asked.key),
        log_odds=odds,
        null_log_odds=nothing,
        similarity=similar,
        **blocks,
    )
