"""`grade report`: runs as a table, a page, or a file for another tool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument

from grader.bank import load
from grader.cli import options, trouble
from grader.cli.chosen import settings_of
from grader.cli.console import note, put_page, stdout_console
from grader.cli.options import option
from grader.errors import InputError
from grader.links import naming
from grader.links import page as page_at
from grader.report import formats, overview
from grader.report.reading import read
from grader.types import Lang

Folders = Annotated[list[Path], Argument(help="Folders that `grade batch --out` made.", metavar="RUN...")]
Formats = Annotated[
    str,
    option("--format", "NAMES", f"Some of {', '.join(('terminal', *formats.TABLE))}, with commas between."),
]
Out = Annotated[Path | None, option("--out", "PATH", "A file; a folder for several formats.")]
Words = Annotated[Literal["zh", "en"] | None, option("--lang", None, "Language of the report's own words.")]


@options.settings("min bank")
def report(
    runs: Folders, format: Formats = "terminal", out: Out = None, lang: Words = None, **flags: object
) -> int:
    """Show runs; several are compared: people, rounds, judges. Different judges are never averaged."""
    settings = settings_of(flags | {"lang": lang})
    names = formats.parse(format, extra=("terminal",))
    held = read(runs, load(settings.bank), settings.min)
    words: Lang = settings.lang or "en"
    if "terminal" in names:
        overview.render(held, stdout_console(), words)
    files = [one for one in names if one != "terminal"]
    pages = {one: formats.render(one, held, words, trouble.version()) for one in files}
    put_pages(pages, out)
    below = any(row.below for one in held for row in one.rows)
    return int(flags["min"] is not None and below)


def put_pages(pages: dict[str, str], out: Path | None) -> None:
    """Write each to its file, or the only one to stdout. InputError when several have no folder to go to.

    Nothing is written where one would go over what grade reads.
    """
    if out is None:
        if len(pages) > 1:
            raise InputError("several formats need a place", "add --out DIR")
        for page in pages.values():
            put_page(page)
        return
    found = {name: page_at(path) for name, path in places(tuple(pages), out).items()}
    for name, path in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        encoding = "utf-8-sig" if name == "csv" else "utf-8"
        with naming(path):
            path.write_bytes(pages[name].encode(encoding, "backslashreplace"))
        note(f"wrote {path}")


def places(names: Sequence[str], out: Path) -> dict[str, Path]:
    """Where each format goes: one format to the file itself, else `report.EXT` in the folder."""
    if len(names) == 1 and not out.is_dir() and out.suffix:
        return {names[0]: out}
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file", "name a folder for several formats")
    return {name: out / f"report.{formats.TABLE[name]}" for name in names}
