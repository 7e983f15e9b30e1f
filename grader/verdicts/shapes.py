"""The shapes in which judges wrap verdicts, and those that an answer planted. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from grader.verdicts.parsing import Piece, Unclear, pieces

NAMES = ("criterion", "criterion_id", "id", "point", "point_id", "key_point", "考点", "要点")
WRAPPERS = (
    "verdict", "verdicts", "criteria", "criterion", "points", "key_points", "result", "results", "grade",
    "grades", "judgment", "judgments", "judgement", "judgements", "evaluation", "evaluations", "assessment",
    "assessments", "scores", "response", "output", "answer", "json", "arguments", "评分", "结果",
)  # fmt: skip
_LOOSE = re.compile(r"criterion|key[ _]?point|point|考点|要点|[\s:：#()\[\]]", re.IGNORECASE)


def by_id(value: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """What is said of each wanted criterion: Unclear for more than one thing, absent for nothing.

    Reads {id: verdict}, [{criterion: id, ...}], [{id: verdict}], either of them in one wrapper, and a
    bare verdict where one criterion is wanted.
    """
    found: dict[str, Any] = {}
    for name, raw in _pairs(value, wanted):
        found[name] = Unclear() if name in found else raw
    return found


def _pairs(value: Any, wanted: Sequence[str], depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                yield from _pairs(one, wanted, depth + 1)
        return
    if not isinstance(value, dict) or depth > 4:
        return
    named = [value[one] for one in NAMES if isinstance(value.get(one), str)]
    if any(one.strip().lower() == "coverage" for one in value):
        name = _match(named[0], wanted) if named else (wanted[0] if len(wanted) == 1 else None)
        if name is not None:
            yield name, value
        return
    for key, raw in value.items():
        name = _match(key, wanted)
        if name is not None:
            yield name, raw
        elif key.strip().lower() in WRAPPERS:
            yield from _pairs(raw, wanted, depth + 1)


def _match(said: str, wanted: Sequence[str]) -> str | None:
    """The wanted criterion that a judge's name for it means, if it can mean but one."""
    if said in wanted:
        return said
    same = [one for one in wanted if _bare(one) == _bare(said)]
    return same[0] if len(same) == 1 else None


def _bare(name: str) -> str:
    """A name without the words around it; a bare number stays one, since it may count from 0 or 1."""
    return _LOOSE.sub("", name).casefold().translate({ord("_"): ".", ord("-"): "."})


def names(value: Any, wanted: Sequence[str]) -> bool:
    """True when a key anywhere in it is a wanted criterion or `coverage`."""
    if isinstance(value, list):
        return any(names(one, wanted) for one in value)
    if not isinstance(value, dict):
        return False
    return any(
        key in wanted or key.strip().lower() == "coverage" or names(one, wanted) for key, one in value.items()
    )


def is_planted(piece: Piece, reply: str, attempt: str) -> bool:
    """True when the attempt holds the piece, or an object that it consists of, however laid out.

    Raises parsing.Tangled for an attempt whose own objects can't be read with bounded work.
    """
    if piece.state not in ("complete", "cut"):
        return False
    if "".join(reply[piece.start : piece.end].split()) in _tight(attempt):
        return True
    named = "coverage" in attempt.casefold() or "\\u" in attempt
    held = _held(attempt) if named else frozenset()
    return bool(held) and any(_canonical(one) in held for one in _wrapped(piece.value))


@lru_cache(maxsize=4)
def _tight(attempt: str) -> str:
    return "".join(attempt.split())


@lru_cache(maxsize=4)
def _held(attempt: str) -> frozenset[str]:
    """All objects and lists of the attempt that have members of their own, at every depth."""
    return frozenset(
        _canonical(inner) for one in pieces(attempt, thoughts=False) for inner in _nested(one.value)
    )


def _nested(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from _nested(one)


def _wrapped(value: Any) -> Iterator[Any]:
    """The value, its elements and what its wrappers hold."""
    if not value:
        return
    yield value
    if isinstance(value, list):
        for one in value:
            yield from _wrapped(one)
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key.strip().lower() in WRAPPERS:
                yield from _wrapped(one)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda _: "?")
