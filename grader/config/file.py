"""Find and read the config file: grade.toml, or pyproject.toml with the table tool.grade."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.errors import InputError

LONGEST = 1_000_000
MOST_PARTS = 100
_DEEP = re.compile(
    rf"""(?<![\w-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}"""
)
"""A name of more parts; tomllib takes time and memory by the square of their number."""


def find(cwd: Path) -> tuple[Path | None, Mapping[str, Any]]:
    """The nearest grade.toml or pyproject.toml with [tool.grade], from `cwd` up to the repository's top."""
    for folder in (cwd, *cwd.parents):
        own = folder / "grade.toml"
        if own.is_file():
            return own, _read_toml(own)
        if os.path.lexists(own):
            raise InputError(
                f"{own} is no file that can be read: a folder, or a link to none",
                "delete it, or put the settings there",
            )
        project = folder / "pyproject.toml"
        if project.is_file():
            tools = _read_toml(project).get("tool")
            table = tools.get("grade") if isinstance(tools, dict) else None
            if not isinstance(table, dict | None):
                raise InputError(f"{project}: tool.grade is no table", "write [tool.grade]")
            if table is not None:
                return project, table
        if (folder / ".git").exists():
            break
    return None, {}


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > LONGEST:
            raise InputError(f"{path}: is larger than 1 MB")
        text = path.read_text(encoding="utf-8-sig")
        if _DEEP.search(text):
            raise InputError(
                f"{path}: a name of more than {MOST_PARTS} parts", "no setting has more than three"
            )
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: not valid TOML: {error}", "texts stand in quotes: model = 'embedded'"
        ) from error
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}", "check its permissions") from error
