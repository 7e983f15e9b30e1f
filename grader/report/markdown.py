"""The report in Markdown: for a step summary, a pull request, a wiki. Every cell is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grader.report import compare, summary
from grader.report.compare import Column, Pair
from grader.report.escape import markdown as escaped
from grader.report.graded import Graded, Run
from grader.report.summary import Group, Tally
from grader.report.words import flag_words, word
from grader.types import Lang

SHOWN = 50


def render(runs: Sequence[Run], lang: Lang = "en") -> str:
    """All runs, then what a comparison of them shows."""
    lines = [f"# {word('report', lang)}", ""]
    for run in runs:
        lines += [*_run(run, lang), ""]
    if len(runs) > 1:
        lines += _comparison(compare.columns(runs), lang)
    return "\n".join(lines).rstrip() + "\n"


def body(run: Run, lang: Lang = "en") -> str:
    """One run without a title."""
    return "\n".join(_groups(run, lang)).rstrip() + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; cells must be escaped already."""
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def number(value: float | None) -> str:
    """A score as people read it; a dash for none."""
    return "–" if value is None else f"{value:.2f}"


def answers(rows: Iterable[Graded], lang: Lang) -> list[str]:
    """A line for each answer: score, what was missed, what a person should look at."""
    heads = [word(one, lang) for one in ("answer", "question", "score", "missed", "problems")]
    return table(heads, (_answer(one, lang) for one in rows))


def _run(run: Run, lang: Lang) -> Iterator[str]:
    yield f"## {escaped(run.name)}"
    yield ""
    yield from _groups(run, lang)


def _groups(run: Run, lang: Lang) -> Iterator[str]:
    found = summary.groups(run.rows)
    if not found:
        yield word("nothing", lang)
    if why := apart(found, lang):
        yield f"> {why}"
        yield ""
    for group in found:
        yield from _group(group, lang)


def apart(found: Sequence[Group], lang: Lang) -> str:
    """Why groups are not averaged, in a sentence; "" for one group."""
    differ = ", ".join(word(one, lang) for one in summary.apart(found))
    return differ and f"{word('apart', lang)}: {differ}."


def _group(group: Group, lang: Lang) -> Iterator[str]:
    whole = summary.tally("", group.rows)
    yield f"{word('judge', lang)}: {escaped(group.label)}  "
    line = f"**{word('mean', lang)} {number(whole.mean)}** · {word('graded', lang)} {whole.graded}"
    if whole.ungraded:
        line += f" · {word('ungraded', lang)} {whole.ungraded} ({word('excluded', lang)})"
    yield line
    yield ""
    for view, labels in summary.VIEWS.items():
        held = summary.tallies(group.rows, labels)
        if held:
            yield from _tallies(word(view, lang), held, lang)
    yield from answers(group.rows, lang)


def _tallies(head: str, held: Iterable[Tally], lang: Lang) -> list[str]:
    heads = [head, *(word(one, lang) for one in ("mean", "graded", "ungraded", *summary.STATES))]
    return table(heads, map(_tally, held))


def _tally(one: Tally) -> list[str]:
    counts = (one.ungraded, *(one.points[kind] for kind in summary.STATES))
    return [escaped(one.label), number(one.mean), str(one.graded), *(str(count or "") for count in counts)]


def _answer(row: Graded, lang: Lang) -> list[str]:
    missed = [f"{criterion.id} {word(said, lang)}: {criterion.judged}" for criterion, _, said in row.missed()]
    score = word("ungraded", lang) if row.grade.score is None else number(row.grade.score)
    return [
        escaped(row.attempt.path or row.attempt.id),
        escaped(f"{row.question.id} {row.question.title}"),
        f"{score} ({word('below', lang)} {number(row.bar)})" if row.below else score,
        "<br>".join(map(escaped, missed)),
        "<br>".join(map(escaped, troubles(row, lang))),
    ]


def troubles(row: Graded, lang: Lang) -> list[str]:
    """What a person should know of a grade, each once; of a problem its first line."""
    said = [one.partition("\n")[0] for one in row.grade.problems]
    said += [flag_words(one.kind, lang) for one in row.grade.flags]
    return list(dict.fromkeys([*said, *([word("needs_review", lang)] * row.grade.needs_review)]))


def _comparison(held: Sequence[Column], lang: Lang) -> Iterator[str]:
    if why := apart(compare.groups(held), lang):
        yield f"> {why}"
        yield ""
    for view in ("person", "section"):
        found = compare.lines(held, view)
        if found:
            yield f"## {word('comparison', lang)}: {word(view, lang)}"
            yield ""
            heads = [word(view, lang), *(escaped(one.label) for one in held)]
            yield from table(heads, ([escaped(one.label), *map(number, one.means)] for one in found))
    for pair in compare.pairs(held):
        yield from _pair(pair, lang)


def _pair(pair: Pair, lang: Lang) -> Iterator[str]:
    yield f"## {word('judges', lang)}: {escaped(pair.first)} / {escaped(pair.second)}"
    yield ""
    count = len(pair.differences)
    yield (
        f"{pair.answers} {word('answers', lang, pair.answers)}, "
        f"{pair.points} {word('same', lang, pair.points)}, {count} {word('differ', lang, count)}."
    )
    yield ""
    if count:
        heads = [word("answer", lang), word("point", lang), escaped(pair.first), escaped(pair.second)]
        yield from table(
            heads,
            (
                [escaped(one.attempt), one.criterion, word(one.first, lang), word(one.second, lang)]
                for one in pair.differences[:SHOWN]
            ),
        )
        if count > SHOWN:
            yield f"… {count - SHOWN}"
