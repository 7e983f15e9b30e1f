"""The judge card as one HTML page: a reliability diagram, coverage against accuracy, the tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from grader.calibration.card import Card
from grader.report import card as pages
from grader.report.card_words import rows, sentences

CSS = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; display: block; overflow-x: auto;
  overflow-wrap: normal; }
td, th { vertical-align: top;
  border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; text-align: left; }
svg { max-width: 28rem; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.frame, .even { stroke: #8888; fill: none; }
.even { stroke-dasharray: 4 4; }
.line { stroke: #2a6fdb; fill: none; stroke-width: 2; }
.dot { fill: #2a6fdb; }
.pair { display: flex; flex-wrap: wrap; gap: 2rem; }
.pair > div { flex: 1 1 20rem; }
blockquote { margin: .3rem 0 .3rem 1rem; opacity: .85; }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src '{{ style }}'; base-uri 'none'; form-action 'none'">
<title>Judge card: {{ card.model }}</title><style>{{ css }}</style></head><body>
<h1>Judge card: {{ card.model }}, {{ card.strategy }}</h1>
<ul>{% for one in said %}<li>{{ one }}</li>{% endfor %}</ul>
<h2>Agreement</h2>{{ table(("figure", "value"), rows) }}
<p>{{ legend }}</p>
{% if card.measured.overall.count %}<h2>Labels against verdicts</h2>{{ table(*confusion) }}{% endif %}
{% if not card.measured.overall.count %}{% elif reliability %}<div class="pair">
<div><h2>Confidence</h2>{{ reliability }}
<p>Share right (up) by stated confidence (across); a larger dot is of more verdicts; on the dashed line it
is as right as it says.</p></div>
<div><h2>Coverage against accuracy</h2>{{ kept }}
<p>Share right (up) among the surest tenth, two tenths ... (across).</p></div>
</div>{% else %}<p>The judge states no confidence.</p>{% endif %}
{% for aspect, lines in by %}<h2>By {{ aspect }}</h2>
{% if lines | length > most %}
<details><summary>{{ lines | length }}</summary>{{ table(heads, lines) }}</details>
{% else %}{{ table(heads, lines) }}{% endif %}
{% endfor %}
{% if card.worst %}<h2>Worst disagreements</h2>{% endif %}
{% for one in card.worst %}
<h3>{{ one.attempt }}, {{ one.criterion }}: people {{ one.label }}, judge {{ one.judged }}
{%- if one.confidence is not none %}, confidence {{ "%.2f" | format(one.confidence) }}{% endif %}</h3>
<p>claim: {{ one.claim }}</p><blockquote>{{ one.answer }}</blockquote>
{% if one.quote %}<p>quoted: {{ one.quote }}</p>{% endif %}
{% if one.reason %}<p>judge's reason: {{ one.reason }}</p>{% endif %}
{% endfor %}
<h2>What it was made with</h2>{{ table(("", ""), made_with) }}
</body></html>
"""
TABLE = """<table><tr>{% for one in heads %}<th>{{ one }}</th>{% endfor %}</tr>
{% for row in lines %}<tr>{% for one in row %}<td>{{ one }}</td>{% endfor %}</tr>{% endfor %}</table>"""
SIDE = 240


def render(card: Card, more: Sequence[str]) -> str:
    """The page; whatever people or the judge wrote is escaped by Jinja."""
    style = "sha256-" + base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    measured = card.measured
    surest = [(one.share, one.right, 1) for one in measured.kept]
    stated = [(one.confidence, one.right, one.count) for one in measured.reliability]
    page: str = _template(PAGE).render(
        card=card,
        css=Markup(CSS),
        style=style,
        said=[*sentences(card), *more],
        rows=rows(measured),
        table=lambda heads, lines: Markup(_template(TABLE).render(heads=heads, lines=lines)),
        confusion=pages.confusion(measured.overall.confusion),
        reliability=diagram("share right by confidence", stated, even=True) if stated else "",
        kept=diagram("share right among the surest", surest, even=False),
        heads=pages.HEADS,
        legend=pages.legend(card),
        most=pages.MOST,
        by=[
            (name, [pages.figures(*one) for one in held.items()])
            for name, held in measured.by.items()
            if held
        ],
        made_with=pages.made_with(card),
    )
    return page


def diagram(name: str, points: Sequence[tuple[float, float, int]], *, even: bool) -> Markup:
    """Points in the unit square with how many each is of, joined by a line; `even` adds its diagonal."""
    most = max((count for *_, count in points), default=1)
    placed = [(30 + SIDE * x, 10 + SIDE * (1 - y), count) for x, y, count in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in placed)
    dots = "".join(
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{2 + 3 * (count / most) ** 0.5:.1f}"/>'
        for x, y, count in placed
    )
    diagonal = f'<path class="even" d="M30 {10 + SIDE} L{30 + SIDE} 10"/>' if even else ""
    ticks = "".join(
        f'<text x="{30 + SIDE * one:.0f}" y="{SIDE + 26}" text-anchor="middle">{one:g}</text>'
        f'<text x="24" y="{14 + SIDE * (1 - one):.0f}" text-anchor="end">{one:g}</text>'
        for one in (0, 0.25, 0.5, 0.75, 1)
    )
    return Markup(  # numbers only: nothing of a user's
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {SIDE + 45} {SIDE + 32}">'
        f'<rect class="frame" x="30" y="10" width="{SIDE}" height="{SIDE}"/>{diagonal}'
        f'<polyline class="line" points="{line}"/>{dots}{ticks}</svg>'
    )


@cache
def _template(text: str) -> Template:
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(text)
