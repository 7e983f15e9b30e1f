"""The bound on calls in flight, the limits a minute, and the budget."""

from __future__ import annotations

import asyncio
import time

import pytest

from grader.engines.budget import Budget
from grader.engines.throttle import Throttle
from grader.errors import BudgetSpent, Overloaded
from grader.types import Judge, JudgeReply, JudgeRequest, Usage

REQUEST = JudgeRequest(model="m", endpoint="e")


def counting(flying: list[int], fail: list[Overloaded] | None = None, seconds: float = 0.005) -> Judge:
    now = 0

    async def judge(request: JudgeRequest) -> JudgeReply:
        nonlocal now
        now += 1
        flying.append(now)
        try:
            await asyncio.sleep(seconds)
            if fail:
                raise fail.pop()
            return JudgeReply(usage=Usage(prompt=1000))
        finally:
            now -= 1

    return judge


async def many(judge: Judge, count: int) -> list[JudgeReply | BaseException]:
    return await asyncio.gather(*(judge(REQUEST) for _ in range(count)), return_exceptions=True)


def test_never_more_calls_are_in_flight_than_the_bound() -> None:
    flying: list[int] = []
    asyncio.run(many(Throttle(4).wrap(counting(flying)), 50))
    assert max(flying) == 4
    assert len(flying) == 50


def test_a_burst_of_429_lowers_the_bound_once_and_success_raises_it_again() -> None:
    flying: list[int] = []
    throttle = Throttle(10)
    judge = throttle.wrap(counting(flying, [Overloaded("slow", status=429) for _ in range(10)]))

    async def play() -> None:
        await many(judge, 10)
        assert throttle.bound == pytest.approx(6)
        await many(judge, 200)
        assert throttle.bound == 10

    asyncio.run(play())
    assert max(flying[10:20]) <= 7


def test_a_500_does_not_lower_the_bound() -> None:
    throttle = Throttle(10)
    asyncio.run(many(throttle.wrap(counting([], [Overloaded("broken", status=500)])), 10))
    assert throttle.bound == 10


def test_retry_after_holds_all_calls_back() -> None:
    throttle = Throttle(2)
    judge = throttle.wrap(counting([], [Overloaded("slow", retry_after=0.2, status=429)]))

    async def play() -> float:
        await many(judge, 1)
        began = time.monotonic()
        await many(judge, 3)
        return time.monotonic() - began

    assert asyncio.run(play()) >= 0.19


def test_requests_a_minute_are_spread_evenly() -> None:
    throttle = Throttle(50, requests_per_minute=1200)
    began = time.monotonic()
    asyncio.run(many(throttle.wrap(counting([])), 6))
    assert time.monotonic() - began >= 5 * 0.05


def test_tokens_a_minute_are_kept() -> None:
    throttle = Throttle(50, tokens_per_minute=60_000, tokens=lambda _: 50)
    began = time.monotonic()
    asyncio.run(many(throttle.wrap(counting([])), 5))
    assert time.monotonic() - began >= 4 * 0.05


def test_a_cancelled_call_that_waited_leaves_its_turn_to_the_next() -> None:
    async def play() -> None:
        judge = Throttle(1).wrap(counting([], seconds=0.02))
        first, second, third = (asyncio.create_task(judge(REQUEST)) for _ in range(3))  # type: ignore[arg-type]
        await asyncio.sleep(0.001)
        second.cancel()
        await asyncio.wait_for(asyncio.gather(first, third), 1)

    asyncio.run(play())


def test_a_turn_that_was_given_to_a_cancelled_call_is_not_lost() -> None:
    async def play() -> None:
        judge = Throttle(1).wrap(counting([], seconds=0.01))
        first = asyncio.ensure_future(judge(REQUEST))
        second = asyncio.ensure_future(judge(REQUEST))
        third = asyncio.ensure_future(judge(REQUEST))
        await asyncio.sleep(0)
        first.add_done_callback(lambda _: second.cancel())
        await asyncio.wait_for(asyncio.gather(first, third), 1)

    asyncio.run(play())


def test_no_call_is_begun_that_could_pass_the_limit_in_money() -> None:
    flying: list[int] = []
    budget = Budget(0.35, lambda usage: usage.prompt / 10_000, lambda _: Usage(prompt=1000))
    outcomes = asyncio.run(many(budget.wrap(counting(flying)), 5))
    assert [type(one) for one in outcomes] == [JudgeReply] * 3 + [BudgetSpent] * 2
    assert budget.spent == pytest.approx(0.3)
    assert len(flying) == 3
    first = outcomes[0]
    assert isinstance(first, JudgeReply)
    assert first.usage.cost_usd == pytest.approx(0.1)


def test_a_call_that_does_not_fit_yet_waits_for_what_those_in_flight_really_cost() -> None:
    flying: list[int] = []
    budget = Budget(1.0, lambda usage: usage.prompt / 10_000, lambda _: Usage(prompt=4000))
    outcomes = asyncio.run(many(budget.wrap(counting(flying)), 10))
    assert [type(one) for one in outcomes].count(JudgeReply) == 7  # the eighth could pass it: 0.7 + 0.4
    assert max(flying) == 2
    assert budget.spent == pytest.approx(0.7)
