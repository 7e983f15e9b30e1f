"""`grade check`: the CI check on answer write-ups."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grader.bank import load
from grader.checks import checking, standing
from grader.checks.checking import Checked, Scope
from grader.checks.terms import Terms
from grader.checks.terms import read as read_terms
from grader.cli import ci, options, trouble
from grader.cli.chosen import Chosen, choose, settings_of, tell_void
from grader.cli.console import note, put_page, retried, stdout_console
from grader.cli.limits import limits
from grader.cli.report import Formats, Out, places, put_pages
from grader.config import Settings
from grader.errors import InputError
from grader.judges import connect
from grader.links import naming, page, unlinked
from grader.report import findings, formats, overview
from grader.report.graded import Run
from grader.types import Lang

Paths = Annotated[
    list[Path] | None,
    Argument(
        help="Files or folders; else `files` of the config file.", metavar="PATH...", show_default=False
    ),
]
Since = Annotated[
    str | None,
    Option("--since", help="Only what changed since this git base (origin/main).", metavar="REF"),
]
Update = Annotated[
    bool, Option("--update-scores", help="Keep these scores; the ratchet compares with them.", metavar="")
]


@options.settings(
    "bank model api_base client strategy calibration concurrency max_cost timeout seed lang cassette mode min"
)
def check(
    paths: Paths = None,
    *,
    since: Since = None,
    format: Formats = "",
    out: Out = None,
    update_scores: Update = False,
    json: options.Json = False,
    **flags: object,
) -> int:
    """Check write-ups against their bars; with recordings it needs no key and no network."""
    settings = settings_of(flags)
    names = [one for one in formats.parse(format, extra=("terminal",)) if one != "terminal"] if format else ()
    if names and out is None:
        raise InputError("--format needs a place", "add --out FILE, or --out DIR for several formats")
    terms = read_terms(settings.check, settings.file)
    folder = Path.cwd()
    there = checking.scope(paths or (), since, terms, settings, load(settings.bank), folder)
    if names and out is not None:
        _may_write(names, out, there, terms, settings)
    with ci.quiet(os.environ):
        for words in there.notes:
            note(words)
        checked = _judged(there, terms, settings) if there.writeups else Checked(rows=())
    if update_scores:
        _keep(checked, terms, there, settings)
    return _show(checked, there, terms, settings, names, out, json)


def _root(settings: Settings) -> Path:
    return settings.file.parent if settings.file else Path.cwd()


def _may_write(names: Sequence[str], out: Path, there: Scope, terms: Terms, settings: Settings) -> None:
    """InputError, before anything is asked, where a report may not go."""
    if not out.is_absolute() and ".." not in out.parts:
        unlinked(out, inside=Path.cwd())  # the folder came with the pull request
    held = [one.path for one in there.writeups] + [checking.scores_path(terms, _root(settings))]
    for path in places(names, out).values():
        page(path, [*held, settings.calibration] if isinstance(settings.calibration, Path) else held)


def _judged(there: Scope, terms: Terms, settings: Settings) -> Checked:
    chosen = choose(settings)
    checked = asyncio.run(_asked(there, terms, settings, chosen))
    tell_void(chosen.plan, [one.grade for one in checked.rows])
    return checked


async def _asked(there: Scope, terms: Terms, settings: Settings, chosen: Chosen) -> Checked:
    measure = checking.measure(terms, settings.min, there)
    seen = ci.progress(settings.mode, len(there.writeups))
    around = limits(chosen).around
    async with connect(settings, chosen.choice, notice=retried, around=around) as judge:
        return await checking.judged(
            there.writeups, judge, chosen.plan, concurrency=settings.concurrency, measure=measure, seen=seen
        )


def _keep(checked: Checked, terms: Terms, there: Scope, settings: Settings) -> None:
    root = _root(settings)
    path = unlinked(checking.scores_path(terms, root), inside=root)
    # a name that is no UTF-8 is written as JSON's own escapes, and before the file is opened
    scores = checking.updated(checked.rows, path, there).encode("utf-8", "backslashreplace")
    with naming(path):
        path.write_bytes(scores)
    note(
        f"wrote {path}; commit it"
        + ("" if terms.scores else f', and set scores = "{path.name}" under [check]')
    )


def _show(
    checked: Checked,
    there: Scope,
    terms: Terms,
    settings: Settings,
    names: Sequence[str],
    out: Path | None,
    json: bool,
) -> int:
    """Every output; the exit code."""
    lang: Lang = settings.lang or "en"
    run = Run(name="grade check", rows=checked.rows)
    silent = standing.silent(terms)
    mean = () if there.partial else standing.below_mean(run.rows, terms.mean)
    code = standing.exit_code(run.rows, checked.missed, mean)
    gone = standing.gone(there.gone)
    with ci.quiet(os.environ):
        if json:
            put_page(formats.render("json", [run], lang))
        elif run.rows:
            overview.answers(run.rows, stdout_console(), lang)
        ci.say(checked, mean, code, settings, there.partial and terms.mean is not None)
        for words in gone:
            note(f"note: {words}")
    ci.annotate(findings.of_rows(run.rows, lang, silent), os.environ, json)
    ci.summarise(run, (*mean, *gone), code, lang, os.environ)
    if names:
        put_pages({one: formats.render(one, [run], lang, trouble.version(), silent) for one in names}, out)
    return code
