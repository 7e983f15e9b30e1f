"""`grade rubric`: one rubric as the judge sees it, and what is wrong with rubrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from rich.table import Table
from rich.text import Text
from typer import Argument, Typer

from grader.cli import console, options
from grader.cli.chosen import bank_of
from grader.types import Criterion

if TYPE_CHECKING:
    from rich.console import Console

app = Typer(help="Show or lint one rubric as the judge sees it.", no_args_is_help=True, add_completion=False)


@app.command()
def show(
    question: Annotated[str, Argument(help="Its question's id.", metavar="Q43")],
    bank: options.Bank = None,
    json: options.Json = False,
) -> int:
    """Show a rubric: what is judged, its parts, what else counts, mistakes, source, what a review changed."""
    from grader.bank import rubric_files
    from grader.cli import bank_shown

    one = bank_of(bank).question(question)
    if json:
        fields = rubric_files.fields(one)
        console.put_json({**fields, "hash": one.rubric.hash}, indent=1)
        return 0
    shown = console.stdout_console()
    bank_shown.head(one, shown)
    for criterion in one.rubric.criteria:
        _show(criterion, shown)
    for group in one.rubric.groups:
        best = f"the best {group.any_of} count" if group.any_of else "all count"
        most = "" if group.cap is None else f", for at most {group.cap:g}"
        shown.print(f"\ngroup {group.name}: {best}{most}")
    if one.rubric.reference:
        shown.print(f"\nreference: {one.rubric.reference}")
    changed = sum(bool(criterion.claim) for criterion in one.rubric.criteria)
    if changed:
        shown.print(f"\n{changed} of {len(one.rubric.criteria)} judged by a corrected claim", style="dim")
    return 0


@app.command()
def lint(
    questions: Annotated[
        list[str] | None, Argument(help="Question ids; else all.", metavar="[Q43...]")
    ] = None,
    bank: options.Bank = None,
    json: options.Json = False,
) -> int:
    """Find criteria that overlap, can't be judged, or are earned by a keyword; exit 1 when there are any."""
    from grader.bank import lint as checks
    from grader.cli import lint_shown

    opened = bank_of(bank)
    asked = [opened.question(one) for one in questions] if questions else opened.questions()
    return lint_shown.put([found for one in asked for found in checks.rubric(one)], json=json)


def _show(criterion: Criterion, shown: Console) -> None:
    weight = "optional" if criterion.optional else f"weight {criterion.weight:g}"
    shown.print()
    shown.print(Text.assemble((criterion.id, "bold cyan"), "  ", (weight, "dim")))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("  judged", shown.render_str(criterion.judged, style="bold"))
    for name, value in (
        ("bank says", criterion.text if criterion.claim else ""),
        ("why", criterion.note),
        ("parts", _bullets(criterion.parts)),
        ("accepted", _bullets(criterion.accept)),
        ("mistakes", _bullets(criterion.mistakes)),
        ("requires", ", ".join(criterion.requires)),
        ("excludes", ", ".join(criterion.excludes)),
        ("group", criterion.group),
        ("open", "another valid instance earns it too" if criterion.open else ""),
        ("source", criterion.source),
    ):
        if value:
            table.add_row(f"  {name}", value)
    shown.print(table)


def _bullets(texts: tuple[str, ...]) -> str:
    return "\n".join(f"· {one}" for one in texts)
