"""Charts as static SVG, drawn by pygal and stripped of its styles: the page's own colours apply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from rich.cells import cell_len

from grader.report.summary import STATES, Tally

SPACE = "{http://www.w3.org/2000/svg}"
DROPPED = ("defs", "desc", "title", "style", "script")
KEPT = frozenset((
    "viewBox", "class", "x", "y", "width", "height", "rx", "ry", "d", "transform", "cx", "cy", "r",
    "text-anchor",
))  # fmt: skip
Series = Sequence[tuple[str, Sequence[float | None]]]


def stacked(tallies: Sequence[Tally], width: int) -> str:
    """A bar a tally, its key points stacked by state: what is strong and where the gaps are."""
    labels = [_cut(one.label, 30 if width > 500 else 14) for one in tallies]
    series = [(kind, [one.points[kind] or None for one in tallies]) for kind in STATES]
    return _bars("HorizontalStackedBar", labels, series, width)


def spread(scores: Iterable[float], width: int) -> str:
    """How many scores lie in each fifth."""
    counts = [0] * 5
    for score in scores:
        counts[min(4, int(score * 5 + 1e-9))] += 1
    labels = ["0–.2", ".2–.4", ".4–.6", ".6–.8", ".8–1"]
    chart = _chart("Bar", width, 200, print_values=True, show_y_labels=False, print_zeroes=False)
    chart.x_labels = labels
    chart.add("scores", [one or None for one in counts])
    return _svg(chart)


def lines(labels: Sequence[str], series: Series, width: int) -> str:
    """A line a person over the runs, from 0 to 1."""
    chart = _chart("Line", width, 260, range=(0, 1), dots_size=4, margin_right=56)
    chart.x_labels = [_cut(one, 18) for one in labels]
    chart.y_labels = [0, 0.25, 0.5, 0.75, 1]
    for name, values in series:
        chart.add(name, list(values))
    return _svg(chart)


def grouped(labels: Sequence[str], series: Series, width: int) -> str:
    """A bar a run for each label, from 0 to 1."""
    short = [_cut(one, 30 if width > 500 else 14) for one in labels]
    return _bars("HorizontalBar", short, series, width, range=(0, 1))


def _bars(kind: str, labels: Sequence[str], series: Series, width: int, **more: Any) -> str:
    """Horizontal bars, the first label at the top, with room for the widest label."""
    rows = len(labels) * (len(series) if kind == "HorizontalBar" else 1)
    chart = _chart(
        kind,
        width,
        max(90, 50 + rows * (34 if kind != "HorizontalBar" else 22)),
        margin_left=max((cell_len(one) * 6.6 - len(one) * 6 for one in labels), default=0) + 8,
        print_values=kind != "HorizontalBar",
        print_zeroes=False,
        show_x_labels=False,
        **more,
    )
    chart.x_labels = list(reversed(labels))
    for name, values in series:
        chart.add(name, list(reversed(values)))
    return _svg(chart)


def _chart(kind: str, width: int, height: int, **more: Any) -> Any:
    import pygal

    settings = {
        "css": [],
        "js": [],
        "show_legend": False,
        "truncate_label": -1,
        "margin": 8,
        "spacing": 6,
        "rounded_bars": 3,
        "value_formatter": lambda value: f"{value:g}",
    }
    return getattr(pygal, kind)(width=width, height=height, **{**settings, **more})


def _svg(chart: Any) -> str:
    """The drawing alone: shapes, texts and classes."""
    ElementTree.register_namespace("", SPACE.strip("{}"))
    root = ElementTree.fromstring(chart.render())
    _strip(root)
    root.set("role", "img")
    root.set("aria-hidden", "true")
    return ElementTree.tostring(root, encoding="unicode")


def _strip(node: ElementTree.Element) -> None:
    for name in [one for one in node.attrib if one not in KEPT]:
        del node.attrib[name]
    for child in list(node):
        tag = child.tag.removeprefix(SPACE) if isinstance(child.tag, str) else "comment"
        if tag in (*DROPPED, "comment") or "tooltip-overlay" in child.get("class", ""):
            node.remove(child)
        else:
            _strip(child)


def _cut(text: str, cells: int) -> str:
    """At most so many cells."""
    if cell_len(text) <= cells:
        return text
    while text and cell_len(text) > cells - 1:
        text = text[:-1]
    return text.rstrip() + "…"
