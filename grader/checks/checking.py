"""One check from start to end: which write-ups, their grades, how they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.bank import Bank
from grader.bank.rounds import Job
from grader.checks import changed, ratchet, standing, writeups
from grader.checks.changed import Changes
from grader.checks.ratchet import Kept
from grader.checks.standing import Measure
from grader.checks.terms import Terms
from grader.checks.writeups import WriteUp
from grader.config import Settings
from grader.engines.local import Stop, graded, ungraded
from grader.errors import CassetteMiss
from grader.report.graded import Graded
from grader.report.reading import first_line
from grader.report.words import counted
from grader.strategies import Plan
from grader.types import Grade, Judge

SCORES = "grade-scores.json"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is checked. `partial`: only what changed; `notes` say what a user should hear about that.

    `before` are the scores that hold the write-ups, `gone` those of them that are of none any more."""

    writeups: tuple[WriteUp, ...]
    top: Path
    changes: Changes | None = None
    partial: bool = False
    notes: tuple[str, ...] = ()
    before: Mapping[str, Kept] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The rows of a check. `missed` are recordings that a replay lacks, by the file that needs them.

    `unlike`: how many have a score on the base by another judge or rubric, so that nothing holds them.
    `moved`: what is said of those that answered another question there."""

    rows: tuple[Graded, ...]
    missed: dict[str, CassetteMiss] = field(default_factory=dict)
    unlike: int = 0
    moved: tuple[str, ...] = ()


def scope(
    paths: Sequence[Path], since: str | None, terms: Terms, settings: Settings, bank: Bank, folder: Path
) -> Scope:
    """The write-ups to check; all of them where the settings, the bank or a recording changed."""
    root = settings.file.parent if settings.file else folder
    files = writeups.chosen(paths, terms, root)
    changes = changed.since(since, folder) if since else None
    top = changes.top if changes else changed.top_of(folder)
    before = _before(terms, changes, top, root)
    gone = _gone(before, files, changes, terms, root, top)
    notes: list[str] = []
    partial = False
    if changes:
        why = _everything(changes, settings)
        partial = not why
        picked = writeups.only(files, changes) if partial else files
        some = f"{len(picked)} of {counted(len(files), 'write-up')} changed since {since}"
        some += f" ({changes.base[:8]})"
        some += f", and {len(gone)} with a kept score gone" if gone else ""
        notes.append(f"{why} changed, so everything is checked" if why else some)
        files = picked
    found = writeups.read(files, terms, bank, root, top)
    return Scope(
        writeups=found,
        top=top,
        changes=changes,
        partial=partial,
        notes=tuple(notes),
        before=before,
        gone=gone,
    )


async def judged(
    found: Sequence[WriteUp],
    judge: Judge,
    plan: Plan,
    *,
    concurrency: int,
    measure: Measure,
    seen: Callable[[Graded], None],
) -> Checked:
    """Every write-up graded and held to its measure, in the files' order. Credit needs a found quote.

    `seen` hears of each as it is ready.
    """
    strict = replace(plan, unverified="credit_none", flagged="mask")
    jobs = [Job(one.attempt, one.question.rubric) for one in found]
    known = {one.attempt.id: one for one in found}
    rows: dict[str, Graded] = {}
    missed: dict[str, CassetteMiss] = {}
    stop = Stop()
    async for outcome in graded(jobs, judge, strict, workers=max(1, min(concurrency, len(jobs))), stop=stop):
        name = outcome.job.attempt.id
        rows[name] = standing.stand(_row(known[name], outcome.grade), measure)
        seen(rows[name])
        if outcome.missed:
            missed[name] = outcome.missed
    for one in found:
        if one.attempt.id not in rows:  # the budget was spent before its turn
            job = Job(one.attempt, one.question.rubric)
            grade = ungraded(job, strict, stop.why or "it was not asked about")
            rows[one.attempt.id] = standing.stand(_row(one, grade), measure)
    return _beside_base(tuple(rows[one.attempt.id] for one in found), missed, measure)


def _beside_base(rows: tuple[Graded, ...], missed: dict[str, CassetteMiss], measure: Measure) -> Checked:
    olds = [measure.renamed.get(one.attempt.path, one.attempt.path) for one in rows]
    pairs = list(zip(rows, olds, strict=True))
    unlike = sum(ratchet.unlike(one, measure.before, old) for one, old in pairs)
    moved = (ratchet.moved(one, measure.before, old) for one, old in pairs)
    return Checked(rows=rows, missed=missed, unlike=unlike, moved=tuple(filter(None, moved)))


def _row(one: WriteUp, grade: Grade) -> Graded:
    first = first_line(one.attempt, str(one.path))
    return Graded(question=one.question, attempt=one.attempt, grade=grade, first_line=first)


def measure(terms: Terms, overall: float | None, there: Scope) -> Measure:
    """What the rows are held to: with a git base the scores that it has, else those in the file."""
    renamed = _renamed(there.changes, there.top)
    return Measure(terms=terms, overall=overall, before=there.before, renamed=renamed)


def scores_path(terms: Terms, root: Path) -> Path:
    """Where scores are kept."""
    return (root / (terms.scores or SCORES)).absolute()


def updated(rows: Sequence[Graded], path: Path, there: Scope) -> str:
    """The scores file with these rows; write-ups that are gone are left out."""
    kept = ratchet.load(path).items()
    before = {name: one for name, one in kept if name not in there.gone and (there.top / name).exists()}
    return ratchet.written(rows, before)


def _before(terms: Terms, changes: Changes | None, top: Path, root: Path) -> dict[str, Kept]:
    if terms.scores is None:
        return {}
    path = scores_path(terms, root)
    if changes is None:
        return ratchet.load(path)
    text = changed.text_at(changes.base, path, top)
    return {} if text is None else ratchet.parse(text, f"{changes.base[:8]}:{path.name}")


def _gone(
    before: Collection[str],
    files: Sequence[Path],
    changes: Changes | None,
    terms: Terms,
    root: Path,
    top: Path,
) -> tuple[str, ...]:
    """What has a score and is a write-up no more: deleted, renamed to what is none, or not configured."""
    whole = {*files, *(writeups.chosen((), terms, root) if terms.files else ())}
    held = {writeups.inside(one, top) for one in whole}
    held |= {old for new, old in _renamed(changes, top).items() if new in held}
    lost = (one for one in before if one not in held)
    return tuple(sorted(one for one in lost if terms.files or not (top / one).exists()))


def _renamed(changes: Changes | None, top: Path) -> dict[str, str]:
    renamed = changes.renamed if changes else {}
    return {writeups.inside(new, top): writeups.inside(old, top) for new, old in renamed.items()}


def _everything(changes: Changes, settings: Settings) -> str:
    """What changed that every grade depends on; "" for nothing. New recordings touch no other write-up."""
    touched = changes.present | changes.deleted | frozenset(changes.renamed.values())
    if settings.file and settings.file.absolute() in touched:
        return settings.file.name
    if any(one.parent.name == "calibrations" and one.parent.parent.name == ".grade" for one in touched):
        return "a calibration in .grade"
    if settings.bank and _reaches(touched, settings.bank):
        return f"the bank {settings.bank.name}"
    recordings = changes.edited | changes.deleted | frozenset(changes.renamed.values())
    if settings.cassette and _reaches(recordings, settings.cassette):
        return f"a recording in {settings.cassette.name}"
    return ""


def _reaches(touched: Collection[Path], folder: Path) -> bool:
    """Whether any of them is in the folder, or is a submodule that the folder is in."""
    whole = folder.absolute()
    return any(one.is_relative_to(whole) or whole.is_relative_to(one) for one in touched)
