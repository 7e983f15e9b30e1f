"""`grade bank`: list, show, import and lint questions; tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, Typer

from grader.cli import console, options
from grader.cli.chosen import bank_of
from grader.report.words import counted

app = Typer(help="List, show, import and lint questions; tracks.", no_args_is_help=True, add_completion=False)

Section = Annotated[str, Option("--section", help="By its place, number or title.", metavar="NAME")]
Tag = Annotated[str, Option("--tag", help="With or without #.", metavar="TAG")]
Stars = Annotated[str, Option("--stars", help="4, 4+ or 3-4.", metavar="N")]
Company = Annotated[str, Option("--company", help="Who asks it.", metavar="NAME")]
Frequency = Annotated[str, Option("--frequency", help="How often: 高频, 必考 ...", metavar="NOTE")]
Track = Annotated[str, Option("--track", help="A track of the bank: 算法岗 ...", metavar="NAME")]
Day = Annotated[int, Option("--day", help="A day of the learning path.", metavar="N", min=0)]


@app.command("list")
def list_questions(
    section: Section = "",
    tag: Tag = "",
    stars: Stars = "",
    company: Company = "",
    frequency: Frequency = "",
    track: Track = "",
    day: Day = 0,
    bank: options.Bank = None,
    json: options.Json = False,
) -> int:
    """List questions; several filters must all hold."""
    from grader.bank import choose
    from grader.cli import bank_shown

    opened = bank_of(bank)
    wish = choose.Wish(
        section=section, tag=tag, stars=stars, company=company, frequency=frequency, track=track, day=day
    )
    found = choose.questions(opened, wish)
    if json:
        console.put_json([bank_shown.row(one) for one in found], indent=1)
    elif found:
        bank_shown.listed(opened.info, found, console.stdout_console())
    else:
        console.note("no question fits; leave a filter out")
    return 0


@app.command()
def show(
    question: Annotated[str, Argument(help="Its id.", metavar="Q43")],
    bank: options.Bank = None,
    json: options.Json = False,
) -> int:
    """Show one question with its key points as the bank has them."""
    from grader.cli import bank_shown

    opened = bank_of(bank)
    one = opened.question(question)
    if json:
        console.put_json(bank_shown.whole(opened.info, one), indent=1)
    else:
        bank_shown.question(opened.info, one, console.stdout_console())
    return 0


@app.command()
def tracks(bank: options.Bank = None, json: options.Json = False) -> int:
    """Show what each kind of job needs, the learning path, the advice and the resources."""
    from dataclasses import asdict

    from grader.cli import bank_shown

    info = bank_of(bank).info
    if json:
        fields = ("title", "audience", "study_time", "tracks", "days", "advice", "resources", "updated",
                  "count")  # fmt: skip
        console.put_json({name: asdict(info)[name] for name in fields}, indent=1)
    else:
        bank_shown.tracks(info, console.stdout_console())
    return 0


@app.command("import")
def import_bank(
    file: Annotated[Path, Argument(help="A question bank in Markdown.", metavar="FILE")],
    out: Annotated[Path, Option("--out", help="Folder for its rubrics.", metavar="DIR")],
    force: Annotated[bool, Option("--force", help="Replace rubrics that are there.", metavar="")] = False,
    json: options.Json = False,
) -> int:
    """Make a folder of rubrics from a question bank in Markdown; use it with --bank DIR."""
    from grader.bank import imports, lint, markdown

    imported = markdown.read(file)
    count = imports.write(imported, out, overwrite=force)
    points = sum(len(one.rubric.criteria) for one in imported.questions)
    findings = len(lint.bank(imported.info, imported.questions))
    if json:
        console.put_json({"out": str(out), "questions": count, "key_points": points, "findings": findings})
    else:
        console.put(f"wrote {counted(count, 'question')} with {counted(points, 'key point')} to {out}")
        if findings:
            console.note(f"hint: {counted(findings, 'thing')} to look at: grade bank lint {file}")
    return 0


@app.command()
def lint(
    place: Annotated[
        Path | None, Argument(help="A Markdown bank or a folder; else --bank.", metavar="[FILE|DIR]")
    ] = None,
    bank: options.Bank = None,
    json: options.Json = False,
) -> int:
    """Say what is wrong with a bank; exit 1 when there is something."""
    from grader.bank import lint as checks
    from grader.bank import markdown
    from grader.cli import lint_shown

    if place and place.is_file():
        imported = markdown.read(place)
        findings = checks.bank(imported.info, imported.questions)
    else:
        opened = bank_of(place or bank)
        findings = checks.bank(opened.info, opened.questions())
    return lint_shown.put(findings, json=json)
