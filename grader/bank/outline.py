"""What a bank says outside its questions: sections, tracks, learning path, advice, resources, footer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from grader.bank.ids import REFERENCE, expand
from grader.bank.info import BankInfo, Day, Entry, Note, Section, Track, TrackEntry
from grader.bank.markdown_lines import Line

Blocks = Sequence[tuple[Line | None, tuple[Line, ...]]]

CLAIM = re.compile(r"\s*[（(]\s*(\d{1,5})\s*(?:道题|道|题|questions?|Qs?)?\s*[)）]\s*$", re.IGNORECASE)
PART = re.compile(
    r"(第[一二三四五六七八九十百零\d]{1,5}(?:部分|章|节|篇)|(?:Part|Chapter|Section)\s+\w{1,8}|\d{1,3}(?:\.\d{1,3})*)"
    r"(?:\s*[:：.、—–-]\s*|\s+)(\S.*)",
    re.IGNORECASE,
)
REACH = re.compile(rf"\s*[（(]\s*([^（）()]*?{REFERENCE.pattern}[^（）()]*)[)）]\s*[:：]?\s*")
DAY = re.compile(
    r"(?i)\**\s*((?:第\s*(\d{1,3})(?:\s*[-–~～至到]\s*第?(\d{1,3}))?\s*[天日周])|(?:(?:day|week)s?\s+(\d{1,3})(?:\s*[-–~～]\s*(\d{1,3}))?))"
    r"\s*\**\s*[:：]?\s*\**\s*(.*)"
)
ENTRY = re.compile(r"\**\s*([^:：*]{1,40}?)\s*\**\s*[:：]\s*\**\s*(.*)")
TRACK_WORDS = re.compile(r"(?i)\s*(?:重点|必考|tracks?|focus|priorities)\s*[:：]?\s*")
STUDY_TIME = re.compile(
    r"(?i)(?:建议)?(?:学习|备考)时间\s*[:：]\s*(.*)|(?:study time|time needed)\s*:\s*(.*)"
)
KINDS = (
    ("audience", re.compile(r"(?i)适用对象|适合人群|audience|who (?:this|it) is for")),
    ("advice", re.compile(r"(?i)答题技巧|答题建议|advice|answering|tips")),
    ("resources", re.compile(r"(?i)参考资源|参考资料|resources|further reading|references")),
)


def read(blocks: Blocks, asked: tuple[str, ...]) -> BankInfo:
    """Everything but the questions; `asked` are their ids."""
    title = next((top.text for top, _ in blocks if top and top.kind == "heading" and top.level == 1), "")
    info = _footer(
        BankInfo(title=title, promised=_number(r"[（(]\s*(\d+)\s*(?:题|questions?)", title)), blocks
    )
    info = replace(info, sections=_sections(blocks, title))
    for top, lines in blocks:
        if not (top and top.kind == "question"):
            info = _block(info, top.text if top else "", lines, asked)
    return info


def _block(info: BankInfo, heading: str, lines: tuple[Line, ...], asked: tuple[str, ...]) -> BankInfo:
    """Takes the lines under one heading in."""
    said = [_as_text(one) for one in lines if one.kind in ("bullet", "text") or one.field == "reference"]
    days = [_day(one.text, info.sections) for one in said]
    if any(days):
        info = replace(info, days=info.days + tuple(one for one in days if one))
        return _noted(info, heading, [one.text for one, day in zip(said, days, strict=True) if not day])
    texts = [one.text for one in said]
    if any(one.kind == "bullet" and REACH.search(one.text) for one in said):
        return _track(info, heading, texts, asked)
    kind = next((name for name, words in KINDS if words.search(heading)), "")
    if kind == "audience":
        return _audience(info, heading, texts)
    if kind == "advice":
        return _noted(replace(info, advice=info.advice + tuple(map(_entry, texts))), heading, [])
    if kind == "resources":
        return _noted(replace(info, resources=info.resources + tuple(map(_entry, texts))), heading, [])
    return _noted(info, heading, texts)


def _as_text(line: Line) -> Line:
    """A label that means something in questions only is text elsewhere."""
    return replace(line, kind="text", text=line.raw) if line.kind == "label" else line


def _audience(info: BankInfo, heading: str, texts: list[str]) -> BankInfo:
    rest: list[str] = []
    for text in texts:
        time = STUDY_TIME.search(text)
        if time:
            info = replace(info, study_time=(time[1] or time[2] or "").strip())
        elif re.match(r"[✅✔☑👉\w]", text):
            info = replace(info, audience=(*info.audience, re.sub(r"^[✅✔☑👉\ufe0f]+\s*", "", text)))
        else:
            rest.append(text)
    return _noted(info, heading, rest)


def _noted(info: BankInfo, heading: str, texts: list[str]) -> BankInfo:
    known = heading == info.title or any(one.heading == heading for one in info.sections)
    if texts or (heading and not known):
        return replace(info, notes=(*info.notes, Note(heading=heading, lines=tuple(texts))))
    return info


def _track(info: BankInfo, heading: str, texts: list[str], asked: tuple[str, ...]) -> BankInfo:
    entries, rest = [], []
    for text in texts:
        found = REACH.search(text)
        if found:
            title = text[: found.start()].replace("**", "").strip(" :：")
            remark = text[found.end() :].strip("* :：")
            ids = expand(found[1], asked)
            entries.append(TrackEntry(title=title, spec=found[1].strip(), questions=ids, remark=remark))
        else:
            rest.append(text)
    name = TRACK_WORDS.sub(" ", heading).strip(" :：") or heading
    info = replace(info, tracks=(*info.tracks, Track(name=name, heading=heading, entries=tuple(entries))))
    return _noted(info, heading, rest) if rest else info


def _day(text: str, sections: tuple[Section, ...]) -> Day | None:
    found = DAY.fullmatch(text)
    if not found:
        return None
    first = int(found[2] or found[4])
    last = int(found[3] or found[5] or first)
    said = found[6].strip()
    reached = tuple(one.title for one in sections if _reaches(said, one))
    return Day(label=found[1].strip(), first=first, last=last, text=said, sections=reached)


def _reaches(said: str, section: Section) -> bool:
    """A day names a section by its number or by its title."""
    by_number = section.number and re.search(rf"(?i)(?<!\w){re.escape(section.number)}(?!\d)", f" {said} ")
    return (
        bool(by_number)
        or (bool(section.title) and section.title.lower() in said.lower())
        or bool(section.number.startswith("第") and section.number in said)
    )


def _entry(text: str) -> Entry:
    found = ENTRY.fullmatch(text)
    return Entry(label=found[1], text=found[2]) if found else Entry(label="", text=text.strip("* "))


def _sections(blocks: Blocks, title: str) -> tuple[Section, ...]:
    """The headings that questions stand under, and those that claim some."""
    sections: list[Section] = []
    heading: Line | None = None
    for top, _ in blocks:
        if top and top.kind == "heading":
            heading = top
            if CLAIM.search(top.text) and top.text != title:
                sections.append(_section(top.text))
        elif top:
            text = heading.text if heading and heading.text != title else ""
            if not sections or sections[-1].heading != text:
                sections.append(_section(text))
            sections[-1] = replace(sections[-1], questions=(*sections[-1].questions, top.id))
    return tuple(sections)


def _section(heading: str) -> Section:
    claim = CLAIM.search(heading)
    bare = heading[: claim.start()] if claim else heading
    part = PART.fullmatch(bare.strip("* "))
    return Section(
        heading=heading,
        title=part[2].strip() if part else bare.strip("* "),
        number=part[1] if part else "",
        claimed=int(claim[1]) if claim else None,
    )


def _footer(info: BankInfo, blocks: Blocks) -> BankInfo:
    labels = [one for _, lines in blocks for one in lines if one.kind == "label"]
    updated = [one for one in labels if one.field == "updated"]
    counts = [one for one in labels if one.field == "count"]
    count = counts[0].text if counts else ""
    again = tuple(one.raw for one in (*updated[1:], *counts[1:]))
    coding = re.search(
        r"(\d+)\s*道?\s*([^\s+＋=＝]*?(?:代码|编程|手撕|coding)[^\s+＋=＝]*)", count, re.IGNORECASE
    )
    return replace(
        info,
        updated=updated[0].text if updated else "",
        notes=(Note(heading="", lines=again),) if again else (),
        count=count,
        promised=_number(r"[=＝]\s*(\d+)", count) or info.promised,
        theory=_number(r"(\d+)\s*道?\s*(?:理论|theory)", count),
        coding=int(coding[1]) if coding else 0,
        coding_name=coding[2] if coding else "",
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.IGNORECASE)
    return int(found[1]) if found else 0
