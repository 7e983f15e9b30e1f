"""The table of formats: name, file name's end, and what renders it. Imports a format when it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module

from grader.errors import InputError
from grader.report import findings
from grader.report.graded import Run
from grader.types import Lang

TABLE: Mapping[str, str] = {
    "json": "json",
    "csv": "csv",
    "md": "md",
    "html": "html",
    "junit": "xml",
    "sarif": "sarif",
    "gitlab": "gitlab.json",
    "annotations": "annotations.txt",
}


def parse(text: str, extra: Sequence[str] = ()) -> tuple[str, ...]:
    """The formats of `json,html`; InputError for an unknown one."""
    names = tuple(dict.fromkeys(one.strip().lower() for one in text.split(",") if one.strip()))
    known = (*extra, *TABLE)
    for one in names:
        if one not in known:
            near = difflib.get_close_matches(one, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise InputError(f"--format {one}: there is no such format", hint)
    if not names:
        raise InputError("--format is empty", f"known are {', '.join(known)}")
    return names


def render(
    name: str, runs: Sequence[Run], lang: Lang, version: str = "", silent: Collection[str] = ()
) -> str:
    """The whole file in that format; findings without those of `silent` rules."""
    module = import_module("grader.report." + {"md": "markdown"}.get(name, name))
    whole: Sequence[object] = runs
    if name in ("sarif", "gitlab", "annotations"):
        whole = findings.of_rows((row for one in runs for row in one.rows), lang, silent)
    more = {"md": (lang,), "html": (lang,), "sarif": (version, lang)}.get(name, ())
    return str(module.render(whole, *more))
