"""`grade batch PATH... --out RUN`: a round is planned, graded and written; the same command goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grader import estimates, runs
from grader.bank import Bank, load
from grader.bank.rounds import Job, read_round
from grader.bank.tables import Refused
from grader.cassette import name
from grader.cli import forecast, options
from grader.cli.chosen import Chosen, choose, settings_of
from grader.cli.console import note, put, put_json
from grader.cli.interrupts import INTERRUPTED, listening
from grader.cli.progress import Progress, clock, shown
from grader.engines.budget import Budget
from grader.engines.local import Outcome, Stop
from grader.engines.rounds import grade_round
from grader.engines.throttle import Throttle
from grader.errors import InputError
from grader.judges import connect
from grader.judges.prices import Price, price
from grader.runs import Run
from grader.types import Judge, JudgeRequest
from grader.wire import to_json


def batch(
    paths: Annotated[
        list[str],
        Argument(help="Folders, globs, Markdown, JSONL or CSV files.", metavar="PATH...", show_default=False),
    ],
    out: Annotated[
        Path, Option("--out", help="Folder of the run; the same one again resumes.", metavar="RUN")
    ],
    q: options.Question = None,
    bank: options.Bank = None,
    model: options.Model = None,
    api_base: options.ApiBase = None,
    client: options.Client = None,
    strategy: options.Strategy = None,
    concurrency: options.Concurrency = None,
    max_cost: options.MaxCost = None,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    lang: options.Lang = None,
    cassette: options.Cassette = None,
    mode: options.Mode = None,
    json: options.Json = False,
    min: options.Min = None,
    dry_run: options.DryRun = False,
) -> int:
    """Grade a round of answers into a run."""
    given = dict(locals())
    flags = {one: given[one] for one in given if one not in ("paths", "out", "q", "json", "dry_run")}
    settings = settings_of(flags)
    shelf = load(settings.bank)
    chosen = choose(settings)
    tariff = price(chosen.plan.model)
    if settings.max_cost is not None and tariff is None:
        raise InputError(
            f"--max-cost can't be kept: no price of {chosen.plan.model} is known",
            "leave --max-cost out, or set requests_per_minute in grade.toml to go slowly",
        )
    if dry_run:
        done, _ = runs.index(out)
        look(paths, shelf, q, chosen, tariff, done, None)
        return 0
    sitting = {"paths": paths, "model": chosen.plan.model, "endpoint": chosen.plan.endpoint,
               "strategy": chosen.plan.strategy}  # fmt: skip
    with runs.open_run(out, sitting) as run:
        for words in run.notes:
            note(f"note: {words}")
        found = look(paths, shelf, q, chosen, tariff, run.done, run)
        sum_up = Summary(found, out)
        asyncio.run(play(read_round(paths, shelf, question=q), run, chosen, tariff, sum_up, json))
    return sum_up.close(settings.min, json)


def look(
    paths: list[str], shelf: Bank, q: str | None, chosen: Chosen, tariff: Price | None,
    done: dict[int, int], run: Run | None,
) -> estimates.Estimate:  # fmt: skip
    """The plan, said on stderr before anything is paid."""
    settings = chosen.settings
    recorded: Callable[[JudgeRequest], bool] | None = None
    if settings.cassette is not None and settings.mode in ("auto", "replay") and settings.cassette.is_dir():
        folder = settings.cassette

        recorded = lambda request: (folder / name(request.key)).is_file()  # noqa: E731
    elif run is not None and len(run.replies):
        recorded = run.replies.__contains__
    found = estimates.survey(
        read_round(paths, shelf, question=q),
        chosen.plan,
        done=lambda key: runs.is_done(done, key),
        known=lambda attempt: runs.number(attempt) in done,
        recorded=recorded,
        price=tariff,
    )
    forecast.say(found, chosen)
    if not found.answers:
        raise InputError("there is nothing to grade", found.examples[0].hint if found.examples else "")
    return found


async def play(
    round_: Iterator[Job | Refused],
    run: Run,
    chosen: Chosen,
    tariff: Price | None,
    sum_up: Summary,
    json: bool,
) -> None:
    """Grade what is open; every grade is in the run before it is counted."""
    settings, stop = chosen.settings, sum_up.stop
    throttle = Throttle(
        settings.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        tokens=lambda request: estimates.expected(request).prompt + estimates.expected(request).completion,
    )
    budget = Budget(settings.max_cost, tariff.of if tariff else None, estimates.most)

    def around(single: Judge) -> Judge:
        return throttle.wrap(budget.wrap(single))

    progress = sum_up.progress
    async with connect(settings, chosen.choice, notice=progress.retried, around=around) as asking:
        own = settings.cassette is None
        judge = run.replies.wrap(asking) if own else asking
        forget = run.replies.forget if own else None
        with listening(stop, lambda: throttle.flying), shown(progress) as display:
            async for outcome in grade_round(
                round_, run, judge, chosen.plan, workers=2 * settings.concurrency, stop=stop, forget=forget
            ):
                sum_up.add(outcome, budget.spent if tariff else None)
                display.tick()
                if json:
                    put_json(to_json(outcome.grade))
    sum_up.asked = budget.calls


class Summary:
    """What came of a sitting, and the exit code."""

    def __init__(self, found: estimates.Estimate, out: Path) -> None:
        self.found = found
        self.out = out
        self.stop = Stop()
        self.progress = Progress(found.answers - found.done)
        self.asked = 0
        self.scores: list[int] = [0, 0]
        self.total = 0.0
        self.review = 0
        self.failed: list[str] = []
        self.failures = 0
        self.below = 0
        self.started = time.monotonic()

    def add(self, outcome: Outcome, spent: float | None) -> None:
        """Count one grade; `spent` is what this sitting has cost so far."""
        grade = outcome.grade
        self.progress.count += 1
        self.progress.cost = spent
        self.review += grade.needs_review
        if grade.score is None:
            self.failures += 1
            if len(self.failed) < estimates.SHOWN:
                self.failed.append(f"{grade.attempt}: {'; '.join(grade.problems)}")
        else:
            self.total += grade.score

    def close(self, bar: float | None, json: bool) -> int:
        """Say it; the exit code of design.md."""
        count = self.progress.count
        graded = count - self.failures
        words = [f"{graded} graded"]
        if graded:
            words[0] += f", mean score {self.total / graded:.2f}"
        if self.found.done:
            words.append(f"{self.found.done} graded before")
        if self.review:
            words.append(f"{self.review} need review")
        if self.failures:
            words.append(f"{self.failures} ungraded")
        text = "; ".join(words)
        seconds = time.monotonic() - self.started
        cost = "" if self.progress.cost is None else f", {self.progress.cost:.4f} USD"
        text += f"\n{self.asked} calls{cost}, {clock(seconds)}; {self.out}"
        note(text) if json else put(text)
        if self.progress.repeated:
            note(f"{self.progress.repeated} tries were repeated, the last because: {self.progress.trouble}")
        return self._code(bar)

    def _code(self, bar: float | None) -> int:
        for words in self.failed:
            note(f"ungraded: {words}")
        if self.failures or self.stop:
            left = self.progress.total - self.progress.count
            why = self.stop.why or f"{self.failures} answers are ungraded"
            more = f"; {left} answers are left" if left else ""
            note(f"error: {why}{more}\n\nhint: the same command goes on; nothing is asked twice")
            return 130 if self.stop.why == INTERRUPTED else 3
        below = (
            sum(one.grade.score is not None and one.grade.score < bar for one in runs.read(self.out))
            if bar
            else 0
        )
        if below:
            note(f"below the bar: {below} answers are under {bar:.2f}")
            return 1
        return 0
