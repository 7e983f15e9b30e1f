"""What a round will ask, cost and take, before anything is paid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from grader import defence, evidence
from grader.bank.rounds import Job
from grader.bank.tables import Refused
from grader.judges.prices import Price
from grader.runs.keys import key, number
from grader.runs.numbers import Numbers
from grader.strategies import Plan, looks
from grader.types import Attempt, JudgeRequest, Rubric, Usage

SHOWN = 5
REPLY_TOKENS = 80
"""Completion tokens for one criterion: a sentence and a quote or two."""
SECONDS_A_CALL, REPLY_SPEED, EMBEDDED_SPEED = 1.0, 60.0, 55.0
"""Hosted models: seconds before the first token, tokens a second; embedded: prompt tokens a second."""


@dataclass
class Estimate:
    """Counts of one look through a round. `recorded`: calls whose reply is there already; `notes`: answers by
    what has to be said of them."""

    answers: int = 0
    done: int = 0
    again: int = 0
    same: int = 0
    calls: int = 0
    recorded: int = 0
    usage: Usage = field(default_factory=Usage)
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[Refused] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def seconds(self, concurrency: int, embedded: bool) -> float:
        """A rough time for the calls."""
        if embedded:
            return self.usage.prompt / EMBEDDED_SPEED
        return (self.calls * SECONDS_A_CALL + self.usage.completion / REPLY_SPEED) / concurrency


def survey(
    jobs: Iterable[Job | Refused],
    plan: Plan,
    *,
    done: Callable[[str], bool] = lambda _: False,
    known: Callable[[str], bool] = lambda _: False,
    recorded: Callable[[JudgeRequest], bool] | None = None,
    price: Price | None = None,
) -> Estimate:
    """Look at every answer once. `done` says of a key that it is graded, `known` of an attempt that an older
    text of it is, `recorded` that a request needs no call; without it no request is written out."""
    found = Estimate()
    texts = Numbers()
    sizes: dict[str, tuple[Usage, int]] = {}
    for one in jobs:
        if isinstance(one, Refused):
            found.refused[one.kind] += 1
            if len([1 for other in found.examples if other.kind == one.kind]) < SHOWN:
                found.examples.append(one)
            continue
        found.answers += 1
        found.notes.update([one.note] if one.note else [])
        mark = number(f"{one.rubric.hash}\0{one.attempt.text}")
        twin = mark in texts
        found.same += twin
        texts[mark] = 0
        if done(key(one.rubric, one.attempt, plan)):
            found.done += 1
            continue
        found.again += known(one.attempt.id)
        if not twin:  # its reply serves both
            _count(found, one, plan, sizes, recorded)
    found.usage = replace(found.usage, cost_usd=price.of(found.usage) if price else None)
    return found


def _count(
    found: Estimate,
    job: Job,
    plan: Plan,
    sizes: dict[str, tuple[Usage, int]],
    recorded: Callable[[JudgeRequest], bool] | None,
) -> None:
    """One answer's calls: for what is kept of it, and for that without what may speak to the grader."""
    first: list[JudgeRequest] = []
    for place, attempt in enumerate(judged(job.rubric, job.attempt, plan)):
        if recorded is None:
            frame, calls = _framed(job, plan, sizes)
            found.calls += calls
            found.usage += replace(frame, prompt=frame.prompt + tokens_in(attempt.text) * calls)
            continue
        requests = looks.requests(job.rubric, attempt, plan)
        missing = [one for one in requests if not recorded(one)]
        found.recorded += len(requests) - len(missing)
        if place and not first:
            return  # a second reading that was not asked for after the first one's reply is not asked for now
        first = missing
        found.calls += len(missing)
        found.usage += sum(map(expected, missing), Usage())


def judged(rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[Attempt, ...]:
    """The attempt as it is first asked about, without what speaks to the grader, and as it is asked about
    once more where that earned credit: without what may. Nothing where nothing is left."""
    seen = defence.shown(rubric, attempt.text, plan.layers)
    made = tuple(replace(attempt, text=one, whole=attempt.text) for one in seen.texts)
    return (
        ()
        if evidence.is_empty(seen.kept.text)
        else tuple(one for one in made if not evidence.is_empty(one.text))
    )


def _framed(job: Job, plan: Plan, sizes: dict[str, tuple[Usage, int]]) -> tuple[Usage, int]:
    """The frame of the job's rubric, written out once."""
    if job.rubric.hash not in sizes:
        if len(sizes) > 500:
            sizes.clear()
        sizes[job.rubric.hash] = _frame(job, plan)
    return sizes[job.rubric.hash]


def _frame(job: Job, plan: Plan) -> tuple[Usage, int]:
    """What all answers to a question have in common: tokens without the answer's own, and calls."""
    requests = looks.requests(job.rubric, job.attempt, plan)
    whole = sum((expected(one) for one in requests), Usage())
    own = tokens_in(job.attempt.text) * len(requests)
    return replace(whole, prompt=max(0, whole.prompt - own)), len(requests)


def expected(request: JudgeRequest) -> Usage:
    """Tokens that a request will take, roughly."""
    words = "".join(one["content"] for one in request.messages) + request.input
    shape = json.dumps(request.schema) if request.schema else ""
    criteria = len((request.schema or {}).get("required", ())) or len(request.questions) or 1
    reply = 0 if request.kind == "decision" else REPLY_TOKENS * criteria
    most = request.params.get("max_tokens")
    return Usage(
        prompt=tokens_in(words) + len(shape) // 4,
        completion=min(reply, most) if isinstance(most, int) else reply,
    )


def most(request: JudgeRequest) -> Usage:
    """Tokens that a request can take at most, for --max-cost; without max_tokens eight times the usual."""
    usual = expected(request)
    limit = request.params.get("max_tokens")
    room = limit if isinstance(limit, int) else 8 * usual.completion
    return Usage(prompt=round(usual.prompt * 1.3), completion=room)


def tokens_in(text: str) -> int:
    """Tokens of a text, roughly: four Latin characters each, three of Chinese two."""
    wide = (len(text.encode("utf-8", "surrogatepass")) - len(text)) // 2
    return max(0, len(text) - wide) // 4 + wide * 2 // 3
