"""One Markdown file with a heading per question: where each answer begins and ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.bank.ids import normalise

HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
NUMBERED = re.compile(r"(?i)(?:\W*)(?:q|question|题|第)[\s_-]*(\d{1,5})(?![\w])")
FIRST_WORD = re.compile(r"[*_`\[(\s]*([A-Za-z][A-Za-z0-9_-]{0,63})")


@dataclass(frozen=True)
class Section:
    """An answer: the question its heading names, the heading's line, and the span of what follows."""

    question: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Parts:
    """A file cut at its question headings; `ignored`: what stands before the first one, or ""."""

    sections: tuple[Section, ...]
    ignored: str = ""


def split(text: str, start: int, known: Callable[[str], bool]) -> Parts:
    """Cut `text` from `start` at the headings, of any depth, that name a question (Q43, or a `known` id).

    Other headings belong to the answer. Blank lines around an answer are left out of its span.
    """
    found = list(_headings(text, start, known))
    if not found:
        return Parts(())
    ends = [begin for begin, *_ in found[1:]] + [len(text)]
    sections = tuple(
        Section(question, line, *_trimmed(text, after, end))
        for (_, after, line, question), end in zip(found, ends, strict=True)
    )
    before = text[start : found[0][0]].strip()
    words = f"{len(before)} characters: {before.splitlines()[0][:40]}" if before else ""
    return Parts(sections, words)


def _headings(text: str, start: int, known: Callable[[str], bool]) -> Iterator[tuple[int, int, int, str]]:
    """Begin and end of each question heading, its line number and question. Code blocks hold no headings."""
    at, fence = start, ""
    for line, bare in enumerate(text[start:].split("\n"), 1 + text.count("\n", 0, start)):
        mark = FENCE.match(bare)
        if fence:
            closes = mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence)
            fence = "" if closes and not bare[mark.end() :].strip() else fence  # type: ignore[union-attr]
        elif mark:
            fence = mark[1]
        elif (heading := HEADING.match(bare)) and (question := _question(heading[1], known)):
            yield at, at + len(bare) + 1, line, question
        at += len(bare) + 1


def _question(title: str, known: Callable[[str], bool]) -> str:
    """The question that a heading names: by number, or by an id of the bank as its first word."""
    if numbered := NUMBERED.match(title):
        return f"Q{int(numbered[1])}"
    word = FIRST_WORD.match(title)
    return normalise(word[1]) if word and known(word[1]) else ""


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    body = text[start:end]
    lead = len(body) - len(body.lstrip("\n\r \t\f\v"))
    if lead == len(body):
        return start, start
    head = body.rfind("\n", 0, lead) + 1
    return start + head, start + len(body.rstrip())
