"""GitHub's workflow commands: a remark at a line of a file (`::error file=...,line=...::message`)."""

from __future__ import annotations

from collections.abc import Iterable

from grader.report.escape import command, command_property
from grader.report.findings import Finding
from grader.report.sarif import relative

NAMES = {"error": "error", "warning": "warning", "note": "notice"}


def render(findings: Iterable[Finding]) -> str:
    """One line a finding."""
    return "".join(_line(one) + "\n" for one in findings)


def _line(one: Finding) -> str:
    where = one.place
    fields = {"line": str(where.line), "endLine": str(where.end_line)}
    if where.line == where.end_line:
        fields |= {"col": str(where.column), "endColumn": str(where.end_column)}
    fields = ({"file": relative(one.path)} | fields) if one.path else {}
    fields["title"] = f"grade {one.criterion or one.question} {one.rule}".replace("  ", " ")
    settings = ",".join(f"{name}={command_property(value)}" for name, value in fields.items())
    return f"::{NAMES[one.level]} {settings}::{command(one.message)}"
