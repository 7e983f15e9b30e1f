"""`grade batch PATH... --out RUN`: a round is planned, graded and written; the same command goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grader import runs
from grader.bank import load
from grader.bank.rounds import Job, read_round
from grader.bank.sources import check
from grader.bank.tables import Refused
from grader.cli import forecast, options, recordings
from grader.cli.chosen import Chosen, choose, settings_of, tell_void
from grader.cli.console import note, put_json
from grader.cli.interrupts import listening
from grader.cli.limits import Limits, limits
from grader.cli.progress import shown
from grader.cli.summary import Summary
from grader.engines import estimates
from grader.engines.local import Outcome
from grader.engines.rounds import grade_round
from grader.errors import InputError
from grader.judges import connect
from grader.runs import Run, labels
from grader.runs.numbers import Numbers
from grader.scoring import labelled
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
    """Grade a round of answers; grades are kept in a folder, the run, and the same command resumes it."""
    settings = settings_of(flags)
    shelf = load(settings.bank)
    check(paths)
    jobs = partial(read_round, paths, shelf, question=q)
    summary = graded(jobs, out, choose(settings), paths, json=json, dry_run=dry_run)
    return summary.close(settings.min, json) if summary else 0


def graded(
    jobs: Callable[[], Iterator[Job | Refused]],
    out: Path,
    chosen: Chosen,
    paths: Sequence[str],
    *,
    json: bool = False,
    dry_run: bool = False,
) -> Summary | None:
    """Look through the round, then grade what is open into the run; None after a dry run."""
    held = limits(chosen)
    if dry_run:
        look(jobs(), chosen, held, runs.index(out)[0], None)
        return None
    sitting = {"paths": list(paths), "model": chosen.plan.model, "endpoint": chosen.plan.endpoint,
               "strategy": chosen.plan.strategy}  # fmt: skip
    with runs.open_run(out, sitting) as run:
        for words in run.notes:
            note(f"note: {words}")
        summary = Summary(look(jobs(), chosen, held, run.done, run), out)
        try:
            asyncio.run(play(jobs(), run, chosen, held, summary, json))
        finally:
            run.close_sitting(summary.facts())
    return summary


def look(
    jobs: Iterable[Job | Refused], chosen: Chosen, held: Limits, done: Numbers, run: Run | None
) -> estimates.Estimate:
    """The plan, said on stderr before anything is paid."""
    found = estimates.survey(
        jobs,
        chosen.plan,
        done=lambda key: runs.is_done(done, key),
        known=lambda attempt: runs.number(attempt) in done,
        recorded=recordings.known(chosen.settings, run),
        price=held.price,
    )
    forecast.say(found, chosen)
    if not found.answers:
        raise InputError("there is nothing to grade", found.examples[0].hint if found.examples else "")
    return found


async def play(
    jobs: Iterable[Job | Refused], run: Run, chosen: Chosen, held: Limits, summary: Summary, json: bool
) -> None:
    """Grade what is open; every grade is in the run before it is counted."""
    settings, stop, progress, told = chosen.settings, summary.stop, summary.progress, set[str]()
    said = labels.read(summary.out)
    points = labels.points(said)
    async with connect(settings, chosen.choice, notice=progress.retried, around=held.around) as asking:
        judge = recordings.wrap(asking, settings, run)
        forget = recordings.forget(settings, run)
        with listening(stop, lambda: held.throttle.flying), shown(progress) as display:
            async for outcome in grade_round(
                jobs, run, judge, chosen.plan, workers=2 * settings.concurrency, stop=stop, forget=forget
            ):
                summary.lapsed += labels.lapsed(said, points, outcome.job.attempt, outcome.job.rubric)
                outcome = decided(outcome, said)
                summary.add(outcome, held.budget.spent if held.price else None)
                display()
                tell_void(chosen.plan, [outcome.grade], told)
                if json:
                    put_json(to_json(outcome.grade))
    summary.calls = held.budget.calls


def decided(outcome: Outcome, said: labels.Said) -> Outcome:
    """With what people said of this very answer before; in the run both stand apart."""
    own = labels.of(said, outcome.job.attempt, outcome.job.rubric)
    return replace(outcome, grade=labelled(outcome.grade, outcome.job.rubric, own)) if own else outcome
