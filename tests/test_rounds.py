"""Every form of a round becomes the same jobs."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.bank import load, read_attempt
from grader.bank.rounds import Job, read_round, tidy
from grader.bank.tables import Refused
from grader.errors import InputError

BANK = load()


def found(*paths: Path | str, question: str | None = None) -> tuple[list[Job], list[Refused]]:
    every = list(read_round([str(one) for one in paths], BANK, question=question))
    jobs = [one for one in every if isinstance(one, Job)]
    return jobs, [one for one in every if isinstance(one, Refused)]


def ids(jobs: Sequence[Job]) -> list[str]:
    return [one.attempt.id for one in jobs]


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_folder_of_people_gives_question_from_the_name_and_person_from_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "anna/Q43.md", "keys and values")
    write(tmp_path / "bob/Q43.md", "no idea")
    write(tmp_path / "Q1-carl.txt", "relu")
    write(tmp_path / "README.md", "how we do it")
    write(tmp_path / ".hidden/Q2.md", "x")
    jobs, refused = found(tmp_path)
    assert ids(jobs) == ["Q1-carl", "Q43-anna", "Q43-bob"]
    assert [one.attempt.person for one in jobs] == ["carl", "anna", "bob"]
    assert refused == []


def test_a_folder_of_questions_gives_the_person_from_the_file_name(tmp_path: Path) -> None:
    write(tmp_path / "Q43/anna.md", "a")
    write(tmp_path / "Q43/bob.md", "b")
    jobs, _ = found(tmp_path)
    assert ids(jobs) == ["Q43-anna", "Q43-bob"]


def test_a_round_on_an_own_bank_finds_its_ids_in_names_of_files_and_folders(tmp_path: Path) -> None:
    for one in ("L1", "net-3"):
        text = f"id: {one}\ntitle: Why?\ncriteria:\n- {{id: {one}.1, text: A reason is given}}\n"
        write(tmp_path / f"bank/{one}.yaml", text)
    write(tmp_path / "round/l1-anna.md", "because")
    write(tmp_path / "round/net-3/bob.md", "so")
    write(tmp_path / "round/carl.md", "who knows")
    every = list(read_round([str(tmp_path / "round")], load(tmp_path / "bank")))
    jobs = [one.attempt for one in every if isinstance(one, Job)]
    assert [(one.question, one.person) for one in jobs] == [("L1", "anna"), ("net-3", "bob")]
    [refused] = [one for one in every if isinstance(one, Refused)]
    assert "name it L1-anna.md" in refused.hint


def test_criteria_that_a_table_in_a_folder_brings_for_a_question_of_the_bank_are_said(tmp_path: Path) -> None:
    row = {"question": "q43", "answer": "a", "criteria": ["It says anything"]}
    others = ({"question": "Q43", "answer": "b"}, {"question": "X1", "answer": "c", "criteria": ["It is so"]})
    path = tmp_path / "round/anna.jsonl"
    write(path, "".join(json.dumps(one) + "\n" for one in (row, *others)))
    note = f"Q43 judged by criteria from {path}, not the bank's"
    for given, told in (
        ((tmp_path / "round",), note), ((tmp_path / "round/*.jsonl",), note), ((path,), ""),
        ((tmp_path / "round", path), ""),
    ):  # fmt: skip
        jobs, refused = found(*given)
        assert ([one.note for one in jobs], refused) == ([told, "", ""], [])


def test_in_an_own_bank_no_spelling_of_an_id_passes_for_another_question(tmp_path: Path) -> None:
    write(tmp_path / "bank/net-3.yaml", "id: net-3\ntitle: Why?\ncriteria:\n- {id: net-3.1, text: So}\n")
    write(tmp_path / "round/a.csv", "question,answer,criteria\nNET-3,a,It says anything\n")
    [job] = read_round([str(tmp_path / "round")], load(tmp_path / "bank"))
    assert isinstance(job, Job)
    assert "NET-3 judged by criteria from" in job.note


def test_front_matter_means_in_a_round_what_it_means_for_one_answer(tmp_path: Path) -> None:
    text = "---\nQ: 43\nauthor: Anna\n---\nDPO needs no reward model.\n"
    path = write(tmp_path / "mine.md", text)
    [job], _ = found(path)
    one = read_attempt(path, question=None)
    assert (job.attempt.question, job.attempt.person) == (one.question, one.person) == ("Q43", "Anna")


def test_one_markdown_file_is_cut_at_headings_of_any_depth_and_spans_count_in_it(tmp_path: Path) -> None:
    text = (
        "Round of May\n\n# Q1 ReLU\n\nFirst answer\n### Details\nmore\n\n"
        "```\n## Q2 not a heading\n```\n\n#### Q43: KV cache\n\nSecond\n"
    )
    path = write(tmp_path / "anna.md", "---\nperson: anna\n---\n" + text)
    jobs, refused = found(path)
    assert ids(jobs) == ["Q1-anna", "Q43-anna"]
    assert jobs[0].attempt.text == "First answer\n### Details\nmore\n\n```\n## Q2 not a heading\n```"
    for job in jobs:
        start = job.attempt.offset
        assert path.read_text()[start : start + len(job.attempt.text)] == job.attempt.text
    assert [one.kind for one in refused] == ["note"]
    assert "Round of May" in refused[0].why


@pytest.mark.parametrize(
    ("name", "person"), [("anna.md", "anna"), ("王芳.md", "王芳"), ("round-2.md", ""), ("2026-11-24.md", "")]
)
def test_a_file_with_headings_and_no_front_matter_belongs_to_whom_it_is_called_after(
    tmp_path: Path, name: str, person: str
) -> None:
    jobs, _ = found(write(tmp_path / name, "# Q1\n\nFirst\n\n# Q43\n\nSecond\n"))
    assert [one.attempt.person for one in jobs] == [person, person]
    jobs, _ = found(write(tmp_path / "bob" / name, "# Q1\n\nFirst\n").parent.parent)
    assert {one.attempt.person for one in jobs} >= {"bob"}


def test_a_file_that_names_its_question_is_one_answer_whatever_its_headings_say(tmp_path: Path) -> None:
    path = write(tmp_path / "Q43-anna.md", "# Q43\nkeys\n## Q1\nrelu\n")
    jobs, _ = found(path)
    assert ids(jobs) == ["Q43-anna"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_encoding_that_excel_writes(tmp_path: Path, encoding: str) -> None:
    text = '题号,姓名,回答\r\nQ43,安娜,"键和值，\n缓存"\r\n43,鲍勃,不知道\r\n'
    jobs, refused = found(write(tmp_path / "round.csv", text.encode(encoding)))
    assert refused == []
    assert ids(jobs) == ["Q43-安娜", "Q43-鲍勃"]
    assert jobs[0].attempt.text == "键和值，\n缓存"


def test_a_csv_with_semicolons_is_read(tmp_path: Path) -> None:
    jobs, _ = found(write(tmp_path / "round.csv", "question;answer;attempt\nQ1;a, b;x1\n"))
    assert (ids(jobs), jobs[0].attempt.text) == (["x1"], "a, b")


def test_rows_bring_their_own_question_and_criteria(tmp_path: Path) -> None:
    rows = [
        {"answer": "a", "question_text": "Why?", "criteria": ["because", {"text": "so", "weight": 2}]},
        {"question": "X1", "answer": "a", "question_text": "Why?", "criteria": [{"id": "c", "text": "d"}]},
        {"question": "X1", "answer": "a", "question_text": "Why?", "criteria": [{"text": "d", "weight": 0}]},
    ]
    jobs, refused = found(write(tmp_path / "r.jsonl", "\n".join(map(json.dumps, rows))))
    assert [one.weight for one in jobs[0].rubric.criteria] == [1.0, 2.0]
    assert jobs[0].rubric.question.startswith("own-")
    assert (jobs[1].rubric.question, jobs[1].rubric.criteria[0].id) == ("X1", "c")
    assert "weight" in refused[0].why


def test_own_criteria_under_a_title_of_the_bank_without_its_id_are_said_once(tmp_path: Path) -> None:
    rows = [
        {"answer": "a", "question_text": "DPO的原理", "criteria": ["It says anything"]},
        {"answer": "b", "question_text": "DPO的原理", "criteria": ["It says anything"]},
        {"answer": "c", "question": "Q43", "question_text": "DPO的原理", "criteria": ["It says anything"]},
        {"answer": "d", "question_text": "Why?", "criteria": ["It says anything"]},
    ]
    path = write(tmp_path / "r.jsonl", "\n".join(map(json.dumps, rows)))
    jobs, [note] = found(path)
    own = jobs[0].rubric.question
    assert (len(jobs), note.kind, note.where) == (4, "note", f"{path}:1")
    assert f"the title of Q43, no id and criteria of its own, so it is shown as {own}" in note.why


def test_what_cannot_be_graded_is_named_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = ['{"question": "Q43", "answer": "a"}', "{broken", '{"question": "Q9999", "answer": "a"}', "[]"]
    lines += ['{"question": "Q43"}', '{"answer": "a"}', "", '{"question": "Q1", "answer": ""}']
    jobs, refused = found(write(tmp_path / "r.jsonl", "\n".join(lines)))
    assert ids(jobs) == ["r-1", "r-8"]
    assert [(one.where.rpartition(":")[2], one.kind) for one in refused] == [
        ("2", "unreadable"), ("3", "unknown"), ("4", "unreadable"), ("5", "unreadable"), ("6", "question"),
    ]  # fmt: skip


def test_ids_are_unique_file_names_and_the_same_answer_twice_comes_once(tmp_path: Path) -> None:
    rows = [("a/b:c", "one"), ("A/B:C", "two"), ("a/b:c", "one"), ("CON", "three"), ("a/b:c", "four")]
    text = "\n".join(json.dumps({"question": "Q1", "attempt": name, "answer": said}) for name, said in rows)
    jobs, refused = found(write(tmp_path / "r.jsonl", text), tmp_path)
    assert ids(jobs) == ["a-b-c", "A-B-C-2", "CON-", "a-b-c-3"]
    assert [one.kind for one in refused] == ["repeated"]


def test_a_path_that_leads_nowhere_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path / "round.jsonl", "")
    with pytest.raises(InputError) as raised:
        found(tmp_path / "rund.jsonl")
    assert "round.jsonl" in raised.value.hint


def test_globs_are_expanded_and_a_file_meant_twice_comes_once(tmp_path: Path) -> None:
    write(tmp_path / "Q1.md", "a")
    write(tmp_path / "Q2.md", "b")
    jobs, _ = found(f"{tmp_path}/*.md", tmp_path / "Q1.md")
    assert ids(jobs) == ["Q1", "Q2"]


def test_an_answer_without_a_question_takes_the_one_of_the_command(tmp_path: Path) -> None:
    path = write(tmp_path / "anna.md", "keys and values")
    assert [one.kind for one in found(path)[1]] == ["question"]
    assert found(path, question="Q43")[0][0].attempt.question == "Q43"


ODD_NAMES = (
    "",
    "...",
    "a" * 300,
    "nul",
    "x\x00y",
    "a<b>|?*",
    "tail. ",
    "COM¹",
    "CONOUT$",
    "aux .txt",
    "键" * 99,
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_tidied_names_are_file_names_on_windows_and_short_enough_on_linux(name: str) -> None:
    tidied = tidy(name)
    assert tidied
    assert len(tidied) <= 100
    assert len(f"{tidied}.json".encode()) <= 255
    assert not set('<>:"/\\|?*\x00') & set(tidied)
    assert tidied[-1] not in " ."
    assert not re.fullmatch(r"(?i)(nul|con|aux|com.|conout.)( *\..*)?", tidied)


def test_two_names_that_are_one_file_on_some_system_are_told_apart(tmp_path: Path) -> None:
    names = ("Zoë", "Zoe\u0308", "ZOË", "ﬁn", "fin", "Zoë-2")
    rows = [{"question": "Q43", "attempt": one, "answer": f"keys {n}"} for n, one in enumerate(names)]
    write(tmp_path / "round.jsonl", "\n".join(map(json.dumps, rows)))
    kept = ids(found(tmp_path / "round.jsonl")[0])
    assert len({unicodedata.normalize("NFKC", one).casefold() for one in kept}) == len(names)


def test_thousands_of_answers_under_one_name_are_numbered_as_fast_as_others(tmp_path: Path) -> None:
    """Each once tried all numbers before its own: 20,000 of them took minutes."""
    rows = [{"question": "Q43", "attempt": "anna", "answer": f"keys {n % 15_000}"} for n in range(20_000)]
    write(tmp_path / "round.jsonl", "\n".join(map(json.dumps, rows)))
    jobs, refused = found(tmp_path / "round.jsonl")
    assert (len(jobs), len(refused)) == (15_000, 5_000)
    assert ids(jobs)[-1] == "anna-15000"


@pytest.mark.skipif(sys.platform == "win32", reason="has no named pipes in folders")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path / "Q43.md", "keys")
    os.mkfifo(tmp_path / "Q44.md")
    assert ids(found(tmp_path)[0]) == ids(found(f"{tmp_path}/*")[0]) == ["Q43"]


def test_links_back_to_a_folder_above_are_not_followed(tmp_path: Path) -> None:
    """Two of them made more ways through the folder than anybody could walk."""
    write(tmp_path / "round" / "anna" / "Q43.md", "keys")
    for name in ("x", "y", "z"):
        (tmp_path / "round" / "anna" / name).symlink_to(tmp_path / "round")
    assert ids(found(tmp_path / "round")[0]) == ["Q43-anna"]
