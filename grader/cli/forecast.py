"""The plan of a batch in words: what is there, what it will ask, cost and take."""

from __future__ import annotations

from grader.cli.chosen import Chosen
from grader.cli.console import note
from grader.cli.progress import clock
from grader.engines.estimates import SHOWN, Estimate
from grader.report.words import counted

NAMES = {
    "unknown": "with an unknown question",
    "question": "without a question",
    "unreadable": "that can't be read",
    "repeated": "given twice",
}


def say(found: Estimate, chosen: Chosen) -> None:
    """A few lines on stderr."""
    for one in found.examples:
        note(f"{'note' if one.kind == 'note' else 'skipped'}: {one.where}: {one.why}")
    for kind, words in NAMES.items():
        if found.refused[kind]:
            note(f"{found.refused[kind]} {words}")
    for words, count in found.notes.most_common(SHOWN):
        note(f"note: {words} ({counted(count, 'answer')})")
    if len(found.notes) > SHOWN:
        more = counted(
            len(found.notes) - SHOWN, "more such table or question", "more such tables or questions"
        )
        note(f"note: and {more}")
    note(f"plan: {', '.join(_answers(found))}")
    if found.calls:
        note(f"      {', '.join(_calls(found, chosen))}")


def _answers(found: Estimate) -> list[str]:
    words = [counted(found.answers, "answer")]
    if found.done:
        words.append(f"{found.done} graded already")
    if found.again:
        words.append(f"{found.again} to be graded anew (failed or changed)")
    if found.same:
        words.append(f"{found.same} with the same words as another")
    if found.recorded:
        words.append(f"{counted(found.recorded, 'call')} answered by recordings")
    return words


def _calls(found: Estimate, chosen: Chosen) -> list[str]:
    usage, settings = found.usage, chosen.settings
    cost = "price not known" if usage.cost_usd is None else f"about {usage.cost_usd:.4f} USD"
    seconds = found.seconds(settings.concurrency, chosen.plan.endpoint.startswith("embedded"))
    return [
        f"{counted(found.calls, 'call')}, {settings.concurrency} at a time",
        f"about {usage.prompt:,} + {usage.completion:,} tokens",
        cost,
        f"about {clock(seconds)}",
        *(["second looks come on top"] if chosen.plan.looks else []),
    ]
