"""GitLab's code quality report: a JSON list of findings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from grader.report import escape
from grader.report.findings import Finding
from grader.report.sarif import fingerprint, relative

SEVERITY = {"error": "major", "warning": "minor", "note": "info"}


def render(findings: Iterable[Finding]) -> str:
    """The list; no two findings share a fingerprint."""
    seen: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    for one in findings:
        mark = fingerprint(one)
        seen[mark] += 1
        found.append(
            {
                "description": escape.line(one.message),
                "check_name": f"grade/{one.rule}",
                "fingerprint": mark if seen[mark] == 1 else f"{mark}-{seen[mark]}",
                "severity": SEVERITY[one.level],
                "location": {
                    "path": relative(one.path) or one.question,
                    "lines": {"begin": one.place.line, "end": one.place.end_line},
                },
            }
        )
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
