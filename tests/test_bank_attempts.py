"""An answer file is read as people save it, and offsets count in its text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.bank import read_attempt
from grader.errors import InputError

BODY = "KV Cache 缓存历史的 Key 和 Value。\n第二行\n"


def saved(folder: Path, name: str, raw: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


@pytest.mark.parametrize(
    ("name", "question", "person"),
    [
        ("Q24.md", "Q24", ""),
        ("q24-anna.md", "Q24", "anna"),
        ("Q24_李雷.txt", "Q24", "李雷"),
        ("Q24 anna.md", "Q24", "anna"),
        ("Q24（anna）.md", "Q24", "anna"),
        ("q024.md", "Q24", ""),
    ],
)
def test_the_file_name_says_question_and_person(
    tmp_path: Path, name: str, question: str, person: str
) -> None:
    attempt = read_attempt(saved(tmp_path, name, BODY), question=None)
    assert (attempt.question, attempt.person, attempt.text, attempt.offset) == (question, person, BODY, 0)
    assert attempt.id == Path(name).stem


@pytest.mark.parametrize(
    ("name", "question", "person"),
    [
        ("L1.md", "L1", ""),
        ("l1-anna.md", "L1", "anna"),
        ("c1 李雷.md", "C1", "李雷"),
        ("net-3.md", "net-3", ""),
        ("NET-3-anna.md", "net-3", "anna"),
        ("net-3（anna）.md", "net-3", "anna"),
        ("net-bob.md", "net", "bob"),
        ("Q9-anna.md", "Q9", "anna"),
    ],
)
def test_an_own_banks_ids_are_found_in_file_names_the_longest_first(
    tmp_path: Path, name: str, question: str, person: str
) -> None:
    known = {one.lower(): one for one in ("C1", "L1", "net", "net-3")}
    attempt = read_attempt(saved(tmp_path, name, BODY), question=None, known=known)
    assert (attempt.question, attempt.person) == (question, person)


@pytest.mark.parametrize("name", ["L10-anna.md", "network.md", "anna-L1.md", "2026-11-24.md", "-L1.md"])
def test_an_id_in_a_file_name_begins_it_and_ends_before_a_mark(tmp_path: Path, name: str) -> None:
    known = {"l1": "L1", "net": "net", "q11": "Q11"}
    with pytest.raises(InputError) as caught:
        read_attempt(saved(tmp_path, name, BODY), question=None, known=known)
    assert "name it L1.md or L1-anna.md" in caught.value.hint


def test_front_matter_comes_before_the_name_and_the_option_before_both(tmp_path: Path) -> None:
    path = saved(tmp_path, "Q1-anna.md", f"---\nq: q24\nperson: bob\n---\n{BODY}")
    attempt = read_attempt(path, question=None)
    assert (attempt.question, attempt.person, attempt.text) == ("Q24", "bob", BODY)
    assert path.read_text(encoding="utf-8")[attempt.offset :] == attempt.text
    assert read_attempt(path, question="Q43").question == "Q43"


@pytest.mark.parametrize("number", ["24", "'24'", "Q24"])
def test_front_matter_may_give_a_number(tmp_path: Path, number: str) -> None:
    path = saved(tmp_path, "answer.md", f"---\nquestion: {number}\n---\nx")
    assert read_attempt(path, question=None).question == "Q24"


@pytest.mark.parametrize(
    "text",
    [
        "---\n一条线\n---\n后面",
        "---\nnever closed",
        "---\na: [\n---\nx",
        "---\n- list\n---\nx",
        "no rule\n---\nq: Q1\n---\n",
    ],
)
def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path, text: str) -> None:
    assert read_attempt(saved(tmp_path, "Q1.md", text), question=None).text == text


def test_broken_front_matter_that_names_a_question_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.md:4: not readable as YAML"):
        read_attempt(saved(tmp_path, "a.md", "---\nq: Q1\nx: [\n---\ntext"), question=None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-32"])
def test_encodings_and_line_ends_make_no_difference(tmp_path: Path, encoding: str) -> None:
    raw = f"---\r\nq: Q24\r\n---\r\n{BODY}".replace("\r\n", "\n").replace("\n", "\r\n").encode(encoding)
    assert read_attempt(saved(tmp_path, "a.md", raw), question=None).text == BODY


@pytest.mark.parametrize("number", ["0x" + "f" * 15_000, "1:" * 8000 + "1", "9" * 5000])
def test_a_number_that_python_does_not_write_out_is_an_error_with_its_line(number: str) -> None:
    with pytest.raises(InputError, match=r"-:2: a number of \d+ characters"):
        read_attempt("-", question=None, text=f"---\nq: {number}\n---\ntext")


def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    assert read_attempt(saved(tmp_path, "Q1.md", ""), question=None).text == ""
    assert read_attempt("-", question="Q1", text="").text == ""


def test_standard_input_has_front_matter_too() -> None:
    attempt = read_attempt("-", question=None, text="---\nq: Q24\n---\nbody")
    assert (attempt.id, attempt.question, attempt.text, attempt.path) == ("stdin", "Q24", "body", "")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("Q1.md", b"a\0b", "binary"),
        ("Q1.docx", b"PK\x03\x04", "Word document"),
        ("Q1.md", b"x" * 1_000_001, "larger than 1 MB"),
        ("Q1.md", b"\x81\x82\x83\xff\xfe", "neither UTF-8 nor GBK"),
        ("answer.md", b"text", "doesn't say which question"),
    ],
)
def test_what_can_not_be_graded_is_refused(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_attempt(saved(tmp_path, name, raw), question=None)
    assert caught.value.hint


@pytest.mark.parametrize("source", ["", "  ", "absent.md", "a\0b.md", "x" * 5000])
def test_a_path_that_leads_nowhere_is_an_error(source: str) -> None:
    with pytest.raises(InputError):
        read_attempt(source, question="Q1")


def test_a_missing_file_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    saved(tmp_path, "answer.md", "x")
    with pytest.raises(InputError) as caught:
        read_attempt(tmp_path / "anwser.md", question="Q1")
    assert "answer.md" in caught.value.hint


def test_a_folder_is_for_batch(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_attempt(tmp_path, question="Q1")
    assert "grade batch" in caught.value.hint


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(["---", "q: Q1", "x: [", "", "a: &b", "- c", "text"]), st.text(max_size=8)),
        max_size=8,
    )
)
def test_any_text_is_an_answer_or_an_error_and_offsets_count_in_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        attempt = read_attempt("-", question="Q1", text=text)
    except InputError:
        return
    whole = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert whole[attempt.offset :] == attempt.text


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00",
        b"\xfe\xff\xd8\x00",
        b"\xef\xbb\xbf\xff",
        b"\x00" * 9,
        b"\x80" * 99,
        b"\xff\xfea\x00\x00\x00",
    ],
)
def test_half_an_encoding_is_an_error(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(InputError):
        read_attempt(saved(tmp_path, "Q1.md", raw), question=None)
