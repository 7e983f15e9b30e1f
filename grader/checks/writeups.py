"""Which files are checked, and which question each answers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from grader.bank import Bank, read_attempt
from grader.checks.changed import Changes
from grader.checks.terms import Terms
from grader.errors import InputError
from grader.types import Attempt, Question

TEXTS = ("*.md", "*.markdown", "*.txt")
GIT = (".git", "git~1")
"""git's own folder, as systems that heed no case and Windows call it too."""


@dataclass(frozen=True)
class WriteUp:
    """A file with the answer in it and the question it answers."""

    path: Path
    attempt: Attempt
    question: Question


def chosen(paths: Sequence[Path], terms: Terms, root: Path) -> tuple[Path, ...]:
    """The files to check, each once: those named, else [check] files below `root`, the config's folder.

    InputError when nothing says which files, or a named one is not there.
    """
    if not paths and not terms.files:
        raise InputError(
            "nothing says which files to check",
            'name files or folders, or set files = ["answers/**/*.md"] under [check] in grade.toml',
        )
    named = _named(paths, terms, root) if paths else _configured(terms, root)
    whole = (Path(os.path.normpath(one.absolute())) for one in named)
    return tuple(dict.fromkeys(one for one in whole if not _excluded(one, terms, root)))


def read(files: Iterable[Path], terms: Terms, bank: Bank, root: Path, top: Path) -> tuple[WriteUp, ...]:
    """The answers in the files, named by their path below `top`. One InputError names every unusable file."""
    found: list[WriteUp] = []
    wrong: list[InputError] = []
    for path in files:
        try:
            _refuse_leaving(path, top)
            attempt = read_attempt(path, question=_mapped(path, terms, root), known=bank.known)
            named = replace(attempt, id=inside(path, top), path=inside(path, top))
            found.append(WriteUp(path.absolute(), named, bank.question(attempt.question)))
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise InputError(
            f"{len(wrong)} files can't be checked:\n" + "\n".join(f"  {one.message}" for one in wrong),
            f"{wrong[0].hint}; or leave them out: exclude = [...] under [check]",
        )
    return tuple(found)


def _refuse_leaving(path: Path, top: Path) -> None:
    """A link in a pull request must not show what else the machine holds, nor the token in .git/config."""
    real, root = path.resolve(), top.resolve()
    leaves = not real.is_relative_to(root) or any(
        one.casefold() in GIT for one in real.relative_to(root).parts
    )
    if path.absolute().is_relative_to(top) and leaves:
        raise InputError(
            f"{inside(path, top)}: is a link out of the repository", "put the write-up itself there"
        )


def only(files: Iterable[Path], changes: Changes) -> tuple[Path, ...]:
    """Those of the files that changed, or lie in a submodule that did."""
    present = {one.resolve() for one in changes.present}
    return tuple(one for one in files if not present.isdisjoint(((real := one.resolve()), *real.parents)))


def inside(path: Path, folder: Path) -> str:
    """The path below the folder in posix form, or as it is when it lies elsewhere."""
    whole = path.absolute()
    return (whole.relative_to(folder) if whole.is_relative_to(folder) else path).as_posix()


def _named(paths: Sequence[Path], terms: Terms, root: Path) -> Iterator[Path]:
    configured = set(_configured(terms, root)) if terms.files else None
    for path in paths:
        if path.is_dir():
            below = sorted(one for text in TEXTS for one in path.rglob(text) if one.is_file())
            yield from (one for one in below if configured is None or one.absolute() in configured)
        elif path.exists():
            yield path
        else:
            raise InputError(f"{path}: there is no such file", "check the path; quote globs: 'answers/*.md'")


def _configured(terms: Terms, root: Path) -> Iterator[Path]:
    for text in terms.files:
        if Path(text).is_absolute() or ".." in Path(text).parts:
            raise InputError(f"check.files: {text!r} leaves the folder of the config file", "write it below")
        yield from sorted(one.absolute() for one in root.glob(text) if one.is_file())


def _excluded(path: Path, terms: Terms, root: Path) -> bool:
    return any(_matches(path, one, root) for one in terms.exclude)


def _mapped(path: Path, terms: Terms, root: Path) -> str | None:
    """The question that [check] questions gives this file; an exact path wins over a pattern."""
    exact = terms.questions.get(inside(path, root))
    return exact or next((q for text, q in terms.questions.items() if _matches(path, text, root)), None)


def _matches(path: Path, text: str, root: Path) -> bool:
    name = inside(path, root)
    return fnmatchcase(name, text) or fnmatchcase(name, text.replace("**/", ""))
