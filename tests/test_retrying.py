"""Retries: what is asked again, how often, how long is waited."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence

import pytest
import stamina

from grader.errors import JudgeError, Overloaded, TimedOut
from grader.judges.failures import plain, seconds_to_wait
from grader.judges.retrying import retrying
from grader.types import JudgeReply, JudgeRequest
from tests import fakes

REQUEST = JudgeRequest(model="m", endpoint="e")
NOW = dt.datetime(2026, 11, 23, 20, 0, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


def ask(script: Sequence[str | JudgeReply | JudgeError], tries: int = 5) -> tuple[int, list[JudgeError], str]:
    """How often was asked, what was noticed, and the reply's text or the failure's message."""
    seen: list[JudgeRequest] = []
    noticed: list[JudgeError] = []
    judge = retrying(fakes.scripted(script, seen), tries=tries, notice=noticed.append)

    async def whole() -> str:
        try:
            return (await judge(REQUEST)).text
        except JudgeError as error:
            return error.message

    text = asyncio.run(whole())
    return len(seen), noticed, text


def test_a_reply_is_asked_for_once() -> None:
    assert ask(["yes"]) == (1, [], "yes")


def test_overload_and_silence_are_asked_again_and_noticed() -> None:
    count, noticed, text = ask([Overloaded("500"), TimedOut("slow"), "yes"])
    assert (count, len(noticed), text) == (3, 2, "yes")


def test_what_would_fail_again_is_not_asked_again() -> None:
    assert ask([JudgeError("wrong key"), "yes"]) == (1, [], "wrong key")
    assert ask([Overloaded("500"), JudgeError("wrong key"), "yes"])[::2] == (2, "wrong key")


def test_the_last_failure_is_told_when_the_tries_are_used_up() -> None:
    assert ask([Overloaded("a"), Overloaded("b"), Overloaded("c"), "yes"], tries=3)[::2] == (3, "c")
    assert ask([Overloaded("a"), "yes"], tries=1)[::2] == (1, "a")


def test_a_wait_of_an_hour_is_not_waited_for() -> None:
    assert ask([Overloaded("later", retry_after=3600.0), "yes"])[::2] == (1, "later")


def test_a_wait_that_the_server_asks_for_is_waited_for_at_least() -> None:
    waits: list[float] = []

    def note(details: stamina.instrumentation.RetryDetails) -> None:
        waits.append(details.wait_for)

    async def whole() -> None:
        judge = retrying(fakes.scripted([Overloaded("busy", retry_after=0.05), "yes"]))
        await judge(REQUEST)

    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([note])
    stamina.set_testing(False)
    try:
        asyncio.run(whole())
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
    assert len(waits) == 1
    assert 0.05 <= waits[0] < 0.2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Mon, 23 Nov 2026 20:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 19:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Wed, 21 Oct 2015 99999999999999999999:28:00 GMT", None),
        ("1 Jan 2020 00:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


@pytest.mark.parametrize(
    "leak",
    ["sk-proj-abcdef123456", "Bearer abcdefgh12345", "AIzaSyA-1234567890123456789012345", "my own secret"],
)
def test_what_looks_like_a_key_is_blotted_out(leak: str) -> None:
    assert leak not in plain(f"the key {leak} is wrong", ("my own secret",))


def test_what_a_server_says_is_one_short_line_without_control_characters() -> None:
    text = plain("a\x1b[31m\n\n  b" + "x" * 1000)
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) == 300
