"""The command `grade`: a table of commands, each imported when it is used, and the way in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from typer import Exit, Option, Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from grader.cli import console, trouble
from grader.errors import InputError

GRADE, TRUST, BANK, KEEP = "Grade", "Trust the judge", "Questions", "Recordings and setup"


class Entry(NamedTuple):
    """A command: where it lives (`module:function` or `module:Typer`), its panel and its line in the help."""

    name: str
    target: str
    panel: str
    help: str


DEFAULT = Entry(
    "answer", "grader.cli.grade:grade", GRADE, "Grade one answer: a file, or - for standard input."
)

TABLE = (
    Entry("batch", "grader.cli.batch:batch", GRADE, "Grade a round: folders, JSONL, CSV, one Markdown file."),
    Entry("check", "grader.cli.check:check", GRADE, "The CI check on answer write-ups."),
    Entry("report", "grader.cli.report:report", GRADE, "Show runs, compare people, rounds and judges."),
    Entry(
        "calibrate",
        "grader.cli.calibrate:calibrate",
        TRUST,
        "Agreement with people's labels; fit and save it.",
    ),
    Entry("label", "grader.cli.label:label", TRUST, "Set a person's verdict beside the judge's."),
    Entry("bank", "grader.cli.bank:app", BANK, "List, show, import and lint questions; tracks."),
    Entry("rubric", "grader.cli.rubric:app", BANK, "Show or lint one rubric as the judge sees it."),
    Entry("doctor", "grader.cli.doctor:doctor", KEEP, "Is everything there, and what is used by default?"),
    Entry("cassette", "grader.cli.cassette:app", KEEP, "List, prune and compare recorded replies."),
)
ENTRIES = {entry.name: entry for entry in (*TABLE, DEFAULT)}

HELP = """Grade free-text answers against key points, with the words that earned each mark.

`grade ANSWER --q Q43` grades one answer; the commands below do the rest. Each has its own --help."""
EPILOG = """Exit codes: 0 at or over the bar, 1 below it, 2 usage or unreadable input, \
3 no trustworthy grade, 4 a bug, 130 interrupted.

Options can also be set as GRADE_* variables, in grade.toml, or in the table tool.grade of pyproject.toml."""


def load(entry: Entry) -> Any:
    """Import the command's module and build the command; ImportError when the module is not there."""
    module, _, attribute = entry.target.partition(":")
    target = getattr(import_module(module), attribute)
    if not isinstance(target, Typer):
        app = Typer(add_completion=False)
        app.command()(target)
        target = app
    command = get_command(target)
    command.name = entry.name
    return command


class HelpPage(TyperGroup):
    """What `grade --help` shows; never run."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["ANSWER [OPTIONS]  |  grade COMMAND ..."]


class GradeGroup(TyperGroup):
    """The commands of TABLE, imported on use; anything that names none of them is an answer to grade."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = ENTRIES.get(cmd_name)
        return load(entry) if entry else None

    def list_commands(self, ctx: Any) -> list[str]:
        return [entry.name for entry in TABLE]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        args = args or ["--help"]
        if args[0] not in ENTRIES and args[0] not in ("--help", "--version"):
            refuse_misspelt(args[0])
            args = [DEFAULT.name, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == DEFAULT.name else name), command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """One page: the options of `grade ANSWER`, and the commands without importing them."""
        lines = [TyperCommand(e.name, help=e.help, rich_help_panel=e.panel) for e in TABLE]
        params = [*load(DEFAULT).params, *self.params]
        page = HelpPage(name="grade", help=HELP, epilog=EPILOG, commands=lines, params=params)
        page.format_help(ctx, formatter)


def refuse_misspelt(word: str) -> None:
    """InputError for `grade doctr`: no such file, and nearly a command."""
    if word.isalpha() and not Path(word).exists():
        near = get_close_matches(word, [entry.name for entry in TABLE], n=1, cutoff=0.75)
        if near:
            raise InputError(f"there is no file and no command {word!r}", f"did you mean `grade {near[0]}`?")


def show_version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        sys.stdout.write(f"grade {trouble.version()}\n")
        raise Exit


def build() -> Any:
    """The command `grade` with its table."""
    app = Typer(cls=GradeGroup, add_completion=False)

    @app.callback(help=HELP)
    def options(
        version: Annotated[
            bool,
            Option(
                "--version",
                is_eager=True,
                callback=show_version,
                help="Show the version and exit.",
                metavar="",
            ),
        ] = False,
    ) -> None: ...

    return get_command(app)


def run(argv: Sequence[str] | None = None, command: Any = None) -> None:
    """Run `grade` and exit with its code. `command` stands in for the table in tests."""
    console.prepare_streams()
    sys.exit(
        trouble.guarded(lambda: (command or build()).main(argv, prog_name="grade", standalone_mode=False))
    )
