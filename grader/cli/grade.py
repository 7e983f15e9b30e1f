"""`grade ANSWER`: one answer, graded and shown."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

from typer import Argument

from grader.bank import Bank, load, read_attempt
from grader.bank.attempts import LIMIT
from grader.cli import options
from grader.cli.chosen import Chosen, choose, settings_of, tell_void
from grader.cli.console import note, put_json, retried, stdout_console
from grader.grading import grade_attempt
from grader.judges import connect
from grader.report.plain import plain
from grader.report.terminal import render
from grader.report.words import counted
from grader.scoring import under
from grader.strategies import Plan
from grader.strategies import looks as opinions
from grader.types import Attempt, Grade, Rubric
from grader.wire import to_json


@options.settings(
    "bank model api_base client strategy looks samples jury examples calibration timeout seed lang "
    "cassette mode min"
)
def grade(
    answer: Annotated[
        str, Argument(help="A file, or - for standard input.", metavar="ANSWER", show_default=False)
    ],
    q: options.Question = None,
    *,
    json: options.Json = False,
    dry_run: options.DryRun = False,
    **flags: object,
) -> int:
    """Grade one answer: a file, or - for standard input."""
    settings = settings_of(flags)
    shelf = load(settings.bank)
    attempt = read(answer, q, shelf)
    rubric = shelf.question(attempt.question).rubric
    chosen = choose(settings)
    if dry_run:
        return show_requests(rubric, attempt, chosen.plan)
    made = asyncio.run(judged(rubric, attempt, chosen))
    tell_void(chosen.plan, [made])
    if json:
        put_json(to_json(made), indent=2)
    else:
        render(made, rubric, attempt, stdout_console())
    return exit_code(made, settings.min)


def read(answer: str, question: str | None, shelf: Bank) -> Attempt:
    """The attempt; standard input is read as bytes, so that its encoding is found out as for a file."""
    piped = None
    if answer == "-":
        if sys.stdin.isatty():
            note("reading the answer from the keyboard; end it with Ctrl-D (Windows: Ctrl-Z, Enter)")
        piped = sys.stdin.buffer.read(LIMIT + 1)
    return read_attempt(answer, question=question, text=piped, known=shelf.known)


def show_requests(rubric: Rubric, attempt: Attempt, plan: Plan) -> int:
    """Every request that would be sent, but for second looks and repairs, as JSON; nobody is asked."""
    from grader.engines import estimates

    asked = [opinions.requests(rubric, one, plan) for one in estimates.judged(rubric, attempt, plan)]
    requests = [one for some in asked for one in some]
    characters = sum(len(message["content"]) for one in requests for message in one.messages)
    note(f"{counted(len(requests), 'request')}, {characters} characters of prompt; nothing was sent")
    if len(asked) > 1:
        note(f"the last {len(asked[1])} without text that may speak to the grader, where that earned credit")
    put_json([one.canonical() for one in requests], indent=2)
    return 0


async def judged(rubric: Rubric, attempt: Attempt, chosen: Chosen) -> Grade:
    """The grade by the chosen judge."""
    async with connect(chosen.settings, chosen.choice, notice=retried) as judge:
        return await grade_attempt(rubric, attempt, judge, chosen.plan)


def exit_code(made: Grade, bar: float | None) -> int:
    """0 at or over the bar, 1 below it, 3 when ungraded; what is not 0 is said on stderr."""
    if made.score is None:
        reason = plain("; ".join(made.problems)) or "the judge gave no verdict"
        note(
            f"error: ungraded: {reason}\n\nhint: `grade doctor` tries the judge; ungraded is not a low score"
        )
        return 3
    if under(made.score, bar):
        note(f"below the bar: {made.score:.2f} is under {bar:.2f}")
        return 1
    return 0
