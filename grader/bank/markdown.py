"""Read a question bank in Markdown: its questions, and what it says about itself. Nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.bank import outline
from grader.bank.info import BankInfo
from grader.bank.markdown_lines import Line, classify
from grader.bank.textfile import read_text
from grader.errors import InputError
from grader.types import Criterion, Lang, Question, Rubric

LIMIT = 8_000_000
SHOWN = 50
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Fault:
    """What is wrong at a line, and what to do."""

    line: int
    said: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A bank as read. `notes`: lines of a question that have no field, by its id."""

    info: BankInfo
    questions: tuple[Question, ...]
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """A heading or a question, and the lines up to the next."""

    top: Line | None
    lines: tuple[Line, ...]


def read(path: Path) -> Imported:
    """The bank in a file; one InputError that lists every fault with its line."""
    return parse(read_text(path, limit=LIMIT), str(path))


def parse(text: str, name: str) -> Imported:
    """The same of a text; `name` stands in messages."""
    blocks = tuple(_blocks(classify(text)))
    asked = [one for one in blocks if one.top and one.top.kind == "question"]
    faults = [*_repeated(asked), *_outside(blocks)]
    drafts = []
    for block in asked:
        draft, found = _question(block)
        drafts.append(draft)
        faults += found
    if not asked and not faults:
        faults.append(Fault(1, "there is no question in it", "write one as **Q1: title** or ### Q1. title"))
    if faults:
        raise _error(name, sorted(faults, key=lambda one: one.line))
    info = outline.read(
        [(one.top, one.lines) for one in blocks], tuple(one.top.id for one in asked if one.top)
    )
    sections = {identifier: one.title for one in info.sections for identifier in one.questions}
    questions = tuple(replace(one, section=sections.get(one.id, "")) for one, _ in drafts)
    return Imported(info=info, questions=questions, notes={one.id: notes for one, notes in drafts if notes})


def _blocks(lines: Iterator[Line]) -> Iterator[Block]:
    top: Line | None = None
    held: list[Line] = []
    for line in lines:
        if line.kind in ("heading", "question"):
            yield Block(top, tuple(held))
            top, held = line, []
        else:
            held.append(line)
    yield Block(top, tuple(held))


def _repeated(asked: list[Block]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for block in asked:
        assert block.top
        line, identifier = block.top.number, block.top.id
        if identifier in first:
            yield Fault(
                line, f"{identifier} stands already in line {first[identifier]}", "give it another number"
            )
        first.setdefault(identifier, line)


def _outside(blocks: tuple[Block, ...]) -> Iterator[Fault]:
    for block in blocks:
        inside = block.top is not None and block.top.kind == "question"
        for line in block.lines:
            if line.kind == "broken":
                yield Fault(
                    line.number, f"unreadable question: {line.text[:60]}", "close the bold: **Q1: title**"
                )
            elif (
                line.kind == "label" and line.field in ("points", "stars", "tags", "companies") and not inside
            ):
                yield Fault(line.number, _OUTSIDE.get(line.field, _ELSE), "put it under **Q1: title**")


_OUTSIDE = {"points": "key points that belong to no question"}
_ELSE = "a field that belongs to no question"


def _question(block: Block) -> tuple[tuple[Question, tuple[str, ...]], list[Fault]]:
    top = block.top
    assert top
    found = _Fields()
    state = ""
    for line in block.lines:
        state = _take(line, state, found)
    faults = list(found.faults)
    if not top.text:
        faults.append(Fault(top.number, f"{top.id} has no title", "write **Q1: title**"))
    if not found.points:
        faults.append(
            Fault(
                top.number, f"{top.id} has no key points", "list them under a line **考点**： or Key points:"
            )
        )
    faults += [
        Fault(one.line, f"{top.id} has an empty key point", "say it or delete it")
        for one in found.points
        if not one.text
    ]
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
    question = Question(
        id=top.id,
        title=top.text,
        rubric=rubric,
        stars=found.stars,
        tags=_tags(found.said.get("tags", "")),
        companies=companies,
        frequency=frequency,
    )
    return (question, tuple(found.notes)), faults


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
    text = line.text if line.kind != "label" else f"{line.field}: {line.text}"
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


def _error(name: str, faults: list[Fault]) -> InputError:
    many = f"{name} has {len(faults)} faults" if len(faults) > 1 else f"{name} has a fault"
    rows = [f"  {name}:{one.line}: {one.said}; {one.fix}" for one in faults[:SHOWN]]
    more = [f"  and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return InputError("\n".join([f"{many}:", *rows, *more]), "mend them and import again")
