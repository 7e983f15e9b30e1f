"""What a command's calls are held to: how many at a time, how many a minute, what they may cost."""

from __future__ import annotations

from dataclasses import dataclass

from grader.cli.chosen import Chosen
from grader.engines import estimates
from grader.engines.budget import Budget
from grader.engines.throttle import Throttle
from grader.errors import InputError
from grader.judges.prices import Price, price
from grader.types import Judge


@dataclass(frozen=True)
class Limits:
    """`price` of the model, None when it is not known."""

    price: Price | None
    throttle: Throttle
    budget: Budget

    def around(self, judge: Judge) -> Judge:
        """Goes around each single try of a call."""
        return self.throttle.wrap(self.budget.wrap(judge))


def limits(chosen: Chosen) -> Limits:
    """InputError for a --max-cost that can't be kept."""
    settings, known = chosen.settings, price(chosen.plan.model)
    if settings.max_cost is not None and settings.mode != "replay" and known is None:
        raise InputError(
            f"--max-cost can't be kept: no price of {chosen.plan.model} is known",
            "leave --max-cost out, or set requests_per_minute in grade.toml to go slowly",
        )
    throttle = Throttle(
        settings.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        tokens=lambda request: estimates.expected(request).prompt + estimates.expected(request).completion,
    )
    return Limits(known, throttle, Budget(settings.max_cost, known.of if known else None, estimates.most))
