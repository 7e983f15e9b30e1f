"""What answers, rubrics, replies and names hold drives no terminal, no CI system, no page, no spreadsheet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from grader.bank.textfile import HIDDEN
from grader.cli.console import OBEYED, unheard
from grader.report import csv, html, markdown
from grader.report.escape import cell
from grader.report.graded import Run
from grader.report.plain import plain
from grader.types import Evidence
from tests import fakes

ROOT = Path(__file__).resolve().parent.parent
REPLAY = ("--cassette", str(ROOT / "examples" / "cassette"), "--mode", "replay")
NASTY = "\x1b[31m\x1b]0;owned\x07\u202e\x9b31m\u200f"
COMMAND = "\n::error file=a::owned\r\n ##[add-mask]x ##vso[task.setvariable variable=a]b"
TOWER = "a" + "\u0301" * 500
SYSTEMS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


def everything(folder: Path, words: str, **environ: str) -> str:
    """All that `grade` prints of an answer, a round and a report in which everything holds these words."""
    name = words.replace("/", "-")
    (folder / f"Q43-{name}.md").write_text(f"It keeps {words} keys.", encoding="utf-8")
    row = {"question": "own", "question_text": words, "criteria": [{"text": words}], "answer": f"x {words}"}
    (folder / "round.jsonl").write_text(json.dumps({**row, "attempt": words}) + "\n{", encoding="utf-8")
    (folder / "grade.toml").write_text("[check]\nfiles = ['*.md']\n", encoding="utf-8")
    there = {name: value for name, value in os.environ.items() if name not in SYSTEMS} | environ
    printed = ""
    for command in (
        [f"Q43-{name}.mdx"], [f"Q43-{name}.md", *REPLAY], [f"Q43-{name}.md", *REPLAY, "--json"],
        ["batch", "round.jsonl", "--out", name, *REPLAY, "--model", words], ["report", name],
        ["report", name, "--format", "json"], ["report", name, "--format", "md"], ["report", f"{name}x"],
        ["check", *REPLAY], ["check", "*.md", "--since", words], ["bank", "show", words],
        ["calibrate", f"{name}x"], ["cassette", "list", f"{name}x"], ["batch", f"{name}x", "--out", "new"],
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "grader", *command], cwd=folder, text=True, encoding="utf-8",
            env={**there, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 1, 2, 3), (command, done.stderr)
        printed += done.stdout + done.stderr
    return printed


def test_no_name_and_no_word_drives_the_terminal(tmp_path: Path) -> None:
    printed = everything(tmp_path, NASTY)
    assert "owned" not in printed or "u001b" in printed
    assert not set(NASTY) - set("[31m]0;owned") & set(printed)


def test_no_name_and_no_word_commands_the_ci_system(tmp_path: Path) -> None:
    """`grade check` switches GitHub's commands off; everything else, and what races with that, is inert."""
    printed = everything(tmp_path, COMMAND, GITHUB_ACTIONS="true")
    own = re.compile(r"::(?:stop-commands::)?grade-[0-9a-f]{16}(?:::)?|::(?:error|warning|notice) file=Q43")
    heard = [one for one in re.split(r"[\r\n]", printed) if OBEYED.search(one) and not own.match(one)]
    assert heard == []
    assert "owned" in printed


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_inert_is_still_json_and_elsewhere_as_it_was(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps({"a": "##[error]x ##teamcity[y]"}, indent=1)
    for one in SYSTEMS:
        monkeypatch.delenv(one, raising=False)
    assert unheard(text) == text
    monkeypatch.setenv(system, "1")
    assert not OBEYED.search(unheard(text))
    assert json.loads(unheard(text)) == json.loads(text)


def test_no_tower_of_marks_stands_over_the_lines_around_it() -> None:
    run = Run(name=TOWER, rows=(fakes.graded(0.5, text=TOWER * 2, person=TOWER, id=TOWER),))
    for shown in (plain(TOWER), html.render([run]), markdown.render([run])):
        most = max(len(one) for one in re.findall("\u0301*", shown))
        assert most <= 4
    assert plain("ก็ที่นี่ é Việt") == "ก็ที่นี่ é Việt"


def test_nothing_turns_a_line_of_the_page_around() -> None:
    turns = "".join(chr(one) for one in (0x202E, 0x2066, 0x200F, 0x061C, 0x9B, 0x1B))
    said = fakes.said("Q1.1", reason=f"x{turns}y")
    row = fakes.graded(
        0.5, text=f"a{turns}b", person=turns, id=turns, verdicts=(said,), made={"problems": (turns,)}
    )
    page = html.render([Run(name=turns, rows=(row,))])
    assert not HIDDEN.search(page)
    assert "U+202E" in page, "in the answer itself they are shown by name"


def test_a_line_of_a_megabyte_and_a_table_of_thousands_are_shown_in_bounds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from grader.cli.console import stdout_console
    from grader.report.terminal import render

    table = "| a |" * 200_000
    quotes = (Evidence(quote=table, start=0, end=len(table), state="verified"),)
    grade = fakes.graded(
        0.5, text=table, verdicts=(fakes.said("Q1.1", reason=table[:1000], evidence=quotes),)
    ).grade
    render(grade, fakes.rubric(), fakes.attempt(table), stdout_console())
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert len(shown) < 20_000


@pytest.mark.parametrize(
    "text", ["=1+1", " \n@SUM(1)", "a;=cmd|' /C calc'!A0", "a\t+1", "a\n-1", "\x1b[1m=1", "；;＝1"]
)
def test_no_cell_is_a_formula_in_any_spreadsheet_whatever_it_takes_for_the_end_of_a_cell(text: str) -> None:
    shown = cell(text)
    assert not re.search(r"(?:^|[;\t\n])\s*[=+\-@＝＋－＠]", shown)
    run = Run(name=text, rows=(fakes.graded(0.5, person=text, id=text, path=text),))
    assert not re.search(r"(?:^|[;\t\n]|,\"?)\s*[=+@＝＋－＠]", csv.render([run]).replace("\r\n", "\n"))


def test_what_is_printed_is_made_of_visible_characters() -> None:
    odd = "".join(map(chr, range(0x250))) + "".join(map(chr, range(0x2000, 0x2070)))
    left = {unicodedata.category(one) for one in plain(odd)}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
