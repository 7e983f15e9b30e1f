"""Question ids: how people write them, and the one way they are kept."""

from __future__ import annotations

import re

SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")  # not file names on Windows
REFERENCE = re.compile(r"(?<![A-Za-z0-9])[Qq](\d{1,5})(?:\s*[-–—~～至到]+\s*[Qq]?(\d{1,5})(?!\d))?")


def normalise(text: str) -> str:
    """`q07`, `Q 7`, `Question 7` and `7` are Q7; other ids stay as they are."""
    text = text.strip()
    found = re.fullmatch(r"(?i)(?:q|question)?[\s_-]*(\d{1,5})", text)
    return f"Q{int(found[1])}" if found else text


def is_safe(identifier: str) -> bool:
    """True for an id that is a file name everywhere."""
    return bool(SAFE.fullmatch(identifier)) and not RESERVED.fullmatch(identifier)


def number(identifier: str) -> int | None:
    """43 for Q43, None for an id without a number at its end."""
    found = re.search(r"(\d{1,9})$", identifier)
    return int(found[1]) if found else None


def natural(identifier: str) -> tuple[str, int]:
    """A sort key that puts Q2 before Q10."""
    last = number(identifier)
    return (identifier.rstrip("0123456789"), -1 if last is None else last)


def expand(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The known ids that a text such as `Q18-Q26、Q38` names, in its order and without repeats."""
    numbers = {number(one): one for one in known}
    named: dict[str, None] = {}
    for first, last in spans(text):
        named.update((numbers[n], None) for n in numbers if n is not None and first <= n <= last)
    return tuple(named)


def unknown(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The ids, ends of ranges among them, that a text names and that are not known."""
    numbers = {number(one) for one in known}
    ends = dict.fromkeys(end for span in spans(text) for end in span)
    return tuple(f"Q{end}" for end in ends if end not in numbers)


def spans(text: str) -> list[tuple[int, int]]:
    """First and last number of each reference in a text; a single question is a span of one."""
    return [(int(first), int(last or first)) for first, last in REFERENCE.findall(text)]
