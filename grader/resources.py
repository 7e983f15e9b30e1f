"""Where the files that travel with the package lie: in the wheel beside the code, in a checkout above it."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def folder(name: str) -> Path:
    """The folder `rubrics` or `prompts`; FileNotFoundError says that the installation is broken."""
    here = Path(__file__).resolve().parent
    for place in (here / name, here.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name} is missing from the installation of grade")
