"""Read a question bank in Markdown: its questions, and what it says about itself. Nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.bank import markdown_question, outline, rubric_files
from grader.bank.info import BankInfo
from grader.bank.markdown_lines import Line, classify
from grader.bank.markdown_question import Block, Fault
from grader.bank.textfile import HIDDEN, read_text
from grader.errors import InputError
from grader.types import Question

LIMIT = 8_000_000
SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A bank as read. `notes`: lines of a question that have no field, by its id."""

    info: BankInfo
    questions: tuple[Question, ...]
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read(path: Path) -> Imported:
    """The bank in a file; one InputError that lists every fault with its line."""
    return parse(read_text(path, limit=LIMIT), str(path))


def parse(text: str, name: str) -> Imported:
    """The same of a text; `name` stands in messages."""
    blocks = tuple(_blocks(classify(text)))
    asked = [one for one in blocks if one.top and one.top.kind == "question"]
    faults = [*_hidden(text), *_repeated(asked), *_outside(blocks)]
    drafts = []
    for block in asked:
        draft, found = markdown_question.read(block)
        drafts.append(draft)
        faults += found or _too_much(block, *draft)
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


def _hidden(text: str) -> Iterator[Fault]:
    if HIDDEN.search(text):
        for number, line in enumerate(text.split("\n"), 1):
            if HIDDEN.search(line):
                yield Fault(number, "a control character", "delete it")


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
                what = "key points" if line.field == "points" else f"the {line.field}"
                yield Fault(line.number, f"{what} of no question", "put it under **Q1: title**")


def _too_much(block: Block, question: Question, notes: tuple[str, ...]) -> Iterator[Fault]:
    refusal = rubric_files.refusal(question, notes)
    if refusal and block.top:
        yield Fault(
            block.top.number, f"{question.id} can't be kept: {refusal}", "make it shorter, or split it"
        )


def _error(name: str, faults: list[Fault]) -> InputError:
    many = f"{name} has {len(faults)} faults" if len(faults) > 1 else f"{name} has a fault"
    rows = [f"  {name}:{one.line}: {one.said}; {one.fix}" for one in faults[:SHOWN]]
    more = [f"  and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return InputError("\n".join([f"{many}:", *rows, *more]), "mend them and import again")
