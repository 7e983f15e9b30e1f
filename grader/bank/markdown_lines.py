"""The lines of a Markdown question bank: what each one is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.bank.ids import normalise

Kind = Literal["blank", "rule", "heading", "question", "label", "bullet", "text", "broken"]

LABELS = {
    "stars": "难度 难度等级 难度系数 difficulty level stars",
    "tags": "标签 标记 tags tag topics",
    "companies": "公司 来源公司 考察公司 companies company asked\u00a0by",
    "points": "考点 要点 关键点 得分点 采分点 回答要点 key\u00a0points key\u00a0point points rubric",
    "reference": "参考答案 标准答案 答案 answer reference\u00a0answer model\u00a0answer",
    "updated": "最后更新 更新时间 更新日期 last\u00a0updated updated",
    "count": "题目数量 题目总数 题量 questions question\u00a0count number\u00a0of\u00a0questions",
}
FIELD_OF = {one.replace("\u00a0", " "): field for field, names in LABELS.items() for one in names.split(" ")}

RUN = re.compile(r"(?<=\S)\s{20,}|#{20,}|\*{20,}")
"""What nobody writes, and what the patterns below would take hours for: cut to 20."""
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")
NUMBERED = r"(?:Q|Question\s+)\d{1,5}"
BOLD_QUESTION = re.compile(rf"(?i)\*\*\s*({NUMBERED})\s*(?:[:：.、)）]|\s|(?=\*))\s*(.*?)\s*\*\*\s*(.*)")
PLAIN_QUESTION = re.compile(rf"(?i)\**({NUMBERED})\**\s*(?:[:：.、)）]|\s|$)\s*\**\s*(.*)")
BROKEN_QUESTION = re.compile(rf"(?i)\*\*\s*{NUMBERED}\s*[:：.、)）]")
BULLET = re.compile(
    r"(\s*)(?:[-*+•·](?:\s+|$)|(?:\d{1,3}|[a-z])[.)）]\s+|\d{1,3}、\s*|[（(]\d{1,3}[)）]\s*)(.*)"
)
LABEL = re.compile(r"\**\s*([^\s*:：](?:[^*:：]{0,20}[^\s*:：])?)\s*\**\s*[:：]\s*\**\s*(.*)")
RULE = re.compile(r"\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})")
FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `id` and `text` of a question; `field`, `text` and `raw` of a label; `level` of a heading."""

    number: int
    kind: Kind
    text: str = ""
    level: int = 0
    id: str = ""
    field: str = ""
    raw: str = ""
    indent: int = 0
    bulleted: bool = False


def classify(text: str) -> Iterator[Line]:
    """Every line of a bank, in order; lines in code fences are text."""
    fence = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = RUN.sub(lambda found: found[0][:20], raw.expandtabs(4).rstrip())
        mark = FENCE.match(line)
        if fence or mark:
            yield Line(number=number, kind="text", text=line, indent=4)
            if mark and not fence:
                fence = mark[1]
            elif mark and mark[1].startswith(fence):
                fence = ""
        else:
            yield _line(number, line)


def _line(number: int, line: str) -> Line:
    if not line.strip():
        return Line(number=number, kind="blank")
    if RULE.fullmatch(line):
        return Line(number=number, kind="rule")
    if heading := HEADING.fullmatch(line):
        return _heading(number, len(heading[1]), heading[2])
    if question := BOLD_QUESTION.fullmatch(line):
        title = " ".join(one for one in (question[2], question[3]) if one)
        return Line(number=number, kind="question", id=normalise(question[1]), text=title)
    if BROKEN_QUESTION.match(line):
        return Line(number=number, kind="broken", text=line)
    if bullet := BULLET.fullmatch(line):
        return _bullet(number, len(bullet[1]), bullet[2])
    field, text = _label(line.strip())
    if field:
        return Line(number=number, kind="label", field=field, text=text, raw=line.strip())
    plain = PLAIN_QUESTION.fullmatch(line)
    if plain and re.match(rf"(?i){NUMBERED}[:：.、)）]", line) and plain[2]:
        return Line(number=number, kind="question", id=normalise(plain[1]), text=plain[2].strip("* "))
    return Line(number=number, kind="text", text=line.strip(), indent=len(line) - len(line.lstrip()))


def _bullet(number: int, indent: int, said: str) -> Line:
    field, text = _label(said)
    if not field:
        return Line(number=number, kind="bullet", text=said.strip(), indent=indent)
    return Line(
        number=number, kind="label", field=field, text=text, raw=said.strip(), indent=indent, bulleted=True
    )


def _heading(number: int, level: int, text: str) -> Line:
    if question := PLAIN_QUESTION.fullmatch(text):
        return Line(
            number=number,
            kind="question",
            id=normalise(question[1]),
            text=question[2].strip("* "),
            level=level,
        )
    field = FIELD_OF.get(text.strip("*:： ").lower(), "")
    if field:
        return Line(number=number, kind="label", field=field, raw=text.strip())
    return Line(number=number, kind="heading", level=level, text=text.strip())


def _label(text: str) -> tuple[str, str]:
    """The field that a known label names, and what stands after it; ("", "") for any other text."""
    found = LABEL.fullmatch(text)
    if found:
        return FIELD_OF.get(found[1].strip().lower(), ""), found[2].strip()
    return FIELD_OF.get(text.strip("* ").lower(), "") if text.startswith("**") else "", ""
