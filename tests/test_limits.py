"""docs/limits.md says what the code does, and what is too large is refused by name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from grader import cassette, config, evidence, runs
from grader.bank import info, labels, load, markdown, rounds, rubric_files, tables
from grader.bank.attempts import read_attempt
from grader.calibration import card, saved
from grader.checks import ratchet
from grader.errors import InputError
from grader.runs import journal
from grader.types import JudgeReply
from grader.verdicts import read_reply
from tests import fakes

TABLE = Path(__file__).resolve().parent.parent / "docs" / "limits.md"
ROWS = re.findall(r"^\| (.*?) \| ([\d,]+) .*?\| `([\w.]+)\.(\w+)` \|$", TABLE.read_text("utf-8"), re.M)


@pytest.mark.parametrize(("what", "said", "module", "name"), ROWS)
def test_each_row_is_what_the_code_says(what: str, said: str, module: str, name: str) -> None:
    assert getattr(import_module(module), name) == int(said.replace(",", "")), what


def test_every_row_is_checked() -> None:
    assert len(ROWS) == TABLE.read_text("utf-8").count("\n| ") - 1


FILES: dict[str, tuple[int, Callable[[Path], object]]] = {
    "Q43.md": (1_000_000, lambda path: read_attempt(path, question=None)),
    "Q43.yaml": (256_000, rubric_files.read),
    "bank.md": (8_000_000, markdown.read),
    "bank.json": (4_000_000, info.read),
    "0123456789abcdef.json": (32_000_000, cassette.read),
    "labels.jsonl": (100_000_000, lambda path: labels.read([path], load())),
    "card.json": (100_000_000, card.saved_pairs),
    "calibration.json": (5_000_000, saved.read),
    "scores.json": (20_000_000, ratchet.load),
    "labels.jsonl in a run": (100_000_000, lambda path: _labelled(path)),
    "run.json": (100_000_000, lambda path: runs.about(path.parent)),
    "grade.toml": (1_000_000, lambda path: config.load({}, cwd=path.parent, environ={})),
}


def _labelled(path: Path) -> object:
    (path.parent / "grades.jsonl").write_text("", encoding="utf-8")
    return list(runs.read(path.parent))


@pytest.mark.parametrize("name", FILES)
def test_a_file_over_its_limit_is_refused_by_name(name: str, tmp_path: Path) -> None:
    limit, read = FILES[name]
    name = name.partition(" ")[0]
    with (tmp_path / name).open("wb") as file:  # sparse: takes no room
        file.truncate(limit + 1)
    with pytest.raises(InputError, match=re.escape(name)):
        read(tmp_path / name)


def test_a_row_over_its_limit_is_listed_and_the_next_one_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, small = tmp_path / "round.jsonl", {"question": "Q43", "answer": "KV", "attempt": "b"}
    with path.open("w", encoding="utf-8") as file:
        file.write("x" * (tables.LONGEST_CELL + 9) + "\n")
        file.write(json.dumps({**small, "answer": "y" * 1_000_001}) + "\n")
        file.write(json.dumps(small) + "\n")
    first, second, third = rounds.read_round([str(path)], load())
    assert isinstance(first, tables.Refused)
    assert (first.where, first.why) == (f"{path}:1", "the line is longer than 16 MB")
    assert isinstance(second, tables.Refused)
    assert "longer than 1 MB" in second.why
    assert isinstance(third, rounds.Job)


@pytest.mark.parametrize("head", ["", "question,answer\n"])
def test_a_table_of_one_endless_line_is_refused(head: str, tmp_path: Path) -> None:
    path = tmp_path / "round.csv"
    path.write_text(head + "x" * (tables.LONGEST_CELL + 9), encoding="utf-8")
    (found,) = rounds.read_round([str(path)], load())
    assert isinstance(found, tables.Refused)
    assert "longer than 16 MB" in found.why


@pytest.mark.parametrize("change", [{"id": {}}, {"claim": 3}, {"optional": "x"}, {"note": []}])
def test_a_criterion_of_wrong_types_in_a_row_is_listed(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "round.jsonl"
    row = {"question": "own", "answer": "x", "criteria": [{"text": "says it", **change}]}
    path.write_text(json.dumps(row), encoding="utf-8")
    (found,) = rounds.read_round([str(path)], load())
    assert isinstance(found, tables.Refused)
    assert next(iter(change)) in found.why


def test_a_reply_and_a_quote_over_their_limits_are_said_and_not_looked_for() -> None:
    verdicts, problems = read_reply(JudgeReply(text=" " * 200_000 + "x"), ("Q1.1",), "answer")
    assert (verdicts, "200,001 characters" in problems[0]) == ({}, True)
    many = fakes.verdict("covered", *(f"quote {n}" for n in range(50)))
    found, _ = read_reply(JudgeReply(text=fakes.reply({"Q1.1": many})), ("Q1.1",), "answer")
    assert len(found["Q1.1"].evidence) == 5
    assert evidence.locate("quote " * 100_000, "answer").state == "unverified"


@pytest.mark.parametrize(
    "name", ["CON", "con.md", "aux", "LPT1", "a.", "a ", " .. ", "../x", "a/b", "\0", "x" * 400]
)
def test_an_id_becomes_a_file_name_on_windows_too(name: str) -> None:
    kept = rounds.tidy(name)
    assert re.fullmatch(r"[^<>:\"/\\|?*\x00-\x1f]{1,101}", kept)
    assert kept[-1] not in ". "
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", kept)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/zero and limits")
def test_standard_input_without_end_is_refused_and_fills_no_memory() -> None:
    """It was read to its end first."""

    def lessen() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    with Path("/dev/zero").open("rb") as zeros:
        done = subprocess.run(
            [sys.executable, "-m", "grader", "-", "--q", "Q43", "--dry-run"],
            stdin=zeros, capture_output=True, text=True, timeout=120, check=False, preexec_fn=lessen,
        )  # fmt: skip
    assert (done.returncode, "standard input is larger than 1 MB" in done.stderr) == (2, True)


def test_a_line_of_a_run_without_end_is_a_damaged_one_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "grades.jsonl"
    with path.open("wb") as file:
        file.write(b'{"a":1}\n')
        file.seek(journal.LONGEST * 2 + 20)  # sparse: takes no room
        file.write(b'x\n{"b":2}\n{"torn')
    found = list(journal.lines(path))
    assert [one for _, one in found] == [b'{"a":1}\n', b"\n", b'{"b":2}\n']
    assert found[2][0] == journal.LONGEST * 2 + 22
