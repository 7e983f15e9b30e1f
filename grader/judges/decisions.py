"""Typed questions on the wire: OpenAI's Decisions and TypeSafe's System One, there and back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Literal, TypeGuard
from urllib.parse import urlsplit, urlunsplit

from grader.errors import JudgeError
from grader.judges.failures import from_status, opened, plain, said_in, seconds_to_wait
from grader.types import JudgeReply, JudgeRequest, Usage

Wire = Literal["decisions", "systemone"]
Post = Callable[[str, bytes], Awaitable[tuple[int, Mapping[str, str], bytes]]]
"""Posts a body to a URL: status, headers, body of the reply."""

MUCH = 2**53
"""No count of tokens and no probability comes near it; some garbage goes beyond any float."""
_WIRES: tuple[Wire, ...] = ("decisions", "systemone")
_NOT_THERE = (404, 405, 501)
_found: dict[str, Wire] = {}
"""Which of the two each endpoint was found to have, for the life of the process."""


async def ask(
    post: Post, chat_url: str, model: str, request: JudgeRequest, secrets: tuple[str, ...] = ()
) -> JudgeReply:
    """The answers of an endpoint that has one of the two addresses beside its /chat/completions.

    An --api-base that ends in one of them is asked there alone. JudgeError when it has neither.
    """
    places = dict(_places(chat_url))
    known = _found.get(chat_url)
    for wire, url in places.items() if known is None else [(known, places[known])]:
        where = url.partition("?")[0]
        status, headers, raw = await post(url, body(request, model, wire))
        if status == 200:
            _found[chat_url] = wire
            return read_reply(raw, request, where=where, model=model, secrets=secrets)
        said = said_in(raw, secrets)
        if status not in _NOT_THERE:
            wait = seconds_to_wait(headers.get("Retry-After"))
            raise from_status(status, said, where=where, model=model, retry_after=wait)
    addresses = " and ".join(url.partition("?")[0] for url in places.values())
    raise JudgeError(
        f"no decision model {model} at {addresses} ({status}): {said}",
        "check --model and --api-base; for a model that chats leave --strategy decision out",
    )


def _places(chat_url: str) -> Iterator[tuple[Wire, str]]:
    parts = urlsplit(chat_url)
    path = parts.path.removesuffix("/chat/completions")
    named = [one for one in _WIRES if path.endswith(f"/{one}")]
    for wire in named or _WIRES:
        yield wire, urlunsplit(parts._replace(path=path if named else f"{path}/{wire}"))


def body(request: JudgeRequest, model: str, wire: Wire) -> bytes:
    """The request as the JSON to post."""
    if wire == "decisions":
        whole: dict[str, Any] = {"model": model, "input": request.input, "questions": listed(request)}
    else:
        whole = {"model": model, "state": request.input, "questions": mapped(request)}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def listed(request: JudgeRequest) -> list[dict[str, Any]]:
    """The questions as OpenAI's list of predicate, choice and score."""
    return [_listed(one) for one in request.questions]


def _listed(question: Mapping[str, Any]) -> dict[str, Any]:
    whole = {"type": question["type"], "name": question["id"], "instructions": question["text"]}
    if question["type"] == "score":
        whole["levels"] = [
            {"label": label, "description": words} for label, words in question["options"].items()
        ]
    elif question["type"] == "choice":
        whole["choices"] = [
            {"value": label, **({"description": words} if words else {})}
            for label, words in question["options"].items()
        ]
    return whole


def mapped(request: JudgeRequest) -> dict[str, dict[str, Any]]:
    """The questions as TypeSafe's map of noul, choice and score; levels are known by their place alone."""
    return {one["id"]: _mapped(one) for one in request.questions}


def _mapped(question: Mapping[str, Any]) -> dict[str, Any]:
    kind = "noul" if question["type"] == "predicate" else question["type"]
    whole: dict[str, Any] = {"type": kind, "instructions": question["text"]}
    if kind == "score":
        whole["criteria"] = [f"{label}: {words}" for label, words in question["options"].items()]
    elif kind == "choice":
        whole["criteria"] = {label: words or None for label, words in question["options"].items()}
    return whole


def read_reply(
    raw: bytes, request: JudgeRequest, *, where: str, model: str, secrets: tuple[str, ...] = ()
) -> JudgeReply:
    """The reply in the body of a 200, of either form; JudgeError when it holds no answers."""
    whole = opened(raw, where=where, model=model, secrets=secrets)
    if not isinstance(whole, dict) or not isinstance(whole.get("answers"), dict | list):
        raise JudgeError(f"{where} answered without answers: {plain(str(whole), secrets, 120)}")
    return reply(whole, request)


def reply(whole: Mapping[str, Any], request: JudgeRequest) -> JudgeReply:
    """{question id: {option: probability}} as far as there are numbers; what is unusable is left out."""
    said = _by_id(whole["answers"], request)
    told = {one["id"]: _probabilities(said.get(one["id"]), one) for one in request.questions}
    return JudgeReply(
        answers={name: odds for name, odds in told.items() if odds},
        stop="stop",
        usage=counted(whole.get("usage")),
    )


def _by_id(answers: Any, request: JudgeRequest) -> Mapping[str, Any]:
    """A map as it is; a list by its names, or by its order where it has as many as were asked."""
    if isinstance(answers, dict):
        return answers
    dicts = [one if isinstance(one, dict) else {} for one in answers]
    if all(one.get("name") is None for one in dicts) and len(dicts) == len(request.questions):
        return {one["id"]: said for one, said in zip(request.questions, dicts, strict=True)}
    return {str(one["name"]): one for one in reversed(dicts) if one.get("name") is not None}


def _probabilities(said: Any, question: Mapping[str, Any]) -> dict[str, float]:
    if not isinstance(said, dict):
        return {}
    if question["type"] == "predicate":
        yes = said.get("probability", said.get("noul"))
        return {"yes": float(yes), "no": 1 - float(yes)} if _is_number(yes) else {}
    odds = said.get("probabilities")
    if isinstance(odds, list):
        pairs = [(one.get("value"), one.get("probability")) for one in odds if isinstance(one, dict)]
    else:
        pairs = list(odds.items()) if isinstance(odds, dict) else []
    labels = list(question["options"])
    names = {str(place): label for place, label in enumerate(labels)} if question["type"] == "score" else {}
    return {names.get(str(label), str(label)): float(one) for label, one in pairs if _is_number(one)}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MUCH


def counted(told: object) -> Usage:
    """Tokens, by whichever of OpenAI's names the endpoint has for them; 0 for what is no count."""
    whole = told if isinstance(told, dict) else {}
    details = whole.get("prompt_tokens_details", whole.get("input_tokens_details"))
    counts = {
        "prompt": whole.get("prompt_tokens", whole.get("input_tokens")),
        "completion": whole.get("completion_tokens", whole.get("output_tokens")),
        "cached": details.get("cached_tokens")
        if isinstance(details, dict)
        else whole.get("prompt_cache_hit_tokens"),
    }
    return Usage(**{name: count(one) for name, one in counts.items()})


def count(told: object) -> int:
    """A number of tokens; 0 for what is none."""
    return told if isinstance(told, int) and 0 <= told < MUCH else 0


def forget() -> None:
    """Forgets which address endpoints were found to have; for tests."""
    _found.clear()
