"""A bank in a folder: one rubric file a question, bank.json for the whole."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader import resources
from grader.bank import rubric_files
from grader.bank.ids import is_safe, natural, normalise, number
from grader.bank.info import BankInfo, Section, read, spans
from grader.errors import InputError
from grader.types import Question


@dataclass(frozen=True)
class Bank:
    """Reads only what is asked for: a question is one small file."""

    folder: Path

    @cached_property
    def info(self) -> BankInfo:
        """What the bank says about itself; without bank.json the file names in one section."""
        path = self.folder / "bank.json"
        if path.exists():
            return read(path)
        ids = tuple(sorted((one.stem for one in self._files()), key=natural))
        return BankInfo(title=self.folder.name, sections=(Section(heading="", title="", questions=ids),))

    @cached_property
    def known(self) -> Mapping[str, str]:
        """Each id by its lower case."""
        return {one.lower(): one for one in sorted((one.stem for one in self._files()), key=natural)}

    def ids(self) -> tuple[str, ...]:
        """All question ids, in the bank's order; files that bank.json doesn't list come last."""
        held = {one.stem for one in self._files()}
        listed = tuple(one for one in self.info.questions if one in held)
        return listed + tuple(sorted(held - set(listed), key=natural))

    def questions(self) -> tuple[Question, ...]:
        """All questions, in the bank's order."""
        return tuple(rubric_files.read(self.folder / f"{one}.yaml") for one in self.ids())

    def question(self, identifier: str) -> Question:
        """One question; InputError with the nearest ids when the bank doesn't hold it."""
        wanted = normalise(identifier)
        if held := self.known.get(wanted.lower()):
            return rubric_files.read(self.folder / f"{held}.yaml")
        raise self._unknown(wanted.upper() if wanted[:1] == "q" else wanted)

    def _files(self) -> list[Path]:
        return [one for one in self.folder.glob("*.yaml") if is_safe(one.stem)]

    def _unknown(self, wanted: str) -> InputError:
        info, held = self.info, self.ids()
        shown = ", ".join(spans(held))
        if wanted in info.are_coding():
            name = f" ({info.coding_name})" if info.coding_name else ""
            return InputError(
                f"{wanted} is one of the {info.coding} coding questions{name} that the bank counts "
                "but doesn't hold",
                f"questions with key points: {shown}",
            )
        return InputError(
            f"there is no question {wanted[:40]!r} in this bank",
            f"{_nearest(wanted, held)}; it holds {shown}",
        )


def load(folder: Path | None = None) -> Bank:
    """The bank in a folder, or the packaged one. InputError when there is none."""
    place = folder or resources.folder("rubrics")
    if place.is_file():
        raise InputError(f"{place} is a file, not an imported bank", f"grade bank import {place} --out DIR")
    if not place.is_dir():
        raise InputError(
            f"there is no bank at {place}: no such folder", "grade bank import FILE --out DIR makes one"
        )
    if not any(place.glob("*.yaml")):
        raise InputError(f"{place} holds no rubrics (*.yaml)", "grade bank import FILE --out DIR makes them")
    return Bank(place)


def _nearest(wanted: str, held: tuple[str, ...]) -> str:
    count = number(wanted)
    numbered = [one for one in held if number(one) is not None]
    if wanted.startswith("Q") and count is not None and numbered:
        return f"the nearest is {min(numbered, key=lambda one: abs((number(one) or 0) - count))}"
    close = difflib.get_close_matches(wanted, held, n=3, cutoff=0.3)
    return f"did you mean {', '.join(close)}?" if close else "grade bank list shows them all"
