"""What an OpenAI-compatible server takes: learnt from what it refuses, one step at a time."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from grader.types import JudgeRequest

MOST_STEPS = 6
_log = logging.getLogger("grader.judges")
SchemaLevel = Literal["json_schema", "json_object", "none"]
_WEAKER: Mapping[SchemaLevel, SchemaLevel] = {"json_schema": "json_object", "json_object": "none"}
_ABOUT_SCHEMA = ("response_format", "json_schema", "json_object", "schema", "grammar", "guided", "structured")
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True)
class Dialect:
    """How to ask one server: how strongly to ask for a schema, which parameters to leave out or rename."""

    schema: SchemaLevel = "json_schema"
    dropped: frozenset[str] = frozenset()
    renamed: frozenset[tuple[str, str]] = frozenset()


_known: dict[str, Dialect] = {}


def known(slot: str, first: Dialect) -> Dialect:
    """What an endpoint and model were found to take, for the life of the process; at first `first`."""
    return _known.setdefault(slot, first)


def learnt(slot: str, before: Dialect, request: JudgeRequest, status: int, said: str, where: str) -> bool:
    """Takes in a refusal of what was asked in the dialect `before`; False when it is about something else."""
    step = _adapted(before, request, status, said)
    if step is None:
        return False
    if _known[slot] == before:  # else another call in flight learnt it first
        _known[slot], words = step
        _log.warning("note: %s %s", where, words)
    return True


def forget() -> None:
    """Forgets what was learnt; for tests."""
    _known.clear()


def fields(request: JudgeRequest, model: str, dialect: Dialect) -> dict[str, Any]:
    """The request by the names of OpenAI's chat protocol."""
    whole: dict[str, Any] = {"model": model, "messages": list(request.messages)}
    names = dict(dialect.renamed)
    for name, value in request.params.items():
        if name not in dialect.dropped:
            whole[names.get(name, name)] = value
    if request.schema is not None:
        if dialect.schema == "json_schema":
            wanted = {"name": "verdicts", "strict": True, "schema": request.schema}
            whole["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif dialect.schema == "json_object":
            whole["response_format"] = {"type": "json_object"}
    return whole


def body(request: JudgeRequest, model: str, dialect: Dialect) -> bytes:
    """The same as the JSON to post."""
    whole = fields(request, model, dialect)
    return _written(whole).encode("utf-8", "replace")


def _adapted(dialect: Dialect, request: JudgeRequest, status: int, said: str) -> tuple[Dialect, str] | None:
    """What to try after a refusal, and what to tell the user; None when it is about something else."""
    if status not in (400, 422, 501):
        return None
    lower = said.lower()
    if "max_tokens" in request.params and "max_completion_tokens" in lower and not dialect.renamed:
        pair = frozenset({("max_tokens", "max_completion_tokens")})
        return replace(dialect, renamed=pair), "says max_completion_tokens for max_tokens"
    about_schema = any(word in lower for word in _ABOUT_SCHEMA)
    if not about_schema:
        for name in request.params:
            named = name not in dialect.dropped and re.search(rf"\b{name}\b", lower)
            if named and "support" in lower:
                return replace(
                    dialect, dropped=dialect.dropped | {name}
                ), f"does not take {name}; asking without it"
    weaker = _WEAKER.get(dialect.schema)
    if request.schema is not None and weaker is not None and (about_schema or status != 400):
        instead = "plain text" if weaker == "none" else weaker
        return replace(
            dialect, schema=weaker
        ), f"does not take {dialect.schema}; asking for {instead} instead"
    return None
