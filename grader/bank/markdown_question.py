"""One question of a Markdown bank: its lines become fields and key points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.bank.markdown_lines import Line
from grader.types import Criterion, Lang, Question, Rubric

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Fault:
    """What is wrong at a line, and what to do."""

    line: int
    said: str
    fix: str


@dataclass(frozen=True)
class Block:
    """A heading or a question, and the lines up to the next."""

    top: Line | None
    lines: tuple[Line, ...]


def read(block: Block) -> tuple[tuple[Question, tuple[str, ...]], list[Fault]]:
    """The question of a block, its lines that have no field, and what is wrong with it."""
    top = block.top
    assert top
    found = _Fields()
    state = ""
    for line in block.lines:
        state = _take(line, state, found)
    return (_built(top, found), tuple(found.notes)), [*found.faults, *_faults(top, found)]


def _faults(top: Line, found: _Fields) -> Iterator[Fault]:
    if not top.text:
        yield Fault(top.number, f"{top.id} has no title", "write **Q1: title**")
    if not found.points:
        yield Fault(top.number, f"{top.id} has no key points", "list them under **考点**： or Key points:")
    for one in found.points:
        if not one.text:
            yield Fault(one.line, f"{top.id} has an empty key point", "say it or delete it")


def _built(top: Line, found: _Fields) -> Question:
    criteria = tuple(
        Criterion(id=f"{top.id}.{index}", text=one.text, parts=tuple(one.parts))
        for index, one in enumerate(found.points, 1)
    )
    rubric = Rubric(
        question=top.id,
        title=top.text,
        criteria=criteria,
        lang=language(" ".join([top.text, *(one.text for one in criteria)])),
        reference="\n".join(found.reference).strip(),
    )
    companies, frequency = _companies(found.said.get("companies", ""))
    tags = _tags(found.said.get("tags", ""))
    return Question(
        id=top.id,
        title=top.text,
        rubric=rubric,
        stars=found.stars,
        tags=tags,
        companies=companies,
        frequency=frequency,
    )


@dataclass
class _Point:
    line: int
    text: str
    indent: int
    parts: list[str] = field(default_factory=list)


@dataclass
class _Fields:
    """What has been read of one question so far."""

    said: dict[str, str] = field(default_factory=dict)
    stars: int = 0
    points: list[_Point] = field(default_factory=list)
    reference: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def _take(line: Line, state: str, found: _Fields) -> str:
    """Put one line where it belongs; returns what the next lines belong to."""
    if line.kind == "label" and not (state == "points" and line.bulleted and line.field in found.said):
        return _label(line, found)
    if line.kind in ("blank", "rule", "broken"):
        if state == "reference" and line.kind == "blank":
            found.reference.append("")
        return "after" if line.kind == "rule" and state == "points" else state
    text = line.raw or line.text
    if state == "reference":
        found.reference.append(text)
    elif state == "points" and line.kind in ("bullet", "label"):
        _point(line, text, found)
    elif state == "points" and found.points:
        _continue(found.points[-1], text)
    elif state == "after" and line.kind == "bullet":
        found.faults.append(Fault(line.number, "a key point after a rule (---)", "move it above the rule"))
    else:
        found.notes.append(text)
    return state


def _label(line: Line, found: _Fields) -> str:
    if line.field in ("updated", "count"):
        return "after"  # the bank's footer; outline reads it
    if line.field in found.said:
        found.faults.append(Fault(line.number, "the field stands twice in this question", "keep one"))
    found.said[line.field] = line.text
    if line.field == "stars":
        found.stars = read_stars(line.text) or 0
        if not found.stars:
            found.faults.append(
                Fault(
                    line.number,
                    f"unreadable difficulty: {line.text[:40] or 'empty'}",
                    "write ⭐ to ⭐⭐⭐⭐⭐, or 3/5",
                )
            )
    elif line.field == "points" and line.text:
        found.points.append(_Point(line.number, line.text, line.indent))
    elif line.field == "reference" and line.text:
        found.reference.append(line.text)
    return line.field if line.field in ("points", "reference") else ""


def _point(line: Line, text: str, found: _Fields) -> None:
    if found.points and line.indent >= found.points[-1].indent + 2:
        found.points[-1].parts.append(text)
    else:
        found.points.append(_Point(line.number, text, line.indent))


def _continue(point: _Point, text: str) -> None:
    """A key point that goes on in the next line; Chinese needs no space between."""
    before = point.parts[-1] if point.parts else point.text
    gap = "" if CHINESE.match(before[-1:]) or CHINESE.match(text[:1]) else " "
    if point.parts:
        point.parts[-1] = before + gap + text
    else:
        point.text = before + gap + text


def read_stars(text: str) -> int | None:
    """Difficulty from 1 to 5: ⭐⭐⭐, ★★★☆☆, 3/5, 3 stars; None when it can't be read."""
    plain = text.replace("\ufe0f", "").strip()
    drawn = re.fullmatch(r"([⭐★🌟*]+)\s*[☆]*", plain)
    written = re.fullmatch(r"(?i)([1-5])(?:\.0)?\s*(?:/\s*5|stars?|星|颗星)?", plain)
    count = len(drawn[1]) if drawn else int(written[1]) if written else 0
    return count if 1 <= count <= 5 else None


def language(text: str) -> Lang:
    """zh when a tenth or more of the letters are Chinese."""
    letters = [one for one in text if one.isalpha()]
    return "zh" if sum(bool(CHINESE.match(one)) for one in letters) * 10 >= max(len(letters), 1) else "en"


def _tags(text: str) -> tuple[str, ...]:
    parts = text.split("#") if "#" in text else re.split(r"[,，、;；]", text)
    return tuple(one.strip(" ,，、") for one in parts if one.strip(" ,，、"))


def _companies(text: str) -> tuple[tuple[str, ...], str]:
    """Companies, and the note in brackets at the end."""
    noted = re.fullmatch(r"(.*?)\s*[（(]([^（）()]*)[)）]", text)
    names, note = (noted[1], noted[2]) if noted else (text, "")
    return tuple(one.strip() for one in re.split(r"[、,，;；]", names) if one.strip()), note.strip()
