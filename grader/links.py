"""Where may be written: nothing through a link, which could lead anywhere; no page over what is read; and
the file's name in the error when its disk is full."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import InputError

RUN = (
    *("run.json", "run.json.new", "grades.jsonl", "rubrics.jsonl", "replies.jsonl", "lock"),
    *("labels.jsonl", "labels.jsonl.lock"),
)
_READ = re.compile(r".*\.(jsonl|yaml|yml|toml)|bank\.json|[0-9a-f]{16}\.json", re.IGNORECASE)
"""Runs, labels, rubrics, settings, banks and recordings by their names; no page is called so."""


def unlinked(path: Path, inside: Path | None = None) -> Path:
    """The same path; InputError for a link, also in a folder on the way down from `inside`."""
    if path.is_symlink():
        raise InputError(f"{path} is a link: none is written through", "delete it, or name where it leads")
    if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
        raise InputError(f"{path} leads out of {inside} by a link", "put a folder in the link's place")
    return path


def page(path: Path, read: Iterable[Path] = ()) -> Path:
    """The same path for a report, a card or a fit; InputError where that would destroy a file of a run, one
    that is rubrics, labels, settings or a recording by its name, or one of those that are `read`."""
    name = path.name.lower()
    in_run = name in RUN and any((path.parent / one).exists() for one in ("grades.jsonl", "replies.jsonl"))
    if in_run or (_READ.fullmatch(name) and path.is_file()):
        raise InputError(f"{path} is a file that grade reads: it would be overwritten", "name another file")
    if path.exists() and any(one.exists() and path.samefile(one) for one in read):
        raise InputError(f"{path} is read here: it would be overwritten", "name another file")
    return unlinked(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """While that file is written: an OSError names it, as one of a write, unlike one of an open, does not."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(error.filename or path)) from error
