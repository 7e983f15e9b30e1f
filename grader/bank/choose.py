"""Pick questions of a bank: by section, tag, stars, company, frequency, track and day."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from grader.bank.info import BankInfo, Section
from grader.bank.store import Bank
from grader.errors import InputError
from grader.types import Question


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the questions must have; empty fields ask for nothing. Several must all hold."""

    section: str = ""
    tag: str = ""
    stars: str = ""
    company: str = ""
    frequency: str = ""
    track: str = ""
    day: int = 0


def questions(bank: Bank, wish: Wish) -> tuple[Question, ...]:
    """The questions that fit, in the bank's order; InputError for a name that the bank doesn't know."""
    ids = _ids(bank, wish)
    held = bank.questions()
    for field, given, known in (
        ("tag", wish.tag.lstrip("#"), (tag for one in held for tag in one.tags)),
        ("company", wish.company, (name for one in held for name in one.companies)),
        ("frequency", wish.frequency, (one.frequency for one in held)),
    ):
        _known(field, given, known)
    least, most = _stars(wish.stars)
    return tuple(
        one
        for one in held
        if one.id in ids
        and least <= one.stars <= most
        and _fits(wish.tag.lstrip("#"), one.tags)
        and _fits(wish.company, one.companies)
        and _fits(wish.frequency, (one.frequency,))
    )


def section(info: BankInfo, named: str) -> Section:
    """A section by its place (3), its number (第三部分) or a part of its title."""
    if named.isdigit() and 1 <= int(named) <= len(info.sections):
        return info.sections[int(named) - 1]
    low = named.strip().lower()
    for one in info.sections:
        if low in (one.number.lower(), one.title.lower()):
            return one
    close = [one for one in info.sections if low and low in one.heading.lower()]
    if len(close) == 1:
        return close[0]
    shown = "; ".join(f"{place} {one.title}" for place, one in enumerate(info.sections, 1))
    many = "several sections are" if close else "no section is"
    raise InputError(f"{many} called {named!r}", f"the sections are: {shown}")


def _ids(bank: Bank, wish: Wish) -> set[str]:
    info, ids = bank.info, set(bank.ids())
    if wish.section:
        ids &= set(section(info, wish.section).questions)
    if wish.track:
        tracks = [one for one in info.tracks if wish.track.lower() in one.name.lower()]
        if not tracks:
            known = ", ".join(one.name for one in info.tracks) or "none"
            raise InputError(f"there is no track {wish.track!r}", f"the tracks are: {known}")
        ids &= {one for track in tracks for one in track.questions}
    if wish.day:
        days = [one for one in info.days if one.first <= wish.day <= one.last]
        if not days:
            known = ", ".join(one.label for one in info.days) or "none"
            raise InputError(f"the learning path has no day {wish.day}", f"it has: {known}")
        titles = {title for one in days for title in one.sections}
        ids &= {one for part in info.sections if part.title in titles for one in part.questions}
    return ids


def _fits(wanted: str, given: Iterable[str]) -> bool:
    return not wanted or any(wanted.lower() == one.lower() for one in given)


def _known(field: str, wanted: str, known: Iterable[str]) -> None:
    if not wanted:
        return
    names = {one.lower(): one for one in known if one}
    if wanted.lower() not in names:
        close = difflib.get_close_matches(wanted.lower(), names, n=5, cutoff=0.5)
        part = [low for low in names if wanted.lower() in low]
        shown = ", ".join(dict.fromkeys(names[one] for one in [*part, *close][:6])) or ", ".join(
            sorted(names.values())[:12]
        )
        raise InputError(f"no question has the {field} {wanted!r}", f"the bank has: {shown}")


def _stars(text: str) -> tuple[int, int]:
    """4 -> 4 to 4; 4+ and >=4 -> 4 to 5; 3-4 -> 3 to 4."""
    plain = text.replace("⭐", "★").strip()
    if not plain:
        return 0, 5
    if plain.strip("★") == "":
        return len(plain), len(plain)
    found = re.fullmatch(r"(?:>=)?\s*([0-5])\s*(\+|-\s*([0-5]))?", plain)
    if not found:
        raise InputError(f"--stars {text} can't be read", "write 4, 4+ or 3-4")
    least = int(found[1])
    open_end = found[2] == "+" or plain.startswith(">=")
    return least, 5 if open_end else int(found[3] or least)
