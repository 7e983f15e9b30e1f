"""Each format of a report is read by its own consumer, and nothing that people wrote breaks it."""

from __future__ import annotations

import csv as csv_reader
import io
import json as plain_json
import re
from pathlib import Path

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml
from markdown_it import MarkdownIt

from grader.cli.console import stdout_console
from grader.report import annotations, csv, findings, gitlab, json, junit, markdown, overview, sarif
from grader.report.findings import Finding
from grader.report.graded import Graded, Run
from grader.types import Criterion, Evidence, Flag, Question
from tests import fakes

NASTY = "=1+1|`x`<img src=x onerror=alert(1)>\n::error::forged\x1b[31m &amp; *b* [l](javascript:x) ]]> @anna"
SCHEMA = plain_json.loads(
    (Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8")
)


def rows() -> tuple[Graded, ...]:
    """A good one, one under its bar, an ungraded one and one whose every text is an attack."""
    from dataclasses import replace

    wrong = fakes.said(
        "Q1.1",
        "covered",
        contradicted=True,
        evidence=(Evidence(quote="keys", start=9, end=13, state="verified"),),
    )
    nasty = fakes.graded(
        0.5, text=NASTY, id=NASTY, person=NASTY, path=f"answers/{NASTY}", verdicts=(wrong,), model=NASTY,
        made={"problems": (NASTY,), "flags": (Flag(kind="addressed_to_grader", start=0, end=4),)},
    )  # fmt: skip
    return (
        fakes.graded(1.0, verdicts=(fakes.said("Q1.1"), fakes.said("Q1.2"))),
        replace(fakes.graded(0.5, verdicts=(wrong, fakes.said("Q1.2", "missing")), id="Q1-ben"), bar=0.7),
        fakes.graded(None, verdicts=(), id="Q1-eve", made={"problems": ("timed out",)}),
        replace(nasty, bar=0.9),
    )


@pytest.fixture
def run() -> Run:
    return Run(name="round|1", rows=rows(), created="2026-11-01T10:00:00+00:00")


@pytest.fixture
def found(run: Run) -> tuple[Finding, ...]:
    return findings.of_rows(run.rows)


def test_sarif_keeps_to_its_published_schema(found: tuple[Finding, ...]) -> None:
    log = plain_json.loads(sarif.render(found, version="1.0"))
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)
    results = log["runs"][0]["results"]
    assert {one["ruleId"] for one in results} >= {
        "missing",
        "contradicted",
        "below-bar",
        "ungraded",
        "flagged",
    }
    assert all("\x1b" not in one["message"]["text"] for one in results)
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert all(re.fullmatch(r"[\w./%~-]+", one) for one in uris)


def test_a_contradicted_point_is_marked_where_the_answer_says_it(found: tuple[Finding, ...]) -> None:
    one = next(one for one in found if one.rule == "contradicted")
    assert (one.place.line, one.place.column, one.place.end_column) == (1, 10, 14)


def test_junit_is_read_by_junitparser(run: Run) -> None:
    whole = JUnitXml.fromstring(junit.render([run]).encode())
    (suite,) = whole
    assert (suite.tests, suite.failures, suite.errors) == (4, 2, 1)
    kinds = [type(one.result[0]) if one.result else None for one in suite]
    assert kinds == [None, Failure, Error, Failure]


def test_junit_says_of_a_point_why_it_does_not_count() -> None:
    one, other, more = (
        Criterion(id="Q1.1", text="t"),
        Criterion(id="Q1.2", text="t", requires=("Q1.1",)),
        Criterion(id="Q1.3", text="t", optional=True),
    )
    asked = Question(id="Q1", title="t", rubric=fakes.rubric(criteria=(one, other, more)))
    verdicts = tuple(fakes.said(f"Q1.{n}", "missing" if n == 1 else "covered") for n in (1, 2, 3))
    text = junit.render([Run(name="r", rows=(fakes.graded(0.0, verdicts=verdicts, question=asked),))])
    assert "Q1.2 covered (does not count without Q1.1): t" in text
    assert "Q1.3 covered (optional, not counted): t" in text


def test_markdown_shows_what_people_wrote_and_runs_none_of_it(run: Run) -> None:
    text = markdown.render([run])
    parsed = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inline = [child for token in parsed for child in token.children or ()]
    assert {one.content for one in inline if one.type == "html_inline"} <= {"<br>"}
    assert not [one for one in inline if one.type in ("link_open", "image", "code_inline", "em_open")]
    rows_of_answers = [one for one in text.splitlines() if one.startswith("| answers/")]
    assert len(rows_of_answers) == 4
    assert len({len(re.findall(r"(?<!\\)\|", one)) for one in rows_of_answers}) == 1


def test_a_spreadsheet_runs_nothing_and_loses_nothing(run: Run) -> None:
    lines = list(csv_reader.DictReader(io.StringIO(csv.render([run]))))
    assert len(lines) == 4
    assert not [value for line in lines for value in line.values() if value.startswith(("=", "+", "-", "@"))]
    assert lines[3]["person"].startswith("'=1+1|")
    assert lines[2]["score"] == ""
    assert lines[2]["ungraded"] == "true"
    assert lines[1]["missed"] == "Q1.1, Q1.2"


def test_json_counts_ungraded_and_leaves_them_out_of_the_mean(run: Run) -> None:
    shape = plain_json.loads(json.render([run]))["runs"][0]
    assert shape["apart"] == ["model"]
    first = shape["groups"][0]
    assert (first["graded"], first["ungraded"], first["mean"]) == (2, 1, 0.75)
    assert first["by_section"]["Serving"]["points"]["missing"] == 1
    assert len(shape["grades"]) == 4


def test_an_annotation_is_one_line_that_nothing_can_leave(found: tuple[Finding, ...]) -> None:
    lines = annotations.render(found).splitlines()
    assert len(lines) == len(found)
    assert all(re.match(r"::(error|warning|notice) file=answers/[^:\n]*::\S", one) for one in lines)
    assert lines[0].startswith("::error")
    assert "%3A%3Aerror%3A%3Aforged" in "".join(lines)


def test_gitlab_gets_fingerprints_of_their_own(found: tuple[Finding, ...]) -> None:
    shape = plain_json.loads(gitlab.render(found))
    assert len({one["fingerprint"] for one in shape}) == len(shape) == len(found)
    assert {one["severity"] for one in shape} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(one["location"]["lines"]["begin"] >= 1 and one["location"]["path"] for one in shape)


def test_of_a_problem_of_many_lines_a_table_shows_the_first() -> None:
    row = fakes.graded(
        None, verdicts=(), made={"problems": ("no recording fits\n--- a.json\n+++ this request",)}
    )
    assert markdown.troubles(row, "en") == ["no recording fits"]


def test_a_run_without_answers_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    overview.render([Run(name="empty", rows=())], stdout_console())
    assert "no graded answers" in capsys.readouterr().out
