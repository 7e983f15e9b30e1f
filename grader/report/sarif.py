"""SARIF 2.1.0: findings for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from grader.report import escape
from grader.report.findings import RULES, Finding
from grader.types import Lang

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(findings: Iterable[Finding], version: str = "", lang: Lang = "en") -> str:
    """One run with all findings."""
    return json.dumps(shape(findings, version, lang), ensure_ascii=False, indent=1) + "\n"


def shape(findings: Iterable[Finding], version: str = "", lang: Lang = "en") -> dict[str, Any]:
    """The log as plain values."""
    rules = list(RULES)
    driver: dict[str, Any] = {
        "name": "grade",
        "rules": [
            {
                "id": one,
                "shortDescription": {"text": RULES[one][lang == "zh"]},
                "help": {"text": RULES[one][0]},
            }
            for one in rules
        ],
    }
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the folder that grade was called in"}}},
        "results": [_finding(one, rules) for one in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _finding(one: Finding, rules: list[str]) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": _location(one.path)} if one.path else {}
    if where:
        where["region"] = {
            "startLine": one.place.line,
            "startColumn": one.place.column,
            "endLine": one.place.end_line,
            "endColumn": one.place.end_column,
        }
    return {
        "ruleId": one.rule,
        "ruleIndex": rules.index(one.rule),
        "level": one.level,
        "message": {"text": escape.line(one.message)},
        "locations": [{"physicalLocation": where}] if where else [],
        "partialFingerprints": {"gradeFinding/v1": fingerprint(one)},
        "properties": {"question": one.question, "criterion": one.criterion},
    }


def fingerprint(one: Finding) -> str:
    """The same for the same remark about the same file, whatever its line."""
    words = "\n".join((one.rule, relative(one.path), one.question, one.criterion))
    if one.rule == "flagged":
        words += f"\n{one.place.line}:{one.place.column}"
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def relative(path: str) -> str:
    """Below the current folder as a posix path; any other path as it is."""
    if not path:
        return ""
    try:
        return Path(path).absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return PurePath(path).as_posix()


def _location(path: str) -> dict[str, str]:
    inside = relative(path)
    if PurePath(inside).is_absolute():
        return {"uri": PurePath(inside).as_uri()}
    return {"uri": quote(inside, errors="replace"), "uriBaseId": "%SRCROOT%"}
