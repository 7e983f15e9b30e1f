"""The reply schema of a joint call, and a reply read into verdicts and problems. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from grader.types import Coverage, Criterion, Evidence, JudgeReply, Verdict
from grader.verdicts.parsing import LONGEST, Cut, CutList, Piece, Tangled, Unclear, pieces
from grader.verdicts.shapes import by_id, is_planted, names

MOST_QUOTES = 5
LONGEST_REASON = 1000

_SAID: Mapping[Coverage, str] = {
    "covered": "covered fullycovered 覆盖 已覆盖 完全覆盖 全部覆盖",
    "partial": "partial partially partiallycovered partlycovered 部分 部分覆盖",
    "missing": "missing notcovered uncovered notmentioned 缺失 未覆盖 没有覆盖 未提及",
}
COVERAGES = {word: coverage for coverage, words in _SAID.items() for word in words.split()}
_VERDICT = re.compile(r"""["']\s*coverage\s*["']\s*[:：]""", re.IGNORECASE)
TRUTH = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False, "none": False}


def schema(criteria: Sequence[Criterion]) -> Mapping[str, Any]:
    """A JSON schema with one property a criterion, in the subset that OpenAI's strict mode takes."""
    return _schema(tuple(one.id for one in criteria))


@lru_cache(maxsize=512)
def _schema(ids: Sequence[str]) -> Mapping[str, Any]:
    properties = {
        "reason": {"type": "string"},
        "quotes": {"type": "array", "items": {"type": "string"}},
        "coverage": {"type": "string", "enum": ["covered", "partial", "missing"]},
        "contradicted": {"type": "boolean"},
    }
    one = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": dict.fromkeys(ids, one),
        "required": list(ids),
        "additionalProperties": False,
    }


def read_reply(
    reply: JudgeReply, wanted: Sequence[str], *attempts: str
) -> tuple[dict[str, Verdict], tuple[str, ...]]:
    """The verdicts on the `wanted` criteria that are unambiguous, and a sentence for all that is not.

    The last complete verdict object counts; one that the attempt in any of its forms holds never does; one
    after which another is cut or broken off doesn't either.
    """
    stop = _stopped(reply)
    whole, problem = _object(reply, wanted, attempts)
    if problem:
        return {}, (f"{problem}{stop}", f"No verdict on {', '.join(wanted)}.")
    found: dict[str, Verdict] = {}
    problems: list[str] = []
    named = by_id(whole, wanted)
    for one in wanted:
        verdict = _verdict(one, named.get(one))
        if isinstance(verdict, Verdict):
            found[one] = verdict
        else:
            problems.append(f"{one}: {verdict}{stop if isinstance(whole, Cut | CutList) else ''}")
    return found, tuple(problems)


def _stopped(reply: JudgeReply) -> str:
    """A sentence more on how the reply ended, where that explains it."""
    if reply.stop == "length":
        return " It was cut off at the token limit."
    return " The provider's content filter stopped it." if reply.stop == "content_filter" else ""


def _object(reply: JudgeReply, wanted: Sequence[str], attempts: Sequence[str]) -> tuple[Any, str]:
    """What holds the verdicts, or what is wrong with the reply."""
    text = reply.text
    if len(text) > LONGEST:
        return None, f"The reply is {len(text):,} characters long; up to {LONGEST:,} are read."
    if not text.strip():
        return None, "The reply is empty."
    try:
        found = list(_candidates(pieces(text), wanted))
        planted = {one.start for one in found if any(is_planted(one, text, each) for each in attempts)}
    except Tangled:
        return None, "The reply, or JSON in the answer, is too tangled to read."
    own = [one for one in found if one.start not in planted]
    broken = [one for one in own if one.state in ("broken", "deep")]
    if broken:
        return None, f"The reply's JSON breaks at character {broken[-1].end + 1}."
    if not own:
        return None, "The reply holds no verdict object."
    position, rest = own[-1].end, ""
    for one in (one for one in found if one.start >= own[-1].end):
        position, rest = one.end, rest + text[position : one.start]
    rest += text[position:]
    if _VERDICT.search(rest) or (reply.stop == "length" and rest.strip(" `\n\r\t]}")):
        return None, "The reply goes on after its verdict object, and another one may be meant."
    return own[-1].value, ""


def _candidates(found: Sequence[Piece], wanted: Sequence[str]) -> Iterator[Piece]:
    """Verdict objects, and what may have become one; a cut one holds all that follows."""
    for index, piece in enumerate(found):
        last = index == len(found) - 1
        if piece.state == "complete":
            if any(
                isinstance(one, dict) and "coverage" in _low(one)
                for one in by_id(piece.value, wanted).values()
            ):
                yield piece
        elif names(piece.value, wanted) or (last and piece.state == "cut"):
            yield piece
            if piece.state == "cut":
                return


def _verdict(criterion: str, raw: Any) -> Verdict | str:
    """The verdict that a judge's object means, or what is wrong with it."""
    if raw is None:
        return "the reply has no verdict on it."
    if isinstance(raw, Unclear):
        return "the reply gives more than one verdict on it, or none that ends."
    if isinstance(raw, Cut):
        return "its verdict is cut off."
    if not isinstance(raw, dict):
        return "its verdict is not an object."
    members = _low(raw)
    said, against = members.get("coverage"), _truth(members.get("contradicted"))
    coverage = COVERAGES.get("".join(filter(str.isalnum, said.casefold()))) if isinstance(said, str) else None
    if coverage is None:
        shown = (
            "given twice"
            if isinstance(said, Unclear)
            else json.dumps(said, ensure_ascii=False, default=str)[:40]
        )
        return f"its coverage is none of covered, partial, missing: {shown}."
    if against is None:
        return "it does not say whether the point is contradicted."
    reason = members.get("reason")
    return Verdict(
        criterion=criterion,
        coverage=coverage,
        contradicted=against,
        evidence=tuple(Evidence(quote=one) for one in _quotes(members.get("quotes", members.get("quote")))),
        reason=_plain(reason)[:LONGEST_REASON] if isinstance(reason, str) else "",
    )


def _low(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The members by lower-case name; Unclear where two names become one."""
    members: dict[str, Any] = {}
    for name, value in raw.items():
        low = name.strip().lower()
        members[low] = Unclear() if low in members else value
    return members


def _truth(said: Any) -> bool | None:
    """What was said of contradiction; nothing said means no, None means that it is unclear."""
    if said is None or isinstance(said, bool):
        return bool(said)
    return TRUTH.get(said.strip().lower()) if isinstance(said, str) else None


def _quotes(said: Any) -> Iterator[str]:
    """The quotes that are words, each once."""
    listed = said if isinstance(said, list) else [said]
    words = (one.get("quote", one.get("text")) if isinstance(one, dict) else one for one in listed)
    unique = dict.fromkeys(one.strip() for one in words if isinstance(one, str) and one.strip())
    yield from list(unique)[:MOST_QUOTES]


def _plain(text: str) -> str:
    if not text.isprintable():
        text = "".join(one if one.isprintable() else " " for one in text)
    return text.strip()
