"""An endpoint's failure as one line for a person, without any key, in the error that says what helps."""

from __future__ import annotations

import datetime as dt
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote

from grader.errors import JudgeError, Overloaded, TimedOut

_KEYS = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|AIza)[-_][\w*.-]{6,}|AIza[\w-]{20,}|(?i:bearer)\s+[\w.~+/*-]{8,}=*"
)
_SECRET = re.compile(r"(?i)(?:key|token|secret|password|_pat|credentials)$")
_USER = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_LOOKED_AT = 20_000
"""Characters of what an endpoint said; it could be 20 MB, and 300 are shown."""
_SPENT = ("insufficient_quota", "exceeded your current quota", "insufficient balance", "billing")


def plain(text: str, secrets: Iterable[str] = (), limit: int = 300) -> str:
    """`text` on one line, shortened, with `secrets` and everything that looks like a key blotted out."""
    if len(text) > _LOOKED_AT:
        end = max(text.rfind(space, 0, _LOOKED_AT) for space in " \n")  # no half of a key stands at the end
        text = text[: end if end >= 0 else _LOOKED_AT]
    text = " ".join(blotted(text, secrets).split())
    text = "".join(one if one.isprintable() else "?" for one in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def blotted(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, users in addresses, and everything that looks like a key."""
    return _KEYS.sub("***", _USER.sub("***", without(text, (one for one in secrets if len(one) >= 4))))


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, as they are and as an address holds them."""
    for secret in secrets:
        for form in (secret, quote(secret), quote(secret, safe="")):
            text = text.replace(form, "***")
    return text


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What must be shown nowhere: values of variables that are called so, and whoever logs in at a proxy."""
    found = [value for name, value in environ.items() if _SECRET.search(name)]
    for name, value in environ.items():
        if name.lower().endswith("_proxy") and (user := _USER.search(value)):
            login = unquote(user[0])
            found += [user[0], *user[0].split(":"), *login.split(":", 1), b64encode(login.encode()).decode()]
    return tuple(sorted({one for one in found if len(one) > 5}, key=len, reverse=True))


def seconds_to_wait(header: str | None, now: dt.datetime | None = None) -> float | None:
    """Retry-After in seconds, from a number or an HTTP date; None when it is absent or makes no sense."""
    if not header:
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            until = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        wait = (until - (now or dt.datetime.now(dt.UTC))).total_seconds()
    return max(0.0, wait) if wait == wait and wait < 1e7 else None


def from_status(
    status: int, said: str, *, where: str, model: str, retry_after: float | None = None
) -> JudgeError:
    """The error for a reply that is not 200. `said`: the endpoint's own words, made plain before."""
    words = f" ({status}): {said}" if said else f" ({status})"
    if status in (401, 403):
        return JudgeError(
            f"{where} refused the key{words}", "set GRADE_API_KEY or the provider's own variable"
        )
    if status == 402 or (status == 429 and any(one in said.lower() for one in _SPENT)):
        return JudgeError(
            f"{where} says that no credit is left{words}", "top it up, or choose another --model"
        )
    if status == 404:
        hint = f"check the name {model}, and that --api-base ends where /chat/completions begins"
        return JudgeError(f"{where} knows no such model or address{words}", hint)
    if status in (408, 504):
        return TimedOut(f"{where} gave up waiting{words}", "try a longer --timeout")
    if status == 429:
        return Overloaded(
            f"{where} asks to slow down{words}", "lower --concurrency or try later", retry_after
        )
    if status >= 500 and status != 501:
        return Overloaded(f"{where} failed{words}", "try later", retry_after)
    if 300 <= status < 400:
        return JudgeError(f"{where} redirects elsewhere{words}", "give --api-base the address it moved to")
    return JudgeError(f"{where} refused the request{words}")


def refused_connection(where: str) -> JudgeError:
    """Nobody listens there."""
    return JudgeError(f"nothing answers at {where}", f"is the server running at {where}?")


def said_in(raw: bytes, secrets: tuple[str, ...] = ()) -> str:
    """The endpoint's own words about its refusal, in whichever of the usual places they stand."""
    try:
        whole = json.loads(raw)
    except (ValueError, RecursionError):
        return plain(raw.decode("utf-8", "replace"), secrets)
    found: Any = whole
    if isinstance(whole, dict):
        found = whole.get("error") or whole.get("detail") or whole.get("message") or whole
    return words_of(found, secrets)


def words_of(error: object, secrets: tuple[str, ...]) -> str:
    """The words of an error object."""
    if isinstance(error, dict):
        parts = [str(error[name]) for name in ("message", "code", "param") if error.get(name)]
        return plain(" ".join(parts) or str(error), secrets)
    return plain(str(error), secrets)


def opened(raw: bytes, *, where: str, model: str, secrets: tuple[str, ...]) -> Any:
    """The JSON in the body of a 200; JudgeError when it is none, or tells of an error after all."""
    try:
        whole = json.loads(raw)
    except (ValueError, RecursionError):
        start = plain(raw.decode("utf-8", "replace"), secrets, 80)
        kind = "a stream" if raw.lstrip()[:5] == b"data:" else "something that is not JSON"
        raise JudgeError(f"{where} answered with {kind}: {start}", "does --api-base end in /v1?") from None
    error = whole.get("error") if isinstance(whole, dict) else None
    if not error:
        return whole
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 400
    raise from_status(status, words_of(error, secrets), where=where, model=model)
