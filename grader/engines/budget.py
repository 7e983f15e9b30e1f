"""--max-cost: no call is begun that could pass the limit."""

from __future__ import annotations

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
        self._cost = cost
        self._expect = expect

    def wrap(self, judge: Judge) -> Judge:
        """`judge` whose replies carry their cost, and that raises BudgetSpent before the limit is passed."""

        async def ask(request: JudgeRequest) -> JudgeReply:
            most = self._most(request) if self.limit is not None else 0.0
            if self.limit is not None and self.spent + self._reserved + most > self.limit:
                raise BudgetSpent(
                    f"the next call could cost {most:.4f} USD and pass --max-cost {self.limit:g}"
                    f" ({self.spent:.4f} spent)",
                    "raise --max-cost and run the same command again: it goes on where it stopped",
                )
            self._reserved += most
            self.calls += 1
            try:
                reply = self._priced(await judge(request))
            finally:
                self._reserved -= most
            self.spent += reply.usage.cost_usd or 0.0
            return reply

        return ask

    def _most(self, request: JudgeRequest) -> float:
        return self._cost(self._expect(request)) if self._cost else 0.0

    def _priced(self, reply: JudgeReply) -> JudgeReply:
        if reply.usage.cost_usd is not None or self._cost is None:
            return reply
        return replace(reply, usage=replace(reply.usage, cost_usd=self._cost(reply.usage)))
