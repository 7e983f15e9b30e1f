"""The files of a round: folders, globs and paths, each file once, with what its folders say."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from grader.bank.attempts import from_name
from grader.bank.textfile import nearest
from grader.errors import InputError
from grader.runs.keys import number

TEXTS = (".md", ".markdown", ".txt")
TABLES = (".jsonl", ".ndjson", ".csv", ".tsv")


@dataclass(frozen=True)
class Source:
    """A file of the round; `person` and `question` are what the folders above it say. `named`: the user gave
    just this path, no folder or pattern that it was found by."""

    path: Path
    person: str = ""
    question: str = ""
    named: bool = False


def sources(paths: Sequence[str], known: Mapping[str, str]) -> Iterator[Source]:
    """The files that are meant, each once; `known`: the bank's ids, as in `from_name`. InputError for a path
    that leads to nothing."""
    seen: set[int] = set()
    named = {_mark(Path(one)) for one in paths if Path(one).is_file()}
    many = len(paths) > 1
    for given in paths:
        found = False
        for one in _expanded(given, many, known):
            found = True
            mark = _mark(one.path)
            if mark not in seen:
                seen.add(mark)
                yield replace(one, named=mark in named)
        if not found:
            raise InputError(
                f"{given}: no answers there",
                f"answers are {', '.join((*TEXTS, *TABLES))} files; check the path",
            )


def _mark(path: Path) -> int:
    return number(str(path.resolve()))


def check(paths: Sequence[str]) -> None:
    """InputError for a path that leads to nothing; no file is opened."""
    for one in paths:
        next(sources([one], {}))


def _expanded(given: str, many: bool, known: Mapping[str, str]) -> Iterable[Source]:
    path = Path(given)
    if path.is_dir():
        return _walk(path, known, path.name if many else "")
    if path.exists():
        return (Source(path),)
    if any(one in given for one in "*?["):
        matches = sorted(glob.iglob(given, recursive=True))  # noqa: PTH207  an absolute pattern is fine here
        some = (one for one in matches if glob.escape(one) != given and _readable(Path(one)))
        return chain.from_iterable(_expanded(one, True, known) for one in some)
    raise InputError(f"{given}: there is no such file or folder", nearest(path))


def _readable(path: Path) -> bool:
    """Not a pipe, a socket or a device: reading one that nobody named could wait for ever."""
    return path.is_file() or path.is_dir()


def _walk(
    folder: Path, known: Mapping[str, str], person: str, question: str = "", above: tuple[Path, ...] = ()
) -> Iterator[Source]:
    """Files below a folder, sorted; the folder of a file names its person, or its question (Q43/anna.md).

    A link back to a folder `above` leads nowhere."""
    above = (*above, folder.resolve())
    for one in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if one.name.startswith((".", "_")):
            continue
        if one.is_dir():
            asks, _ = from_name(one, known)
            if one.resolve() not in above:
                yield from _walk(one, known, person if asks else one.name, asks or question, above)
        elif one.suffix.lower() in (*TEXTS, *TABLES) and one.stem.lower() != "readme" and _readable(one):
            yield Source(one, person, question)
