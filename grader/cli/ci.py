"""What `grade check` says to people and to the CI system that it runs in."""

from __future__ import annotations

import itertools
import secrets
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from grader.checks.checking import Checked
from grader.checks.standing import SHOWN
from grader.checks.writeups import inside
from grader.cli.console import command, note
from grader.config import Settings
from grader.links import naming
from grader.report import escape, markdown
from grader.report.annotations import render as workflow_commands
from grader.report.findings import Finding
from grader.report.graded import Graded, Run
from grader.report.words import counted
from grader.types import Lang

SUMMARY_LIMIT = 1_000_000
WORDS = {
    0: ("passes", "通过"),
    1: ("fails", "不通过"),
    3: ("has no trustworthy grade for every write-up", "有答案没有可信的评分"),
}


@contextmanager
def quiet(environ: Mapping[str, str]) -> Iterator[None]:
    """GitHub obeys no `::command::` in what is printed meanwhile: write-ups could hold one."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = f"grade-{secrets.token_hex(8)}"
    command(f"::stop-commands::{token}")
    try:
        yield
    finally:
        sys.stdout.flush()
        command(f"::{token}::")


def progress(mode: str, total: int) -> Callable[[Graded], None]:
    """A line for each write-up that a judge was asked about; recordings need none."""
    count = itertools.count(1)

    def seen(row: Graded) -> None:
        if mode != "replay":
            score = "ungraded" if row.grade.score is None else f"{row.grade.score:.2f}"
            note(f"{next(count)}/{total} {escape.line(row.attempt.path)} {score}")

    return seen


def say(checked: Checked, mean: Sequence[str], code: int, settings: Settings, no_mean: bool) -> None:
    """What went wrong and what to do, on stderr."""
    if no_mean:
        note("the mean is not checked: only some write-ups were graded")
    if checked.unlike:
        given = counted(checked.unlike, "score of the base was given", "scores of the base were given")
        note(f"note: {given} by another judge, calibration or rubric and can hold nothing")
    if checked.moved:
        more = f" and {len(checked.moved) - SHOWN} more" if len(checked.moved) > SHOWN else ""
        named = escape.line(", ".join(checked.moved[:SHOWN]))
        moved = counted(len(checked.moved), "write-up answers", "write-ups answer")
        note(f"note: {moved} another question than on the base: {named}{more}")
    for words in mean:
        note(f"below the bar: {words}")
    failed = [one for one in checked.rows if one.failed]
    low = sum(one.below or one.worse for one in failed)
    if low:
        note(f"below the bar: {low} of {counted(len(checked.rows), 'write-up')}")
    if len(failed) > low:
        note(f"for people to look at: {len(failed) - low} of {counted(len(checked.rows), 'write-up')}")
    if code == 0:
        note(f"passes: {counted(len(checked.rows), 'write-up')}")
    if checked.missed:
        _explain(checked, settings)
    elif code == 3:
        lost = [one for one in checked.rows if one.grade.score is None]
        why = escape.line("; ".join(dict.fromkeys(p for one in lost for p in one.grade.problems)))
        are = "is" if len(lost) == 1 else "are"
        note(f"error: {len(lost)} of {counted(len(checked.rows), 'write-up')} {are} ungraded: {why}\n")
        note("hint: `grade doctor` tries the judge; ungraded is not a low score")


def annotate(found: Sequence[Finding], environ: Mapping[str, str], json: bool) -> None:
    """Remarks at the lines of the write-ups, where GitHub reads them; on stderr when stdout holds JSON."""
    if environ.get("GITHUB_ACTIONS") == "true" and found:
        said = workflow_commands(found).rstrip("\n")
        command(said) if json else print(said)  # noqa: T201  what `put` would keep GitHub from hearing


def summarise(run: Run, said: Sequence[str], code: int, lang: Lang, environ: Mapping[str, str]) -> None:
    """The step summary, where GitHub names a file for it."""
    place = environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    lines = [
        f"## grade check {WORDS[code][lang == 'zh']}",
        "",
        *(f"- {escape.markdown(one)}" for one in said),
        "",
        "",  # else what follows belongs to the last of the list
    ]
    page = "\n".join(lines) + markdown.body(run, lang)
    with naming(Path(place)), Path(place).open("a", encoding="utf-8", newline="\n") as file:
        file.write(page.encode()[:SUMMARY_LIMIT].decode("utf-8", "ignore") + "\n")


def _explain(checked: Checked, settings: Settings) -> None:
    """For each write-up that has no recording: what differs from the nearest one; then how to record."""
    for path, miss in checked.missed.items():
        note(f"error: {path}: {_plain_lines(miss.message)}\n")
    paths = shlex.join(checked.missed)
    cassette = inside(settings.cassette, Path.cwd()) if settings.cassette else "DIR"
    note(
        f"hint: record the new answers and commit what is written:\n"
        f"  grade check --cassette {shlex.quote(cassette)} --mode auto -- {paths}\n"
        "That asks the judge, so it needs its key; a maintainer can do it for a pull request from a fork."
    )


def _plain_lines(text: str) -> str:
    """Several lines, each without terminal escapes and the like, its indent kept."""
    return "\n".join(
        one[: len(one) - len(one.lstrip(" +-"))] + escape.line(one.lstrip(" +-")) for one in text.split("\n")
    )
