"""A grade as JSON-ready data and back: the one shape that scripts, runs and reports see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from grader.errors import InputError
from grader.types import Evidence, Flag, Grade, JudgeCard, Label, Usage, Verdict, Vote


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
    try:
        return Grade(
            attempt=shape["attempt"],
            question=shape["question"],
            score=shape["score"],
            verdicts=tuple(_read_verdict(one) for one in shape["verdicts"]),
            judge=JudgeCard(**_known(JudgeCard, shape["judge"])),
            flags=tuple(Flag(**_known(Flag, one)) for one in shape.get("flags", ())),
            problems=tuple(shape.get("problems", ())),
            needs_review=shape.get("needs_review", False),
            calls=shape.get("calls", 0),
            usage=Usage(**{**_known(Usage, shape.get("tokens", {})), "cost_usd": shape.get("cost_usd")}),
        )
    except KeyError as error:
        raise InputError(f"not a grade: the field {error} is missing") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"not a grade: {error}") from error


def _read_verdict(shape: Mapping[str, Any]) -> Verdict:
    return Verdict(
        criterion=shape["criterion"],
        coverage=shape["coverage"],
        contradicted=shape.get("contradicted", False),
        evidence=tuple(Evidence(**_known(Evidence, one)) for one in shape.get("evidence", ())),
        reason=shape.get("reason", ""),
        confidence=shape.get("confidence"),
        credit=shape.get("credit"),
        votes=tuple(Vote(**_known(Vote, one)) for one in shape.get("votes", ())),
        label=Label(**_known(Label, shape["label"])) if shape.get("label") else None,
    )


def _known(noun: type, shape: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `shape` that the noun has."""
    return {one.name: shape[one.name] for one in fields(noun) if one.name in shape}
