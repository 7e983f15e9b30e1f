"""Every place that writes a file refuses a link there, whatever it leads to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.fuzz_inputs import calibration_seed
from grader import runs
from grader.bank import imports, markdown
from grader.calibration import saved
from grader.cassette import Cassette
from grader.cli import calibrate, report, trouble
from grader.errors import InputError
from grader.links import page, unlinked
from grader.runs import labels
from grader.strategies.correction import SIGNALS
from grader.types import JudgeReply, JudgeRequest, Label
from tests import fakes

BANK = Path(__file__).parent / "bank_small.md"


def _calibration(folder: Path) -> None:
    (folder / "seed.json").write_bytes(calibration_seed(len(SIGNALS) + 1, SIGNALS))
    saved.write(saved.read(folder / "seed.json"), folder / "fit.json")


def _label(folder: Path) -> None:
    said = Label(coverage="covered", author="x", at=runs.now())
    labels.add(folder, fakes.attempt(), fakes.rubric(), "Q1.1", said, own=True)


def _run(folder: Path) -> None:
    with runs.open_run(folder, {}):
        pass


WRITERS: dict[str, tuple[tuple[str, ...], Callable[[Path], object]]] = {
    "bank import": (
        ("Q1.yaml", "bank.json", "rubric.schema.json"),
        lambda folder: imports.write(markdown.read(BANK), folder, overwrite=True),
    ),
    "calibrate --fit": (("fit.json",), _calibration),
    "calibrate --card": (("card.md",), lambda folder: calibrate.put(folder / "card.md", "a card")),
    "report": (("page.html",), lambda folder: report.put_pages({"html": "x"}, folder / "page.html")),
    "label": (("labels.jsonl", "labels.jsonl.lock"), _label),
    "batch": (("lock", "run.json.new", "grades.jsonl", "rubrics.jsonl", "replies.jsonl"), _run),
}


@pytest.mark.parametrize("there", [True, False], ids=["leads to a file", "leads nowhere"])
@pytest.mark.parametrize(("command", "name"), [(k, n) for k, (names, _) in WRITERS.items() for n in names])
def test_what_writes_a_file_refuses_a_link_in_its_place(
    command: str, name: str, there: bool, tmp_path: Path
) -> None:
    folder, victim = tmp_path / "in", tmp_path / "victim"
    folder.mkdir()
    if command == "batch":
        _run(folder)
        (folder / name).unlink(missing_ok=True)
    if there:
        victim.write_text("precious", encoding="utf-8")
    (folder / name).symlink_to(victim)
    with pytest.raises(InputError, match=f"{name} is a link: none is written through"):
        WRITERS[command][1](folder)
    assert (victim.read_text(encoding="utf-8") if there else victim.exists()) == ("precious" if there else 0)


def test_a_recording_takes_the_place_of_a_link_and_leaves_alone_what_it_led_to(tmp_path: Path) -> None:
    asked = JudgeRequest(model="m", endpoint="litellm")
    path = Cassette(tmp_path, "record").keep(asked, JudgeReply(text="old"))
    path.replace(tmp_path / "victim")
    path.symlink_to(tmp_path / "victim")
    before = (tmp_path / "victim").read_bytes()
    Cassette(tmp_path, "record").keep(asked, JudgeReply(text="new"))
    assert ((tmp_path / "victim").read_bytes(), path.is_symlink()) == (before, False)


def test_a_folder_that_is_a_link_leads_a_kept_file_out_of_the_project_no_more(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "kept").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leads out of"):
        unlinked(tmp_path / "project" / "kept" / "scores.json", inside=tmp_path / "project")


PRECIOUS = (
    "run.json",
    "grades.jsonl",
    "rubrics.jsonl",
    "labels.jsonl",
    "replies.jsonl",
    "lock",
    "GRADES.JSONL",
)
READ = ("labels.jsonl", "Q1.yaml", "bank.json", "grade.toml", "0123456789abcdef.json")


def _fit(path: Path) -> None:
    (path.parent / "seed").write_bytes(calibration_seed(len(SIGNALS) + 1, SIGNALS))
    saved.write(saved.read(path.parent / "seed"), path)


PAGES: dict[str, Callable[[Path], object]] = {
    "calibrate --fit": _fit,
    "calibrate --card": lambda path: calibrate.put(path, "a card"),
    "report": lambda path: report.put_pages({"html": "x"}, path),
}


@pytest.mark.parametrize("command", PAGES)
def test_no_report_card_or_fit_goes_over_a_file_that_grade_reads(command: str, tmp_path: Path) -> None:
    _run(tmp_path / "run")
    for name in PRECIOUS:
        before = (tmp_path / "run" / name).exists()
        with pytest.raises(InputError, match=f"{name} is a file"):
            PAGES[command](tmp_path / "run" / name)
        assert (tmp_path / "run" / name).exists() == before, "not even where the run has no such file yet"
    for name in READ:
        (tmp_path / name).write_text("precious", encoding="utf-8")
        with pytest.raises(InputError, match=f"{name} is a file that grade reads"):
            PAGES[command](tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == "precious"


def test_a_report_goes_beside_a_run_and_over_the_report_before(tmp_path: Path) -> None:
    _run(tmp_path)
    for text in ("old", "new"):
        report.put_pages({"json": text, "html": text}, tmp_path)
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == "new"


def test_a_page_that_may_not_be_written_keeps_those_beside_it_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "report.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        report.put_pages({"html": "x", "json": "x"}, tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_what_is_read_is_known_under_other_names_too(tmp_path: Path) -> None:
    (tmp_path / "anna.md").write_text("an answer", encoding="utf-8")
    (tmp_path / "other.md").hardlink_to(tmp_path / "anna.md")
    with pytest.raises(InputError, match=r"other.md is read here"):
        page(tmp_path / "other.md", [tmp_path / "not-there.md", tmp_path / "anna.md"])


def test_the_log_of_a_bug_goes_over_no_file_that_waits_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In /tmp anybody can put a link where the next log will go."""
    (tmp_path / "no-folder").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "no-folder"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("time.strftime", lambda _: "now")
    first = trouble.write_log(ValueError("one"))
    assert first is not None
    first.unlink()
    first.symlink_to(tmp_path / "victim")
    assert trouble.write_log(ValueError("two")) is None
    assert not (tmp_path / "victim").exists()
