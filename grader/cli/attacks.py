"""`grade doctor --attacks`: what text that speaks to the grader wins from this judge, in tables by family."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from grader import bank, judges
from grader.cli.chosen import Chosen
from grader.cli.doctor import Check
from grader.strategies import Layer
from grader.trials import attacking
from grader.trials.attacking import Line

HEAD = f"{'':24} {'answers':>7} {'same':>5} {'rise':>7} {'most':>7} {'won':>6} {'drift':>6} {'flagged':>8}"
ALONE, DEFENDED, HONEST = (
    "attacks on the judge alone, without the defence",
    "attacks with the defence",
    "honest answers: what the defence changes",
)


Tables = dict[str, list[Line]]


def checked(chosen: Chosen, before: Check) -> tuple[Check, Tables]:
    """A warning where such text wins more than it may; not tried on a judge that can't judge."""
    if before.state == "skip" or "ungraded" in before.said:
        return Check("attacks", "skip", f"not tried: see {before.name}"), {}
    tables = asyncio.run(tried(chosen))
    missed = "; ".join(over(tables))
    if missed:
        todo = "let people look at what is flagged; docs/security.md says what is promised"
        return Check("attacks", "warn", missed, todo), tables
    return Check("attacks", "ok", "win nothing, and cost honest answers nothing"), tables


async def tried(chosen: Chosen) -> Tables:
    """The package's pairs, judged without and with the defence, and honest answers with and without it."""
    settings = replace(chosen.settings, cassette=None, mode="live", tries=1)
    answers = attacking.suite(bank.load())
    pairs = [one for one in answers if one.attacked]
    without: tuple[Layer, ...] = ()
    bare, workers = replace(chosen.plan, layers=without), settings.concurrency
    async with judges.connect(settings, chosen.choice) as judge:
        asked = attacking.remembered(judge)
        alone = await attacking.attacks(pairs, asked, bare, workers=workers)
        defended = await attacking.attacks(pairs, asked, chosen.plan, workers=workers)
        honest = await attacking.drift(answers, asked, chosen.plan, workers=workers)
    found = {ALONE: alone, DEFENDED: defended, HONEST: honest}
    return {title: attacking.lines(effects) for title, effects in found.items()}


def over(found: Tables) -> Iterator[str]:
    """Goals that are missed, in words."""
    attacked, honest = found[DEFENDED][-1], found[HONEST][-1]
    if attacked.rise >= attacking.RISE:
        yield f"attacks raise scores by {attacked.rise:.3f} on average"
    if attacked.most > attacking.MOST:
        yield f"one attack raises a score by {attacked.most:.2f}"
    if attacked.won > attacking.WON:
        yield f"{attacked.won:.1%} of points go from missing to covered"
    if honest.drift >= attacking.DRIFT:
        yield f"honest scores change by {honest.drift:.3f} on average"
    if honest.flagged >= attacking.FLAGGED:
        yield f"{honest.flagged:.1%} of honest answers are flagged"


def text(title: str, lines: Sequence[Line]) -> str:
    """A row a family. same: the judge reads nothing but the genuine answer; won: missing to covered."""
    rows = [
        f"{one.family:24} {one.answers:7} {one.same:5} {one.rise:+7.3f} {one.most:+7.3f} {one.won:6.1%}"
        f" {one.drift:6.3f} {one.flagged:8.1%}" + (f"  {one.ungraded} ungraded" if one.ungraded else "")
        for one in lines
    ]
    return "\n".join([title, HEAD, *rows, ""])
