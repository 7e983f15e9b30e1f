"""The JSON objects and lists in a model's reply, however untidy. Pure; bounded work."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

LONGEST = 200_000
DEEPEST = 24
FALSE_START = 50

State = Literal["complete", "cut", "broken", "deep"]


class Cut(dict[str, Any]):
    """An object whose end is missing: the members before that, the last of them perhaps cut as well."""


class CutList(list[Any]):
    """A list whose end is missing."""


class Unclear:
    """Stands for the value of a key that occurs twice, and for a string whose end is missing."""


@dataclass(frozen=True)
class Piece:
    """An object or list, from `start` up to `end`; where it is cut or broken, `value` is what came before."""

    value: Any
    start: int
    end: int
    state: State = "complete"


class Tangled(Exception):
    """The text takes too much work to read."""


class _End(Exception):
    """Reading stopped early: at the end of the text (cut) or at something that is no JSON (broken)."""

    def __init__(self, position: int, value: Any, state: State) -> None:
        super().__init__(state)
        self.position, self.value, self.state = position, value, state


_START = re.compile(r"[{\[]|<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_SPACE = re.compile(r"(?:\s++|//[^\n]*+|/\*.{0,500}?\*/)*+", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"|' + r"'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
_WORD = re.compile(r"(?:true|false|null|none|-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d\d?)?)(?![\w.])", re.I)
_BARE = re.compile(r"[\w.\-]{1,100}+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "none": None}


def pieces(text: str, *, thoughts: bool = True) -> list[Piece]:
    """The outermost objects and lists, in order; those within <think> only when `thoughts` is False.

    Raises Tangled when reading takes more work than eight passes over the text.
    """
    whole = _strict(text)
    if whole is not None:
        return [whole]
    found: list[Piece] = []
    position, spent = 0, 0
    while start := _START.search(text, position):
        position = start.end()
        if start[0][0] == "<":
            if not thoughts:
                continue
            if start[1]:
                found.clear()  # what came before was thought
                continue
            closing = _THOUGHT.search(text, position)
            if closing is None:
                break
            position = closing.end()
            continue
        piece = _piece(text, start.start())
        if piece.value or piece.state in ("complete", "cut"):
            found.append(piece)
        if piece.state in ("complete", "deep"):
            position = piece.end
        spent += piece.end - start.start() + FALSE_START
        if spent > 8 * len(text) + 10_000:
            raise Tangled
    return found


def _strict(text: str) -> Piece | None:
    """A text that is one object of strict JSON, as most are, read by the standard library: five times faster.

    None where it is not, and where reading it here could differ from reading it below.
    """
    bare = text.strip(" \n\r\t")
    if not (bare.startswith("{") and bare.endswith("}")) or "\\u" in bare:
        return None
    if bare.count("{") + bare.count("[") > DEEPEST:
        return None
    try:
        value = _DECODER.decode(bare)
    except ValueError:
        return None
    start = text.index("{")
    return Piece(value, start, start + len(bare))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        members[key] = Unclear() if key in members else value
    return members


def _number(raw: str) -> float:
    if _WORD.fullmatch(raw) is None:
        raise ValueError(raw)
    return float(raw)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_number, parse_float=_number, parse_constant=_number
)


def _piece(text: str, start: int) -> Piece:
    try:
        value, end = _value(text, start, 0)
    except _End as early:
        return Piece(early.value, start, early.position, early.state)
    return Piece(value, start, end)


def _value(text: str, position: int, depth: int) -> tuple[Any, int]:
    """The value at `position` and where it ends; _End when it doesn't end well."""
    if depth > DEEPEST:
        raise _End(position, None, "deep")
    if text.startswith("{", position):
        return _object(text, position + 1, depth)
    if text.startswith("[", position):
        return _list(text, position + 1, depth)
    if text.startswith(('"', "'"), position):
        return _string(text, position)
    word = _WORD.match(text, position)
    if word is None:
        raise _End(position, None, "cut" if len(text) - position < 6 and _tail(text[position:]) else "broken")
    low = word[0].lower()
    return (_WORDS[low] if low in _WORDS else float(low)), word.end()


def _tail(text: str) -> bool:
    """True for nothing, or the beginning of a word that the end of the text cut off."""
    return any(word.startswith(text.lower()) for word in _WORDS)


def _string(text: str, position: int) -> tuple[str, int]:
    found = _STRING.match(text, position)
    if found is None:
        raise _End(len(text), Unclear(), "cut")
    raw = found[1] if found[1] is not None else found[2]
    if "\\" in raw:
        raw = _ESCAPE.sub(_unescaped, raw).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return raw, found.end()


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[0])


def _object(text: str, position: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    key = None
    position = _skip(text, position)
    try:
        while not text.startswith("}", position):
            key, position = _key(text, position)
            value, position = _value(text, position, depth + 1)
            members[key], key = (Unclear() if key in members else value), None
            position = _comma(text, position, "}")
    except _End as early:
        if key is not None:
            members[key] = Unclear() if key in members else early.value
        raise _End(early.position, Cut(members), early.state) from None
    return members, position + 1


def _list(text: str, position: int, depth: int) -> tuple[list[Any], int]:
    elements: list[Any] = []
    position = _skip(text, position)
    try:
        while not text.startswith("]", position):
            value, position = _value(text, position, depth + 1)
            elements.append(value)
            position = _comma(text, position, "]")
    except _End as early:
        if isinstance(early.value, dict | list):
            elements.append(early.value)
        raise _End(early.position, CutList(elements), early.state) from None
    return elements, position + 1


def _key(text: str, position: int) -> tuple[str, int]:
    """A member's name, quoted or bare, and where its value begins."""
    if text.startswith(('"', "'"), position):
        key, position = _string(text, position)
    else:
        bare = _BARE.match(text, position)
        if bare is None:
            raise _End(position, None, "cut" if position >= len(text) else "broken")
        key, position = bare[0], bare.end()
    position = _skip(text, position)
    if not text.startswith((":", "："), position):
        raise _End(position, None, "cut" if position >= len(text) else "broken")
    return key, _skip(text, position + 1)


def _comma(text: str, position: int, closing: str) -> int:
    """Where the next member begins, or the closing bracket stands; a comma before the bracket is let pass."""
    position = _skip(text, position)
    if text.startswith((",", "，"), position):
        return _skip(text, position + 1)
    if text.startswith(closing, position):
        return position
    raise _End(position, None, "cut" if position >= len(text) else "broken")


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
