"""The one owner of retries: asks again when the endpoint is overloaded or silent, within bounds."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import stamina

from grader.errors import JudgeError, Overloaded, TimedOut
from grader.types import Judge, JudgeReply, JudgeRequest

LONGEST_WAIT = 60.0
"""Seconds. Whoever asks for a longer wait is not waited for: the answer stays ungraded, to be resumed."""

logging.getLogger("stamina").addHandler(logging.NullHandler())  # it would write each retry to stderr

Notice = Callable[[JudgeError], None]


def retrying(judge: Judge, *, tries: int = 5, within: float = 600.0, notice: Notice | None = None) -> Judge:
    """`judge`, asked up to `tries` times in about `within` seconds. `notice` hears of what is retried."""

    def backoff(error: Exception) -> bool | float:
        if not isinstance(error, Overloaded | TimedOut):
            return False
        wait = error.retry_after if isinstance(error, Overloaded) else None
        if wait is not None and wait > LONGEST_WAIT:
            return False
        if notice is not None:
            notice(error)
        return True if wait is None else wait + random.uniform(0, 0.25 * wait + 0.1)

    async def ask(request: JudgeRequest) -> JudgeReply:
        try:
            return await judge(request)  # the usual case does not pay for the machinery of the loop
        except (Overloaded, TimedOut) as error:
            first: list[JudgeError] = [error]
        async for attempt in stamina.retry_context(
            on=backoff, attempts=tries, timeout=within, wait_initial=0.5, wait_max=30.0, wait_jitter=1.0
        ):
            with attempt:
                if first:
                    raise first.pop()
                return await judge(request)
        raise AssertionError("stamina leaves its loop by return or raise")

    return ask
