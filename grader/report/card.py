"""The judge card in Markdown, HTML and on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from grader.agreement.kappas import Table
from grader.agreement.measured import Agreement
from grader.calibration.card import Card, Worst
from grader.report.card_words import number, rows, sentences
from grader.report.escape import markdown as escaped
from grader.report.markdown import table
from grader.report.plain import plain, shortened, wrapped
from grader.report.summary import short

if TYPE_CHECKING:
    from rich.console import Console

ANSWER, WORDS, MOST = 400, 240, 40
HEADS = (
    *("", "labels", "accuracy", "kappa", "weighted kappa", "met, people", "met, judge"),
    *("F1", "AUC", "calibration error"),
)
NARROW = 7
"""So many of them fit a terminal of 80."""
OURS = ("answers", "calls", "cost", "grade")
"""Of what it was made with: holds no word from outside."""
LEGEND = (
    "Kappa: 0 is what chance gives, 1 is full agreement. Met: the share at least partly covered. AUC: how"
    " often a right verdict has more confidence than a wrong one. A dash: not defined on these labels."
)


def markdown(card: Card, more: Sequence[str] = ()) -> str:
    """The whole card. `more`: sentences on comparisons and on a fit, with names in them escaped already."""
    lines = [f"# Judge card: {escaped(card.model)}, {escaped(card.strategy)}", ""]
    lines += [f"- {one}" for one in (*sentences(card), *more)]
    lines += ["", "## Agreement", "", *table(("figure", "value"), rows(card.measured))]
    lines += [legend(card), ""]
    if card.measured.overall.count:
        lines += ["## Labels against verdicts", "", *table(*confusion(card.measured.overall.confusion))]
        lines += _reliability(card)
    for aspect, held in card.measured.by.items():
        if held and (aspect != "criterion" or len(held) <= MOST):
            named = ((escaped(name), one) for name, one in held.items())
            lines += [f"## By {aspect}", "", *table(HEADS, (figures(name, one) for name, one in named))]
    if card.worst:
        lines += ["## Worst disagreements", "", *(line for one in card.worst for line in _worst(one))]
    made = ((name, one if name in OURS else escaped(one)) for name, one in made_with(card))
    lines += ["## What it was made with", "", *table(("", ""), made)]
    return "\n".join(lines).rstrip() + "\n"


def legend(card: Card) -> str:
    """What the figures above it are."""
    drawn = f"Intervals: 95 %, bootstrap, one {card.measured.unit} drawn at a time."
    return f"{drawn} {LEGEND}" if card.measured.overall.count else drawn


def _reliability(card: Card) -> list[str]:
    if not card.measured.reliability:
        return ["The judge states no confidence.", ""]
    bins = (
        (f"{one.low:.1f} to {one.high:.1f}", str(one.count), f"{one.confidence:.2f}", f"{one.right:.2f}")
        for one in card.measured.reliability
    )
    kept = ((f"{one.share:.0%}", f"{one.right:.2f}") for one in card.measured.kept)
    return [
        "## Confidence", "", *table(("confidence", "verdicts", "mean", "right"), bins),
        "## Coverage against accuracy", "", *table(("the surest", "right"), kept),
    ]  # fmt: skip


def confusion(counts: Table) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows: what people said, and what the judge made of it."""
    names = ("missing", "partial", "covered")
    found = [(f"people: {name}", *map(str, row)) for name, row in zip(names, counts, strict=True)]
    return ("", *(f"judge: {one}" for one in names)), found


def figures(name: str, one: Agreement) -> tuple[str, ...]:
    """A row under HEADS."""
    agreed = (one.accuracy, one.kappa, one.weighted_kappa, one.met_people, one.met_judge, one.f1)
    return (name, str(one.count), *map(number, (*agreed, one.auc, one.calibration_error)))


def _worst(one: Worst) -> Iterator[str]:
    sure = "" if one.confidence is None else f", confidence {one.confidence:.2f}"
    who = f"{escaped(one.attempt)}, {escaped(one.criterion)}"
    yield f"**{who}**: people {one.label}, judge {one.judged}{sure}"
    yield ""
    for name, text, most in _words(one):
        yield f"- {name}: {escaped(shortened(plain(text), most))}"
    yield ""


def _words(one: Worst) -> Iterator[tuple[str, str, int]]:
    given = (("claim", one.claim, WORDS), ("answer", one.answer, ANSWER), ("quoted", one.quote, WORDS))
    yield from (each for each in (*given, ("judge's reason", one.reason, WORDS)) if each[1].strip())


def made_with(card: Card) -> list[tuple[str, str]]:
    """Judge, prompts, rubrics, labels, cost and version, by name."""
    graded = card.answers - len(card.ungraded) - card.absent
    cost = "not known" if card.cost_usd is None else f"{card.cost_usd:.4f} USD"
    each = "" if card.cost_usd is None or not graded else f", {card.cost_usd / graded:.5f} an answer"
    often = f" ({card.calls / graded:.2f} an answer)" if graded else ""
    left = f"{len(card.ungraded)} ungraded, {card.absent} not in the run, {card.review} for people to review"
    return [
        ("model", card.model),
        ("strategy", card.strategy),
        ("prompts", ", ".join(map(short, card.prompts))),
        ("rubrics", short(card.rubrics)),
        ("calibration", short(card.calibration) or "none"),
        ("labels", f"{short(card.labels)}: {', '.join(card.sources)}"),
        ("answers", f"{card.answers}, of them {left}"),
        ("calls", f"{card.calls}{often}, {card.prompt_tokens} + {card.completion_tokens} tokens"),
        ("cost", cost + each),
        ("grade", f"{card.version}, {card.at}"),
    ]


def html(card: Card, more: Sequence[str] = ()) -> str:
    """The card as one page with both diagrams; it loads nothing and runs nothing."""
    from grader.report import card_page

    return card_page.render(card, more)


def terminal(card: Card, more: Sequence[str], console: Console) -> None:
    """The card without its long tables."""
    console.print(f"{plain(card.model)}, {card.strategy}, on {', '.join(map(plain, card.sources))}\n")
    width = min(console.width, 100) - 6
    for one in (*sentences(card), *more):
        for place, line in enumerate(wrapped(plain(one), width, console.encoding)):
            console.print(f"{'  - ' if not place else '    '}{line}")
    console.print()
    for name, value in rows(card.measured):
        console.print(f"  {name:<40} {value}")
    if card.measured.overall.count:
        _columns(console, *confusion(card.measured.overall.confusion))
    for aspect, held in card.measured.by.items():
        if len(held) > 1 and aspect in ("language", "kind"):
            lines = [figures(plain(name), one)[:NARROW] for name, one in held.items()]
            _columns(console, (aspect, *HEADS[1:NARROW]), lines)
    if card.worst:
        console.print("\n  worst disagreements")
    for wrong in card.worst[:3]:
        for place, text in enumerate(_worst_lines(wrong)):
            for line in wrapped(text, width, console.encoding):
                console.print(f"{'    ' if place else '  '}{line}")


def _columns(console: Console, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len

    first = max(cell_len(row[0]) for row in (heads, *lines))
    widths = [first, *(max(len(row[place]) for row in (heads, *lines)) for place in range(1, len(heads)))]
    console.print()
    for row in (heads, *lines):
        cells = [row[0] + " " * (first - cell_len(row[0]))]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        console.print("  " + "  ".join(cells))


def _worst_lines(one: Worst) -> Iterator[str]:
    yield f"{plain(one.attempt)}, {plain(one.criterion)}: people {one.label}, judge {one.judged}"
    for name, text, most in _words(one):
        yield f"{name}: {shortened(plain(text), most // 2)}"
