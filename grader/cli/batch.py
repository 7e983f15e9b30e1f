"""`grade batch PATH... --out RUN`: a round is planned, graded and written; the same command goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grader import estimates, runs
from grader.bank import load
from grader.bank.rounds import Job, read_round
from grader.bank.sources import check
from grader.bank.tables import Refused
from grader.cli import forecast, options, recordings
from grader.cli.chosen import Chosen, choose, settings_of, tell_void
from grader.cli.console import note, put_json
from grader.cli.interrupts import listening
from grader.cli.progress import shown
from grader.cli.summary import Summary
from grader.engines.budget import Budget
from grader.engines.rounds import grade_round
from grader.engines.throttle import Throttle
from grader.errors import InputError
from grader.judges import connect
from grader.judges.prices import Price, price
from grader.runs import Run
from grader.types import Judge
from grader.wire import to_json


@options.settings(
    "bank model api_base client strategy looks samples jury examples calibration concurrency max_cost "
    "timeout seed lang cassette mode min"
)
def batch(
    paths: Annotated[
        list[str],
        Argument(help="Folders, globs, Markdown, JSONL or CSV files.", metavar="PATH...", show_default=False),
    ],
    out: Annotated[
        Path, Option("--out", help="Folder of the run; the same one again resumes.", metavar="RUN")
    ],
    q: options.Question = None,
    *,
    json: options.Json = False,
    dry_run: options.DryRun = False,
    **flags: object,
) -> int:
    """Grade a round of answers into a run."""
    settings = settings_of(flags)
    shelf = load(settings.bank)
    check(paths)
    chosen = choose(settings)
    tariff = price(chosen.plan.model)
    if settings.max_cost is not None and tariff is None:
        raise InputError(
            f"--max-cost can't be kept: no price of {chosen.plan.model} is known",
            "leave --max-cost out, or set requests_per_minute in grade.toml to go slowly",
        )
    if dry_run:
        done, _ = runs.index(out)
        look(read_round(paths, shelf, question=q), chosen, tariff, done, None)
        return 0
    sitting = {"paths": paths, "model": chosen.plan.model, "endpoint": chosen.plan.endpoint,
               "strategy": chosen.plan.strategy}  # fmt: skip
    with runs.open_run(out, sitting) as run:
        for words in run.notes:
            note(f"note: {words}")
        found = look(read_round(paths, shelf, question=q), chosen, tariff, run.done, run)
        summary = Summary(found, out)
        try:
            asyncio.run(play(read_round(paths, shelf, question=q), run, chosen, tariff, summary, json))
        finally:
            run.close_sitting(summary.facts())
    return summary.close(settings.min, json)


def look(
    round_: Iterable[Job | Refused], chosen: Chosen, tariff: Price | None,
    done: Mapping[int, int], run: Run | None,
) -> estimates.Estimate:  # fmt: skip
    """The plan, said on stderr before anything is paid."""
    found = estimates.survey(
        round_,
        chosen.plan,
        done=lambda key: runs.is_done(done, key),
        known=lambda attempt: runs.number(attempt) in done,
        recorded=recordings.known(chosen.settings, run),
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
    summary: Summary,
    json: bool,
) -> None:
    """Grade what is open; every grade is in the run before it is counted."""
    settings, stop = chosen.settings, summary.stop
    throttle = Throttle(
        settings.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        tokens=lambda request: estimates.expected(request).prompt + estimates.expected(request).completion,
    )
    budget = Budget(settings.max_cost, tariff.of if tariff else None, estimates.most)

    def around(single: Judge) -> Judge:
        return throttle.wrap(budget.wrap(single))

    progress, told = summary.progress, set[str]()
    async with connect(settings, chosen.choice, notice=progress.retried, around=around) as asking:
        judge = recordings.wrap(asking, settings, run)
        forget = recordings.forget(settings, run)
        with listening(stop, lambda: throttle.flying), shown(progress) as display:
            async for outcome in grade_round(
                round_, run, judge, chosen.plan, workers=2 * settings.concurrency, stop=stop, forget=forget
            ):
                summary.add(outcome, budget.spent if tariff else None)
                display.tick()
                tell_void(chosen.plan, [outcome.grade], told)
                if json:
                    put_json(to_json(outcome.grade))
    summary.calls = budget.calls
