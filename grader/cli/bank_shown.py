"""Questions, tracks and the learning path on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table
from rich.text import Text

from grader.bank import rubric_files
from grader.bank.info import BankInfo
from grader.report.plain import wrapped
from grader.report.words import counted
from grader.types import Question

if TYPE_CHECKING:
    from rich.console import Console

NOTE = 18


def row(question: Question) -> dict[str, Any]:
    """A line of `bank list --json`."""
    whole = rubric_files.fields(question)
    points = [one["text"] for one in whole.pop("criteria")]
    return {**whole, "key_points": points}


def whole(info: BankInfo, question: Question) -> dict[str, Any]:
    """`bank show --json`: everything, with the tracks and days that lead to it."""
    section = info.section_of(question.id)
    return {
        **rubric_files.fields(question),
        "tracks": [one.name for one in info.tracks if question.id in one.questions],
        "days": [one.label for one in info.days if section and section.title in one.sections],
    }


def stars(question: Question) -> str:
    """★★★"""
    return "★" * question.stars


def asked_by(question: Question) -> str:
    """字节、阿里（高频）"""
    comma, before, after = ("、", "（", "）") if question.rubric.lang == "zh" else (", ", " (", ")")
    note = f"{before}{question.frequency}{after}" if question.frequency else ""
    return (comma.join(question.companies) + note).strip()


def listed(info: BankInfo, questions: Sequence[Question], console: Console) -> None:
    """A table for each section."""
    section = None
    table = _table()
    for one in questions:
        if one.section != section:
            if section is not None:
                console.print(table)
            section, table = one.section, _table()
            console.print(section or info.title, style="bold")
        table.add_row(
            one.id, stars(one), one.title, "\n".join(wrapped(asked_by(one), NOTE, console.encoding))
        )
    console.print(table)
    points = sum(len(one.rubric.criteria) for one in questions)
    console.print(f"{counted(len(questions), 'question')}, {counted(points, 'key point')}", style="dim")


def question(info: BankInfo, one: Question, console: Console) -> None:
    """One question with its key points as the bank words them."""
    head(one, console)
    facts = whole(info, one)
    table = Table.grid("", Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, value in (
        ("tags", " ".join(f"#{tag}" for tag in one.tags)),
        ("asked by", asked_by(one)),
        ("tracks", ", ".join(facts["tracks"])),
        ("days", ", ".join(facts["days"])),
    ):
        if value:
            table.add_row(Text(f"  {name}", style="dim"), value)
    console.print(table)
    console.print()
    points = Table.grid(padding=(0, 2, 0, 0))
    points.add_column(no_wrap=True)
    points.add_column(overflow="fold")
    for point in one.rubric.criteria:
        points.add_row(f"  {point.id}", point.text)
    console.print(points)
    if any(point.claim for point in one.rubric.criteria):
        console.print(f"\nSome are judged by a corrected claim: grade rubric show {one.id}", style="dim")


def head(one: Question, console: Console) -> None:
    """Id, title, stars and section."""
    console.print(Text.assemble((one.id, "bold cyan"), "  ", console.render_str(one.title, style="bold")))
    line = "  ".join(part for part in (stars(one), one.section) if part)
    if line:
        console.print(f"  {line}", style="dim")


def tracks(info: BankInfo, console: Console) -> None:
    """Tracks, learning path, advice and resources."""
    for track in info.tracks:
        console.print(f"{track.name} ({counted(len(track.questions), 'question')})", style="bold")
        _rows(console, [(one.title, one.spec, one.remark) for one in track.entries])
    if info.days:
        time = f" ({info.study_time})" if info.study_time else ""
        console.print(f"Learning path{time}", style="bold")
        _rows(console, [(one.label, one.text) for one in info.days])
    for name, entries in (("Answering", info.advice), ("Resources", info.resources)):
        if entries:
            console.print(name, style="bold")
            _rows(console, [(one.label, one.text) for one in entries])
    if not (info.tracks or info.days):
        console.print("this bank has no tracks and no learning path")


def _rows(console: Console, rows: Sequence[tuple[str, ...]]) -> None:
    columns = max(map(len, rows), default=0)
    table = Table.grid(*(Column(overflow="fold") for _ in range(columns)), padding=(0, 2, 0, 0))
    for cells in rows:
        table.add_row(f"  {cells[0]}", *cells[1:])
    console.print(table)
    console.print()


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True, width=5)
    table.add_column(no_wrap=True, width=5)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(width=NOTE, overflow="fold", style="dim")
    return table
