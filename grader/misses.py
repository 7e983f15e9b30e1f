"""What changed between a request and the recording nearest to it. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

MOST_LINES = 40
LONGEST_LINE = 160
Request = Mapping[str, Any]


def nearest(request: Request, recorded: Iterable[tuple[str, Request]]) -> tuple[str, Request] | None:
    """The recording that shares most of the request's text, lines counted by length, with its name. They are
    looked at one by one, so that a cassette may be larger than memory."""
    wanted = frozenset(lines(request))

    def likeness(one: tuple[str, Request]) -> float:
        held = frozenset(lines(one[1]))
        same_model = one[1].get("model") == request.get("model")
        return _weight(wanted & held) / (_weight(wanted | held) or 1) + 0.1 * same_model

    return max(recorded, key=likeness, default=None)


def _weight(some: Iterable[str]) -> int:
    return sum(len(one) for one in some)


def lines(request: Request) -> list[str]:
    """A canonical request as lines that a person can compare: settings first, then the texts."""
    shown: list[str] = []
    for name in ("model", "endpoint", "params", "schema", "questions"):
        if name in request:
            value = request[name]
            shown.append(f"{name}: {value if isinstance(value, str) else _compact(value)}")
    for message in request.get("messages", ()):
        shown.append(f"[{message.get('role', '')}]")
        shown.extend(message.get("content", "").split("\n"))
    shown.extend(request.get("input", "").split("\n") if "input" in request else ())
    return shown


def difference(old: Request, new: Request, old_name: str) -> str:
    """A unified diff from the recorded request to the one that was asked, of bounded length."""
    diff = difflib.unified_diff(lines(old), lines(new), old_name, "this request", n=1, lineterm="")
    shown = [one if len(one) <= LONGEST_LINE else one[: LONGEST_LINE - 1] + "…" for one in diff]
    if len(shown) > MOST_LINES:
        more = len(shown) - MOST_LINES
        shown = [*shown[:MOST_LINES], f"… and {more} more line{'s' * (more != 1)}"]
    return "\n".join(shown)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
