"""Runs for a person at a terminal: the mean by section and person, and each answer on a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from grader.report import compare, escape, summary
from grader.report.graded import Graded, Run
from grader.report.markdown import apart, number, troubles
from grader.report.plain import shortened
from grader.report.words import word
from grader.types import Lang

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MOST = 200


def render(runs: Sequence[Run], console: Console, lang: Lang = "en") -> None:
    """Print all runs and their comparison; nothing in them is read as markup."""
    for run in runs:
        console.print(escape.line(run.name), style="bold")
        found = summary.groups(run.rows)
        if not found:
            console.print(word("nothing", lang))
        if why := apart(found, lang):
            console.print(why)
        for group in found:
            _group(group, console, lang)
    if len(runs) > 1:
        _comparison(runs, console, lang)


def answers(rows: Sequence[Graded], console: Console, lang: Lang) -> None:
    """A line an answer: score, bar, what was missed, what to look at."""
    longest = max((cell_len(_name(row)) for row in rows[:MOST]), default=0)
    heads = [word(one, lang) for one in ("answer", "question", "score", "missed", "problems")]
    table = _table(heads, whole=longest <= 0.4 * console.width)
    for row in rows[:MOST]:
        score = word("ungraded", lang) if row.grade.score is None else number(row.grade.score)
        if row.below:
            score += f" < {number(row.bar)}"
        style = "red" if row.below else "magenta" if row.grade.score is None else ""
        trouble = _trouble(row, lang, max(48, console.width - 60))
        table.add_row(_name(row), row.question.id, score, _missed(row), trouble, style=style)
    console.print(table)
    if len(rows) > MOST:
        console.print(f"… {len(rows) - MOST}")


def _group(group: summary.Group, console: Console, lang: Lang) -> None:
    whole = summary.tally("", group.rows)
    console.print(f"{word('judge', lang)}: {escape.line(group.label)}")
    line = f"{word('mean', lang)} {number(whole.mean)}   {word('graded', lang)} {whole.graded}"
    if whole.ungraded:
        line += f"   {word('ungraded', lang)} {whole.ungraded} ({word('excluded', lang)})"
    console.print(line)
    console.print()
    for view in ("section", "person"):
        held = summary.tallies(group.rows, summary.VIEWS[view])
        if held:
            table = _table([word(one, lang) for one in (view, "mean", "graded", "ungraded")])
            for one in held:
                table.add_row(
                    escape.line(one.label), number(one.mean), str(one.graded), str(one.ungraded or "")
                )
            console.print(table)
    answers(group.rows, console, lang)
    console.print()


def _comparison(runs: Sequence[Run], console: Console, lang: Lang) -> None:
    held = compare.columns(runs)
    if why := apart(compare.groups(held), lang):
        console.print(why)
    for view in ("person", "section"):
        lines = compare.lines(held, view)
        if lines:
            table = _table([word(view, lang), *(escape.line(one.label) for one in held)])
            for line in lines:
                table.add_row(escape.line(line.label), *map(number, line.means))
            console.print(table)
    for pair in compare.pairs(held):
        differ = len(pair.differences)
        console.print(
            f"{escape.line(pair.first)} / {escape.line(pair.second)}:"
            f" {pair.points} {word('same', lang, pair.points)}, {differ} {word('differ', lang, differ)}"
        )


def _table(heads: Sequence[str], *, whole: bool = False) -> Table:
    """`whole`: a narrow table breaks what stands in the other columns first."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, overflow="fold", no_wrap=whole and not place)
    return table


def _name(row: Graded) -> str:
    return escape.line(row.attempt.path or row.attempt.id)


def _missed(row: Graded) -> str:
    marks = {"partial": "~", "contradicted": "!", "committed": "!", "missing": ""}
    return ", ".join(marks[what] + criterion.id for criterion, _, what in row.missed())


def _trouble(row: Graded, lang: Lang, most: int) -> str:
    """Each trouble in at most so many characters: a narrow table has a narrow last column."""
    return "; ".join(shortened(escape.line(one), most) for one in troubles(row, lang))
