"""A grade as JSON-ready data and back: the one shape that scripts, runs and reports see."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.types import Grade, Verdict

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator


def to_json(grade: Grade) -> dict[str, Any]:
    """The object of interface.md. The score is not rounded."""
    return {
        "attempt": grade.attempt,
        "question": grade.question,
        "score": grade.score,
        "ungraded": grade.ungraded,
        "needs_review": grade.needs_review,
        "verdicts": [_verdict(one) for one in grade.verdicts],
        "flags": [{**vars(one)} for one in grade.flags],
        "problems": list(grade.problems),
        "calls": grade.calls,
        "tokens": {name: one for name, one in vars(grade.usage).items() if name != "cost_usd"},
        "cost_usd": grade.usage.cost_usd,
        "judge": {**vars(grade.judge)},
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    cast = {"votes": [{**vars(one)} for one in verdict.votes]} if verdict.votes else {}
    by_people = {"label": {**vars(verdict.label)}} if verdict.label is not None else {}
    return {
        "criterion": verdict.criterion,
        "coverage": verdict.coverage,
        "credit": verdict.credit,
        "contradicted": verdict.contradicted,
        "confidence": verdict.confidence,
        "evidence": [{**vars(one)} for one in verdict.evidence],
        "reason": verdict.reason,
        **cast,
        **by_people,
    }


def from_json(shape: Mapping[str, Any]) -> Grade:
    """The grade that `to_json` wrote. InputError names the field when it is none; unknown fields are left."""
    from pydantic import ValidationError

    try:
        usage = {**shape.get("tokens", {}), "cost_usd": shape.get("cost_usd")}
        found: Grade = strictly(Grade).validate_python({**shape, "usage": usage})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"not a grade: {'.'.join(map(str, first['loc']))[:80]}: {first['msg']}") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"not a grade: {error}") from error
    return found


@cache
def strictly(noun: type) -> SchemaValidator:
    """Makes the noun of parsed JSON. "0.5" is no number here and 1 no yes: what is meant is not guessed."""
    from pydantic import TypeAdapter  # what only writes grades does not wait for it
    from pydantic_core import SchemaValidator

    return SchemaValidator(_strict(TypeAdapter(noun).core_schema))


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    number = {"strict": True} if schema.get("type") in ("int", "float", "bool") else {}
    return {name: _strict(one) for name, one in schema.items()} | number
