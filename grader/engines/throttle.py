"""How many judge calls are in flight: one bound, lowered by 429, and limits a minute."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from grader.errors import Overloaded
from grader.types import Judge, JudgeReply, JudgeRequest

SLOWER = 0.6
COOL_DOWN = 1.0
"""Seconds in which one burst of 429 lowers the bound only once."""


class Throttle:
    """Goes around the judge inside its retries, so that a call that waits for its next try holds no place."""

    def __init__(
        self,
        most: int,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        tokens: Callable[[JudgeRequest], int] = lambda _: 0,
    ) -> None:
        """`tokens` says what a request counts against the limit of tokens."""
        self.most = most
        self.bound = float(most)
        self.flying = 0
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._per_token = 60.0 / tokens_per_minute if tokens_per_minute else 0.0
        self._tokens = tokens
        self._open_at = 0.0
        self._lowered_at = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    def wrap(self, judge: Judge) -> Judge:
        """`judge` within the bound."""

        async def ask(request: JudgeRequest) -> JudgeReply:
            await self._enter(request)
            try:
                reply = await judge(request)
            except Overloaded as error:
                if error.status == 429 or error.retry_after is not None:
                    self._slow_down(error.retry_after or 0.0)
                raise
            finally:
                self._leave()
            if self.bound < self.most:
                self.bound = min(float(self.most), self.bound + 1.0 / self.bound)
            return reply

        return ask

    async def _enter(self, request: JudgeRequest) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            if self.flying >= max(1, int(self.bound)):
                turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(turn)
                try:
                    await turn
                except asyncio.CancelledError:
                    self._call_next()
                    raise
            elif (wait := self._open_at - clock()) > 0:
                await asyncio.sleep(wait)
            else:
                break
        self.flying += 1
        if self._spacing or self._per_token:
            pause = max(self._spacing, self._per_token * self._tokens(request))
            self._open_at = max(self._open_at, clock()) + pause

    def _leave(self) -> None:
        self.flying -= 1
        self._call_next()

    def _call_next(self) -> None:
        for _ in range(max(1, int(self.bound)) - self.flying):
            while self._waiting and self._waiting[0].done():
                self._waiting.popleft()
            if not self._waiting:
                return
            self._waiting.popleft().set_result(None)

    def _slow_down(self, retry_after: float) -> None:
        now = asyncio.get_running_loop().time()
        self._open_at = max(self._open_at, now + retry_after)
        if now - self._lowered_at > COOL_DOWN:
            self._lowered_at = now
            self.bound = max(1.0, self.bound * SLOWER)
