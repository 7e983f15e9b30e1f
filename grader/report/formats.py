"""The table of formats: name, file name's end, and what renders it. Imports a format when it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import import_module

from grader.errors import InputError
from grader.report import findings
from grader.report.findings import Finding
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
OF_FINDINGS = ("sarif", "gitlab", "annotations")


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


def render(name: str, runs: Sequence[Run], lang: Lang, version: str = "") -> str:
    """The whole file in that format."""
    if name in OF_FINDINGS:
        found = findings.of_rows((row for one in runs for row in one.rows), lang)
        return of_findings(name, found, lang, version)
    module = import_module("grader.report." + {"md": "markdown"}.get(name, name))
    page = module.render(runs, lang) if name in ("md", "html") else module.render(runs)
    return str(page)


def of_findings(name: str, found: Sequence[Finding], lang: Lang, version: str = "") -> str:
    """The same for the formats that only hold findings."""
    module = import_module(f"grader.report.{name}")
    return str(module.render(found, version, lang) if name == "sarif" else module.render(found))
