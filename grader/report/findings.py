"""What a grade says about places in a write-up: for annotations, SARIF and code quality reports. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from grader.report import place
from grader.report.graded import Graded
from grader.report.place import Place
from grader.report.words import flag_words
from grader.types import Lang

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")

RULES: dict[str, tuple[str, str]] = {
    "contradicted": ("A key point is stated wrongly", "某个考点答错了"),
    "missing": ("A key point is missing", "遗漏了某个考点"),
    "committed": ("A fault is committed", "犯了扣分的错误"),
    "partial": ("A key point is only partly covered", "某个考点只答到一部分"),
    "below-bar": ("The score is below the bar", "得分低于及格线"),
    "ungraded": ("There is no trustworthy grade", "没有可信的评分"),
    "needs-review": ("A person should look at this grade", "需要人工复核"),
    "flagged": ("Text that a person should see", "需要人工查看的文字"),
    "ratchet": ("The score is lower than on the base branch", "得分低于基准分支"),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One remark. `path` is as the attempt names it; `criterion` is "" where it is about the whole answer."""

    rule: str
    level: Level
    message: str
    path: str
    place: Place
    question: str = ""
    criterion: str = ""


def of_rows(rows: Iterable[Graded], lang: Lang = "en", silent: Collection[str] = ()) -> tuple[Finding, ...]:
    """All findings but those of `silent` rules, errors first, else in the order of the rows.

    Under the bar what is missing or wrong is an error, else a warning or a note.
    """
    found = [finding for row in rows for finding in _of_row(row, lang) if finding.rule not in silent]
    return tuple(sorted(found, key=lambda one: LEVELS.index(one.level)))


def _of_row(row: Graded, lang: Lang) -> Iterator[Finding]:
    yield from _about_the_whole(row, lang)
    if row.grade.score is not None:
        yield from _about_points(row, lang)
    for flag in row.grade.flags:
        words = RULES["flagged"][lang == "zh"] + ": " + flag_words(flag.kind, lang)
        level: Level = "error" if "flagged" in row.faults else "warning"
        yield _finding(row, "flagged", level, words, place.of_span(row, flag.start, flag.end))


def _about_the_whole(row: Graded, lang: Lang) -> Iterator[Finding]:
    zh, start = lang == "zh", place.of_span(row, 0, 0)
    if row.grade.score is None:
        yield _finding(
            row, "ungraded", "error", f"{RULES['ungraded'][zh]}: {'; '.join(row.grade.problems)}", start
        )
    elif row.below and row.bar is not None:
        words = f"{RULES['below-bar'][zh]}: {row.grade.score:.2f} < {row.bar:.2f}"
        yield _finding(row, "below-bar", "error", words, start)
    if row.worse and row.grade.score is not None and row.floor is not None:
        words = f"{RULES['ratchet'][zh]}: {row.grade.score:.2f} < {row.floor:.2f}"
        yield _finding(row, "ratchet", "error", words, start)
    if row.grade.needs_review:
        level: Level = "error" if "needs-review" in row.faults else "warning"
        words = ": ".join([RULES["needs-review"][zh], *filter(None, ["; ".join(row.grade.problems)])])
        yield _finding(row, "needs-review", level, words, start)


def _about_points(row: Graded, lang: Lang) -> Iterator[Finding]:
    for criterion, verdict, said in row.missed():
        soft: Level = "warning" if said in ("contradicted", "committed") else "note"
        message = f"{criterion.id} {RULES[said][lang == 'zh']}: {criterion.judged}"
        because = f" ({verdict.reason})" if verdict.reason else ""
        level = "error" if row.below or row.worse else soft
        where = place.of_point(row, criterion, verdict)
        yield _finding(row, said, level, message + because, where, criterion.id)


def _finding(
    row: Graded, rule: str, level: Level, message: str, where: Place, criterion: str = ""
) -> Finding:
    return Finding(
        rule=rule,
        level=level,
        message=f"{row.question.id}: {message}" if not criterion else message,
        path=row.attempt.path,
        place=where,
        question=row.question.id,
        criterion=criterion,
    )
