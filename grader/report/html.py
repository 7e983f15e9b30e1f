"""The report as one HTML file that asks nothing of anybody: no request, nothing runs but its own script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report import charts, compare, highlights, summary
from grader.report.counting import Idle, idle
from grader.report.graded import Graded, Run, said_by, state
from grader.report.plain import tame
from grader.report.words import FLAGS, WORDS, idle_words, word
from grader.types import Criterion, Lang, Verdict

TEMPLATES = Path(__file__).parent / "templates"
MOST = 2000
OPEN = 12
WIDE, NARROW = 640, 330
MARKS = {"covered": "✓", "partial": "◐", "missing": "✗", "contradicted": "!", "none": "?"} | {
    "committed": "!", "avoided": "✓",
}  # fmt: skip
ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5})")


def render(runs: Sequence[Run], lang: Lang = "en") -> str:
    """The page; every word that a person or a judge wrote is escaped by Jinja."""
    css, js = (read(name) for name in ("report.css", "report.js"))
    rows = [(run, row) for run in runs for row in run.rows]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            lang=lang,
            css=Markup(css),  # our own files, nothing of a user's
            js=Markup(js),
            policy=policy(css, js),
            runs=runs,
            groups=[_group(run, one) for run in runs for one in summary.groups(run.rows)],
            apart=[(run, summary.apart(summary.groups(run.rows))) for run in runs],
            answers=list(_answers(rows[:MOST])),
            left_out=max(0, len(rows) - MOST),
            opened=len(rows) <= OPEN,
            choices=_choices(rows),
            missed=_missed(rows),
            comparison=_comparison(runs) if len(runs) > 1 else None,
            marks=MARKS,
            states=summary.STATES,
        )
    )


def policy(css: str, js: str) -> str:
    """The Content-Security-Policy: this style and this script by their hashes, and nothing else at all."""
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in (css, js)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def read(name: str) -> str:
    """A file beside the template."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=tame,
    )
    made.globals.update(t=both, words=WORDS)
    made.filters.update(flag=_flag, idle=_idle, said=said_by, score=_score, linked=_linked)
    return made


def both(key: str, count: int = 0) -> Markup:
    """A word of the page in both languages; the style shows the chosen one."""
    return _both(word(key, "en", count), word(key, "zh", count))


def _both(english: str, chinese: str) -> Markup:
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh">{}</span>').format(
        english, chinese
    )


def _flag(kind: str) -> Markup:
    return _both(*FLAGS.get(kind, (kind.replace("_", " "),) * 2))


def _idle(out: Idle) -> Markup:
    return _both(idle_words(out, "en"), idle_words(out, "zh"))


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _linked(text: str) -> Markup:
    """A source with its arXiv numbers as links; all else is escaped."""
    link = r'<a href="https://arxiv.org/abs/\1" rel="noreferrer noopener" target="_blank">arXiv:\1</a>'
    return Markup(ARXIV.sub(link, str(escape(text))))


def _group(run: Run, group: summary.Group) -> dict[str, Any]:
    """What the round at a glance shows of comparable grades."""
    sections = summary.tallies(group.rows, summary.VIEWS["section"])
    scores = [one.grade.score for one in group.rows if one.grade.score is not None]
    return {
        "run": run,
        "label": group.label,
        "whole": summary.tally("", group.rows),
        "review": sum(one.grade.needs_review for one in group.rows),
        "flagged": sum(bool(one.grade.flags) for one in group.rows),
        "below": sum(one.below for one in group.rows),
        "views": {
            name: sorted(held, key=lambda one: (one.mean is None, one.mean))
            for name, labels in summary.VIEWS.items()
            if (held := summary.tallies(group.rows, labels))
        },
        "sections": [Markup(charts.stacked(sections, width)) for width in (WIDE, NARROW)] if sections else [],
        "spread": Markup(charts.spread(scores, NARROW)) if len(scores) > 2 else "",
    }


def _answers(rows: Sequence[tuple[Run, Graded]]) -> Iterator[dict[str, Any]]:
    for number, (run, row) in enumerate(rows):
        points = list(_points(row))
        counts = Counter(
            what for criterion, _, what, _, _ in points if not (criterion.optional or criterion.fault)
        )
        yield {
            "id": f"a{number}",
            "run": run,
            "row": row,
            "points": points,
            "counts": counts,
            "total": sum(counts.values()),
            "pieces": highlights.pieces(row),
            "states": _states(row),
            "found": " ".join(_words(row)).lower(),
        }


def _points(row: Graded) -> Iterator[tuple[Criterion, Verdict, str, str, Idle | None]]:
    """Each criterion with verdict, colour, state, and why it counts for nothing."""
    out = idle(row.question.rubric, row.grade.verdicts)
    for criterion, verdict in row.points():
        said = state(criterion, verdict)
        yield criterion, verdict, highlights.SHOWN.get(said, said), said, out.get(criterion.id)


def _states(row: Graded) -> str:
    """What the filter of answers looks for."""
    grade = row.grade
    held = {
        "ungraded": grade.score is None,
        "below": row.below or row.worse,
        "review": grade.needs_review,
        "flagged": bool(grade.flags),
        "contradicted": any(one.contradicted for one in grade.verdicts),
        "full": grade.score is not None and grade.score > 1 - 1e-9,
    }
    return " ".join(name for name, is_so in held.items() if is_so)


def _words(row: Graded) -> Iterator[str]:
    """What a search looks in, beside the answer's own text."""
    yield from (row.question.id, row.question.title, row.attempt.person, row.attempt.id, row.question.section)
    yield from row.question.tags


def _choices(rows: Sequence[tuple[Run, Graded]]) -> Mapping[str, list[str]]:
    """The values that the filters offer, where there is more than one."""
    held = {
        "run": [run.name for run, _ in rows],
        "section": [row.question.section for _, row in rows],
        "person": [row.attempt.person for _, row in rows],
        "model": [row.grade.judge.model for _, row in rows],
    }
    distinct = {name: [one for one in dict.fromkeys(values) if one] for name, values in held.items()}
    return {name: values for name, values in distinct.items() if len(values) > 1}


def _missed(rows: Sequence[tuple[Run, Graded]]) -> list[dict[str, Any]]:
    """The key points that were missed or got wrong most often, to practise next."""
    asked: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    known = {}
    for _, row in rows:
        if row.grade.score is None:
            continue
        for criterion, _ in row.points():
            known[criterion.id] = (criterion, row.question)
            asked[criterion.id] += 1
        lost.update(criterion.id for criterion, _, said in row.missed() if said != "partial")
    worst = sorted(
        (one for one in lost if lost[one]), key=lambda one: (-lost[one], -lost[one] / asked[one], one)
    )
    return [
        {"criterion": known[one][0], "question": known[one][1], "lost": lost[one], "asked": asked[one]}
        for one in worst[:6]
    ]


def _comparison(runs: Sequence[Run]) -> dict[str, Any]:
    held = compare.columns(runs)
    same = compare.comparable(held)
    people = compare.lines(held, "person")
    sections = compare.lines(held, "section")
    labels = [one.label for one in held]
    series = [(one.label, one.means) for one in people[:8]]
    bars = [(one.label, [line.means[place] for line in sections]) for place, one in enumerate(held[:4])]
    return {
        "labels": labels,
        "same": same,
        "people": people,
        "sections": sections,
        "legend": [name for name, _ in series],
        "over_time": [Markup(charts.lines(labels, series, one)) for one in (WIDE, NARROW)]
        if same and len(held) > 1 and series
        else [],
        "by_section": [
            Markup(charts.grouped([one.label for one in sections], bars, width)) for width in (WIDE, NARROW)
        ]
        if sections
        else [],
        "bars": [name for name, _ in bars],
        "pairs": compare.pairs(held),
    }
