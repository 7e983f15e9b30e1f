"""Text that people wrote or a judge quoted, made safe for a terminal, and wrapped by its width in cells."""

from __future__ import annotations

import re
import unicodedata

from grader.bank.textfile import HIDDEN

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?")
BLANKS = re.compile(r"\s+")
_MARKS = (
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31-\u0e4e\u0eb1-\u0ece\u1ab0-\u1aff"
    r"\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
)
TOWER = re.compile(rf"({_MARKS}{{4}}){_MARKS}+")
"""Marks over a letter beyond the fourth: no script needs them, and they are drawn over the lines around."""
TOKENS = re.compile(r"\s+|[!-~¡-ӿ]+|.", re.DOTALL)
"""What a line may not be broken inside of: Latin words; every other character stands alone."""
NOT_FIRST = set("，。、；：！？）】》」』〉”’…—·,.;:!?)]}%％")
NOT_LAST = set("（【《「『〈“‘([{")


def plain(text: str) -> str:
    """One line without terminal escapes, control, bidirectional and invisible characters."""
    text = TOWER.sub(r"\1", BLANKS.sub(" ", ESCAPES.sub("", text)))
    return "".join(one for one in text if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co")).strip()


def tame(value: object) -> object:
    """Text in a page, turning no line around and towering over none; our own HTML and numbers as they are."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return TOWER.sub(r"\1", HIDDEN.sub("", value))


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, with a mark where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def carried(text: str, encoding: str) -> str:
    """The text as a console of that encoding shows it, with an escape for each character that it lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def wrapped(text: str, width: int, encoding: str = "utf-8") -> list[str]:
    """Lines of at most `width` cells on a console of that encoding, broken at Chinese or between Latin words.

    Closing punctuation begins no line and an opening bracket ends none. A word longer than a line is cut.
    """
    from rich.cells import cell_len

    lines, line = [], ""
    for token in _unbroken(carried(text, encoding)):
        if line and cell_len(line + token.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
            token = token.lstrip()
        line += token
        while cell_len(line.rstrip()) > width:
            cut = _fits(line, width)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _unbroken(text: str) -> list[str]:
    """Tokens with the punctuation that must stay beside them."""
    glued: list[str] = []
    for token in TOKENS.findall(text):
        if glued and not glued[-1].isspace() and (token[0] in NOT_FIRST or glued[-1][-1] in NOT_LAST):
            glued[-1] += token
        else:
            glued.append(token)
    return glued


def _fits(text: str, width: int) -> int:
    """How many of the first characters fit into `width` cells, at least one."""
    from rich.cells import cell_len

    count = 1
    while count < len(text) and cell_len(text[: count + 1]) <= width:
        count += 1
    return count
