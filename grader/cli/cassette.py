"""`grade cassette`: list recordings, prune those that no answer plays any more, compare."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option, Typer

from grader import cassette
from grader.cassette import Cassette, Recording
from grader.cli import console, options
from grader.errors import CassetteMiss, InputError
from grader.misses import difference
from grader.report.words import counted

app = Typer(help="List, prune and compare recorded replies.", no_args_is_help=True, add_completion=False)

Folder = Annotated[Path, Argument(help="What --cassette wrote to.", metavar="DIR", show_default=False)]


@app.command("list")
def list_recordings(folder: Folder, json: options.Json = False) -> int:
    """List recordings with model, tokens, cost and how the reply begins; damaged ones by name."""
    rows = [row(path) for path in cassette.paths(folder)]
    if json:
        console.put_json(rows, indent=1)
        return 0
    from rich.table import Column, Table

    table = Table.grid(*(Column(overflow="fold") for _ in range(5)), padding=(0, 2))
    for one in rows:
        if "problem" in one:
            table.add_row(one["file"], "unusable", one["problem"])
        else:
            table.add_row(
                one["file"], one["model"], str(one["prompt"]), str(one["completion"]), one["begins"]
            )
    console.stdout_console().print(table)
    tokens = sum(one.get("prompt", 0) + one.get("completion", 0) for one in rows)
    broken = sum("problem" in one for one in rows)
    said = f"{counted(len(rows), 'recording')}, {counted(tokens, 'token')}"
    console.put(said + (f", {broken} unusable" if broken else ""))
    return 0


def row(path: Path) -> dict[str, Any]:
    """One recording as a line of the list."""
    try:
        one = cassette.read(path)
    except InputError as error:
        return {"file": path.name, "problem": error.message.removeprefix(f"{path}: ")}
    usage = one.reply.usage
    begins = " ".join(one.reply.text.split()) or ", ".join(one.reply.answers)
    return {
        "file": path.name,
        "model": one.request["model"],
        "endpoint": one.request["endpoint"],
        "prompt": usage.prompt,
        "completion": usage.completion,
        "cost_usd": usage.cost_usd,
        "stop": one.reply.stop,
        "begins": begins[:60],
    }


@app.command()
@options.settings("bank model api_base client strategy looks samples jury examples seed lang")
def prune(
    folder: Folder,
    paths: Annotated[
        list[str],
        Argument(help="All answers whose recordings are kept.", metavar="PATH...", show_default=False),
    ],
    q: options.Question = None,
    *,
    dry_run: Annotated[bool, Option("--dry-run", help="Only say what would be deleted.", metavar="")] = False,
    **flags: object,
) -> int:
    """Delete the recordings that grading PATHs does not play.

    Every answer is graded once in replay, which costs nothing; what was not played is deleted. When a single
    answer can't be read or has no recording, nothing is.
    """
    flags |= {"cassette": folder, "mode": "replay"}
    held = cassette.paths(folder)
    played = played_by(paths, q, flags)
    unused = [path for path in held if path.name not in played]
    for path in unused:
        console.put(path.name)
        if not dry_run:
            path.unlink()
    would = "would be deleted" if dry_run else "deleted"
    console.note(f"{len(unused)} {would}, {len(held) - len(unused)} kept")
    return 0


def played_by(paths: Sequence[str], question: str | None, flags: Mapping[str, object]) -> frozenset[str]:
    """The names of the recordings that these answers play. InputError when one can't be graded so."""
    from grader.bank import load
    from grader.bank.rounds import read_round
    from grader.bank.tables import Refused
    from grader.cli.chosen import choose, settings_of
    from grader.grading import grade_attempt

    settings = settings_of(flags)
    chosen = choose(settings)
    assert settings.cassette is not None
    played: set[str] = set()
    judge = Cassette(settings.cassette, "replay", lambda key: played.add(cassette.name(key))).wrap(None)
    for job in read_round(paths, load(settings.bank), question=question):
        if isinstance(job, Refused):
            if job.kind != "note":
                raise InputError(f"{job.where}: {job.why}", "nothing was deleted: prune needs every answer")
            continue
        try:
            asyncio.run(grade_attempt(job.rubric, job.attempt, judge, chosen.plan))
        except CassetteMiss as miss:
            hint = "nothing was deleted; record it first, or give the --model it was recorded with"
            raise CassetteMiss(f"{job.attempt.id}: {miss.message}", hint) from miss
    return frozenset(played)


@app.command()
def diff(
    old: Annotated[Path, Argument(help="A recording or a folder.", metavar="OLD", show_default=False)],
    new: Annotated[Path, Argument(help="Another.", metavar="NEW", show_default=False)],
) -> int:
    """Show what differs: between two recordings in request and reply, between two folders in replies.

    Exit code 1 when something does.
    """
    if old.is_dir() != new.is_dir():
        raise InputError(f"{old} and {new} are not of a kind", "give two recordings or two folders")
    shown = folders(old, new) if old.is_dir() else recordings(read(old), read(new))
    for one in shown:
        console.put(one)
    return 1 if shown else 0


def read(path: Path) -> Recording:
    """A recording that the user named."""
    try:
        return cassette.read(path)
    except FileNotFoundError:
        raise InputError(
            f"{path}: there is no such recording", "`grade cassette list DIR` lists them"
        ) from None


def folders(old: Path, new: Path) -> list[str]:
    """Recordings that only one folder holds, and those whose reply differs."""
    before = {one.key: one for one in cassette.usable(old)}
    after = {one.key: one for one in cassette.usable(new)}
    shown = [f"only in {old}: {one.path.name}" for key, one in before.items() if key not in after]
    shown += [f"only in {new}: {one.path.name}" for key, one in after.items() if key not in before]
    for key in before.keys() & after.keys():
        shown += replies(before[key], after[key])
    return shown


def recordings(old: Recording, new: Recording) -> list[str]:
    """What differs in the requests, then in the replies."""
    asked = difference(old.request, new.request, str(old.path)).replace("+++ this request", f"+++ {new.path}")
    return [*([asked] if asked else []), *replies(old, new)]


def replies(old: Recording, new: Recording) -> list[str]:
    """What differs in two replies, as one unified diff or none."""
    lines = difflib.unified_diff(
        spoken(old), spoken(new), f"reply of {old.path}", f"reply of {new.path}", lineterm=""
    )
    text = "\n".join(lines)
    return [text] if text else []


def spoken(one: Recording) -> list[str]:
    """A reply as lines."""
    answers = [f"{key}: {dict(labels)}" for key, labels in one.reply.answers.items()]
    return [f"stop: {one.reply.stop}", *answers, *one.reply.text.split("\n")]
