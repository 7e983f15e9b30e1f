"""A bank in a folder: questions on demand, and honest words about those it doesn't hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.bank import load, rubric_files
from grader.errors import InputError


def test_the_packaged_bank_holds_96_questions_with_297_key_points() -> None:
    bank = load()
    questions = bank.questions()
    assert len(questions) == 96
    assert sum(len(one.rubric.criteria) for one in questions) == 297
    assert tuple(one.id for one in questions) == bank.ids() == bank.info.questions


def test_a_question_is_found_however_its_id_is_written() -> None:
    bank = load()
    for written in ("Q43", "q43", " Q 43 ", "43", "Q043", "Question 43"):
        assert bank.question(written).id == "Q43"


def test_ids_of_other_banks_are_found_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "ML-1.yaml").write_text(
        "id: ML-1\ntitle: t\ncriteria: [{id: ML-1.1, text: a}]\n", encoding="utf-8"
    )
    assert load(tmp_path).question("ml-1").id == "ML-1"


def test_a_coding_question_is_named_as_one() -> None:
    with pytest.raises(InputError, match=r"Q60 is one of the 11 coding questions \(手撕代码题\)"):
        load().question("Q60")


def test_an_unknown_question_is_answered_with_the_nearest_and_the_range() -> None:
    with pytest.raises(InputError) as caught:
        load().question("Q999")
    assert "Q107" in caught.value.hint
    assert "Q1-Q55, Q67-Q107" in caught.value.hint


@pytest.mark.parametrize("written", ["", "../pyproject", "Q1/../Q2", "con", "Q" + "9" * 4000, "\0", "问题"])
def test_hostile_ids_are_unknown_questions(written: str) -> None:
    with pytest.raises(InputError) as caught:
        load().question(written)
    assert len(caught.value.message) < 300


def test_a_folder_without_rubrics_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert "grade bank import" in caught.value.hint
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "absent")


def test_a_folder_of_rubrics_alone_is_a_bank(tmp_path: Path) -> None:
    for number in (10, 2):
        (tmp_path / f"Q{number}.yaml").write_text(
            f"id: Q{number}\ntitle: t\ncriteria: [{{id: Q{number}.1, text: a}}]\n", encoding="utf-8"
        )
    assert load(tmp_path).ids() == ("Q2", "Q10")


def test_a_question_is_read_without_pydantic() -> None:
    import subprocess

    code = (
        "import sys; from grader.bank import load; load().question('Q43'); print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "the file: Invalid JSON"),
        ('{"sections": [{"heading": 1}]}', "sections.0.heading"),
        ('{"title": "\\u001b[31m"}', "a control character"),
        ("[]", "the file: "),
    ],
)
def test_a_broken_bank_json_names_the_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bank.json").write_text(text, encoding="utf-8")
    (tmp_path / "Q1.yaml").write_text("id: Q1\ntitle: t\ncriteria: [{id: Q1.1, text: a}]\n", encoding="utf-8")
    bank = load(tmp_path)
    assert bank.question("Q1").id == "Q1"
    with pytest.raises(InputError, match=said):
        bank.ids()


def test_one_question_is_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = rubric_files.read, []
    monkeypatch.setattr(rubric_files, "read", lambda path: seen.append(path.stem) or read(path))
    load().question("Q43")
    assert seen == ["Q43"]
