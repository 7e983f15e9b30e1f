"""Findings of a lint on the terminal: by kind, one row each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from grader.bank.lint import Finding
from grader.cli import console
from grader.report.words import counted


def put(findings: Sequence[Finding], *, json: bool) -> int:
    """Show them; 1 when there are any."""
    if json:
        console.put_json([asdict(one) for one in findings], indent=1)
    else:
        _show(findings)
    return 1 if findings else 0


def _show(findings: Sequence[Finding]) -> None:
    shown = console.stdout_console()
    if not findings:
        shown.print("nothing to find fault with")
        return
    counts = Counter(one.kind for one in findings)
    for kind in counts:
        shown.print(f"{kind} ({counts[kind]})", style="bold")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(ratio=1, min_width=9, overflow="fold")
        table.add_column(ratio=4, overflow="fold")
        before = ""
        for one in (one for one in findings if one.kind == kind):
            table.add_row(f"  {one.where}", one.said)
            if one.fix != before:
                table.add_row("", f"-> {one.fix}", style="dim")
            before = one.fix
        shown.print(table)
    shown.print(
        f"{counted(len(findings), 'finding')}: "
        + ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    )
