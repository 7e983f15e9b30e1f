"""--max-cost: no call is begun that could pass the limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from grader.errors import BudgetSpent
from grader.types import Judge, JudgeReply, JudgeRequest, Usage

Cost = Callable[[Usage], float]


class Budget:
    """Counts what was spent and what the calls in flight may cost. `limit` None: only counts."""

    def __init__(
        self, limit: float | None, cost: Cost | None, expect: Callable[[JudgeRequest], Usage]
    ) -> None:
        self.limit = limit
        self.spent = 0.0
        self.calls = 0
        self._reserved = 0.0
        self._flying = 0
        self._landed = asyncio.Event()
        self._cost = cost
        self._expect = expect

    def wrap(self, judge: Judge) -> Judge:
        """`judge` whose replies carry their cost, and that raises BudgetSpent before the limit is passed."""

        async def ask(request: JudgeRequest) -> JudgeReply:
            most = await self._room(request)
            self._reserved += most
            self._flying += 1
            self.calls += 1
            try:
                reply = self._priced(await judge(request))
                self.spent += reply.usage.cost_usd or 0.0
                return reply
            finally:
                self._reserved -= most
                self._flying -= 1
                self._landed.set()

        return ask

    async def _room(self, request: JudgeRequest) -> float:
        """What the call can cost, once that fits; calls in flight mostly cost less than they could."""
        if self.limit is None:
            return 0.0
        most = self._cost(self._expect(request)) if self._cost else 0.0
        while self.spent + self._reserved + most > self.limit:
            if not self._flying:
                raise BudgetSpent(
                    f"the next call could cost {most:.4f} USD and pass --max-cost {self.limit:g}"
                    f" ({self.spent:.4f} spent)",
                    "raise --max-cost and run the same command again: it goes on where it stopped",
                )
            self._landed.clear()
            await self._landed.wait()
        return most

    def _priced(self, reply: JudgeReply) -> JudgeReply:
        if reply.usage.cost_usd is not None or self._cost is None:
            return reply
        return replace(reply, usage=replace(reply.usage, cost_usd=self._cost(reply.usage)))
