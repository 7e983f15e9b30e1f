"""Record the embedded judge's replies to the examples anew, and draw the README's picture from one.

python scripts/record.py            asks the embedded judge about every answer in examples/answers
python scripts/record.py --joint    asks it about two of them in one call each, for test_recorded_joint.py
python scripts/record.py --picture  draws docs/grade.svg only, from the recordings
"""

from __future__ import annotations

import asyncio
import html
import io
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from grader.bank import load, read_attempt
from grader.cli.chosen import choose, settings_of
from grader.cli.grade import judged
from grader.report.terminal import render

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "examples" / "answers"
CASSETTE = ROOT / "examples" / "cassette"
JOINT_CASSETTE = ROOT / "tests" / "cassettes" / "joint"
JOINT = ("Q21-ben", "Q43-anna")
PICTURE = ROOT / "docs" / "grade.svg"
SHOWN = ANSWERS / "Q43-anna.md"
CELL = 12.2  # how wide rich draws one cell


def record(paths: Iterable[Path], folder: Path, strategy: str) -> None:
    """Every answer once, into an empty cassette."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = settings_of({"model": "embedded", "cassette": folder, "mode": "record", "strategy": strategy})
    for path in sorted(paths):
        attempt = read_attempt(path, question=None)
        grade = asyncio.run(judged(load().question(attempt.question).rubric, attempt, choose(settings)))
        sys.stderr.write(f"{attempt.id}  {grade.score}  {'; '.join(grade.problems)}\n")


def picture() -> str:
    """The SVG of one example, graded from its recording."""
    settings = settings_of({"model": "embedded", "cassette": CASSETTE, "mode": "replay"})
    attempt = read_attempt(SHOWN, question=None)
    rubric = load().question(attempt.question).rubric
    grade = asyncio.run(judged(rubric, attempt, choose(settings)))
    console = Console(file=io.StringIO(), width=80, record=True, highlight=False, markup=False, emoji=False)
    render(grade, rubric, replace(attempt, path=""), console)
    drawn = console.export_svg(title=f"grade {SHOWN.relative_to(ROOT).as_posix()}", unique_id="grade")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # fetched from elsewhere
    return re.sub(r'x="([^"]*)" (y="[^"]*") textLength="[^"]*"([^>]*>)([^<]*)<', _placed, drawn)


def _placed(found: re.Match[str]) -> str:
    """A text after its indent, as long as its cells: rich counts characters, which squeezes Chinese."""
    text = html.unescape(found[4]).replace("\xa0", " ")
    start = float(found[1]) + (len(text) - len(text.lstrip())) * CELL
    words = html.escape(text.strip()).replace(" ", "&#160;")
    return f'x="{start:.1f}" {found[2]} textLength="{cell_len(text.strip()) * CELL:.1f}"{found[3]}{words}<'


if __name__ == "__main__":
    if "--joint" in sys.argv:
        record((ANSWERS / f"{name}.md" for name in JOINT), JOINT_CASSETTE, "joint")
        sys.exit()
    if "--picture" not in sys.argv:
        record(ANSWERS.glob("*.md"), CASSETTE, "auto")
    PICTURE.write_text(picture() + "\n", encoding="utf-8")
