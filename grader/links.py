"""Nothing is written through a link: it could lead anywhere."""

from __future__ import annotations

from pathlib import Path

from grader.errors import InputError


def unlinked(path: Path, inside: Path | None = None) -> Path:
    """The same path; InputError for a link, also in a folder on the way down from `inside`."""
    if path.is_symlink():
        raise InputError(f"{path} is a link: none is written through", "delete it, or name where it leads")
    if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
        raise InputError(f"{path} leads out of {inside} by a link", "put a folder in the link's place")
    return path
