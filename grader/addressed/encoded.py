"""Text that only a decoder reads: base64, hex, percent signs, escapes, entities, letters turned. Pure."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/_-]{24,}={0,2}")
_H = "[0-9a-fA-F]"
_HEX = re.compile(rf"{_H}(?<!{_H}{{2}}){_H}[ :]?(?:{_H}{{2}}[ :]?){{11,}}(?!{_H})")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}|[A-Za-z0-9_.+-]){6,}")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}){4,}")
_ENTITIES = re.compile(r"(?:&#?[0-9a-zA-Z]{2,8};[ ]?){4,}")
FEWEST = 4
"""Characters written with a mark that make a code."""
MOST = 50
"""Codes that are looked into, the first of a text; more of them is no answer."""
LONGEST = 20_000


def codes(text: str) -> Iterator[tuple[int, int, str]]:
    """Span and plain text of each stretch that decodes to words."""
    count = 0
    for pattern, decode, mark in (
        (_BASE64, _base64, ""),
        (_HEX, _hex, ""),
        (_PERCENT, _percent, "%"),
        (_ESCAPES, _escapes, "\\"),
        (_ENTITIES, html.unescape, "&"),
    ):
        for found in pattern.finditer(text) if text.count(mark) >= FEWEST else ():
            said = decode(found[0][:LONGEST])
            if said and said != found[0] and _wordy(said):
                yield found.start(), found.end(), said
                count += 1
            if count >= MOST:
                return


def turned(sentence: str) -> tuple[str, ...]:
    """The sentence read from its end, and, where it is Latin, with letters moved by thirteen."""
    back = sentence[::-1]
    return (back, codecs.encode(sentence, "rot13")) if sentence.isascii() else (back,)


def _base64(code: str) -> str:
    plain = code.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _hex(code: str) -> str:
    try:
        return bytes.fromhex(code.replace(":", "")).decode("utf-8")
    except ValueError:
        return ""


def _percent(code: str) -> str:
    return unquote(code, errors="replace") if code.count("%") >= FEWEST else ""


def _escapes(code: str) -> str:
    return re.sub(r"\\[ux]([0-9a-fA-F]{4}|[0-9a-fA-F]{2})", lambda one: chr(int(one[1], 16)), code)


def _wordy(said: str) -> bool:
    """True for text that reads as words: letters and spaces for the most part, none of them unprintable."""
    letters = sum(one.isalpha() or one in " ,.，。:：；;'" for one in said)
    odd = any(not one.isprintable() and one not in "\n\t\r" for one in said)
    return len(said) >= 4 and not odd and letters >= 0.7 * len(said)
