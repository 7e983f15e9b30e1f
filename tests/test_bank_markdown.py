"""A Markdown bank comes in whole, and a malformed one is told all its faults."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.bank import lint, logic, markdown, rubric_files
from grader.bank.markdown import Imported, parse
from grader.bank.markdown_question import read_stars
from grader.errors import InputError

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared" / "bank" / "llm-interview-107.md"


def faults(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse(text, "b.md")
    return caught.value.message


def question(body: str, top: str = "**Q1: t**") -> str:
    return f"{top}\n{body}\n"


def everything(imported: Imported) -> str:
    """All texts of an import, without white space."""
    whole = [asdict(imported.info), [asdict(one) for one in imported.questions], imported.notes]
    return re.sub(r"[\s\\]", "", json.dumps(whole, ensure_ascii=False))


def content(line: str) -> list[str]:
    """The words of a line without Markdown marks, stars, list marks and the labels of fields."""
    line = re.sub(r"^\s*(?:#+|[-*]|\d+\.)\s+", "", line).replace("**", "#")
    line = re.sub(
        r"^#?(?:难度|标签|公司|考点|要点|参考答案|最后更新|题目数量|建议学习时间)#?\s*[:：]?", "", line
    )
    line = re.sub(r"^(?:⏱️ 建议学习时间：|✅)", "", line)
    if re.fullmatch(r"\s*(?:[⭐★☆]+|-{3,}|[1-5]/5)\s*", line):
        return []
    return [re.sub(r"\s", "", one) for one in re.split(r"[:：、，,#（）]|\. ", line) if one.strip()]


@pytest.mark.parametrize(
    "path",
    [
        HERE / "bank_small.md",
        pytest.param(SHARED, marks=pytest.mark.skipif(not SHARED.exists(), reason="stands elsewhere")),
    ],
    ids=lambda path: path.stem,
)
def test_every_line_of_a_bank_is_in_its_import(path: Path) -> None:
    held = everything(markdown.read(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    lost = [(line, word) for line in lines for word in content(line) if word not in held]
    assert lost == []


@pytest.mark.skipif(not SHARED.exists(), reason="stands elsewhere")
def test_the_given_bank_has_96_questions_and_297_key_points() -> None:
    imported = markdown.read(SHARED)
    assert len(imported.questions) == 96
    assert sum(len(one.rubric.criteria) for one in imported.questions) == 297
    assert imported.notes == {}
    packaged = {one.id: one for one in load_packaged()}
    for one in imported.questions:
        assert [c.text for c in packaged[one.id].rubric.criteria] == [c.text for c in one.rubric.criteria]
        assert (one.title, one.stars, one.tags) == (
            packaged[one.id].title,
            packaged[one.id].stars,
            packaged[one.id].tags,
        )


def load_packaged() -> tuple[markdown.Question, ...]:
    from grader.bank import load

    return load().questions()


def test_the_fields_of_a_question() -> None:
    imported = markdown.read(HERE / "bank_small.md")
    by_id = {one.id: one for one in imported.questions}
    assert list(by_id) == ["Q1", "Q2", "Q3", "Q5"]
    first, second, third = by_id["Q1"], by_id["Q2"], by_id["Q3"]
    assert (first.stars, second.stars, third.stars) == (2, 4, 3)
    assert first.tags == second.tags == ("缓存", "Redis")
    assert (first.companies, first.frequency) == (("字节", "阿里"), "高频")
    assert first.rubric.criteria[0].parts == ("缓存里没有", "数据库里也没有")
    assert first.rubric.criteria[1].text == "布隆过滤器可以提前拦截"
    assert second.rubric.reference == "给过期时间加随机数。\n\n第二段。"
    assert imported.notes["Q2"] == ("年份：2024",)
    assert third.title == "什么是缓存击穿？"
    assert third.section == "缓存"


def test_what_a_bank_says_about_itself() -> None:
    info = markdown.read(HERE / "bank_small.md").info
    assert (info.title, info.promised, info.theory, info.coding) == ("小题库（6题）", 5, 4, 1)
    assert (info.audience, info.study_time, info.updated) == (("后端工程师",), "2-3天", "2025-02-01")
    assert [(one.number, one.title, one.claimed) for one in info.sections] == [
        ("第一部分", "缓存", 4),
        ("第二部分", "队列", 1),
    ]
    (track,) = info.tracks
    assert (track.name, track.questions) == ("后端岗", ("Q1", "Q2", "Q5"))
    assert track.entries[0].spec == "Q1-Q2、Q5"
    assert [(one.first, one.last, one.sections) for one in info.days] == [(1, 2, ("缓存",)), (3, 3, ())]
    assert info.absent() == info.are_coding() == ("Q4",)


def test_labels_in_unusual_places_are_not_lost() -> None:
    imported = parse(
        "# T\n参考答案：见附录\nLast updated: 1\nUpdated: 2\n"
        "**Q1: t**\n- 标签：a\n**考点**：\n- a\n- 标签：写在要点里\n",
        "b",
    )
    assert [one.text for one in imported.questions[0].rubric.criteria] == ["a", "标签：写在要点里"]
    assert [one.lines for one in imported.info.notes] == [("Updated: 2",), ("参考答案：见附录",)]


def test_a_bank_in_english_comes_in_too() -> None:
    imported = markdown.read(HERE / "bank_english.md")
    first, second = imported.questions
    assert (first.id, first.title, first.stars) == ("Q1", "What is a cache stampede?", 3)
    assert (first.tags, first.companies) == (("caching", "redis"), ("Acme", "Initech"))
    assert (first.frequency, first.rubric.lang) == ("often", "en")
    assert [one.text for one in second.rubric.criteria] == [
        "A message may arrive twice",
        "Consumers must be idempotent",
    ]
    assert [(one.title, one.claimed, one.questions) for one in imported.info.sections] == [
        ("Caching", 1, ("Q1",)),
        ("Queues", None, ("Q2",)),
    ]
    assert imported.info.tracks[0].name == "Backend"
    assert [one.sections for one in imported.info.days] == [("Caching",), ("Queues",)]
    assert imported.info.updated == "2025-03-01"


def test_all_faults_come_at_once_with_their_lines() -> None:
    said = faults(
        "# Bank\n**考点**：\n- lost\n"
        "**Q1: one**\n- 难度：很难\n**考点**：\n- a\n"
        "**Q1: again**\n**考点**：\n- b\n"
        "**Q2: no points**\n"
        "**Q3: unclosed\n"
    )
    assert "has 5 faults" in said
    for expected in (
        "b.md:2: key points of no question",
        "b.md:5: unreadable difficulty: 很难",
        "b.md:8: Q1 stands already in line 4",
        "b.md:11: Q2 has no key points",
        "b.md:12: unreadable question",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no question"),
        ("just prose\n", "no question"),
        (question("", "### Q1"), "b.md:1: Q1 has no title"),
        (question("**考点**：\n-  \n- a"), "b.md:3: Q1 has an empty key point"),
        (question("**考点**：\n- a\n---\n- b"), "b.md:5: a key point after a rule"),
        (question("- 标签：#a\n- 标签：#b\n**考点**：\n- a"), "b.md:3: the field stands twice"),
        (question("**考点**：\n- a\x1b[31m"), "b.md:3: a control character"),
        (question("- 难度：⭐⭐⭐⭐⭐⭐\n**考点**：\n- a"), "b.md:2: unreadable difficulty"),
    ],
)
def test_a_fault_names_its_line(text: str, expected: str) -> None:
    assert expected in faults(text)


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("⭐⭐⭐", 3),
        ("⭐️⭐️", 2),
        ("★★☆☆☆", 2),
        ("3/5", 3),
        ("4 stars", 4),
        ("5星", 5),
        ("", None),
        ("6", None),
    ],
)
def test_difficulty_is_read_as_people_write_it(text: str, stars: int | None) -> None:
    assert read_stars(text) == stars


def test_line_ends_marks_and_encodings_make_no_difference(tmp_path: Path) -> None:
    text = (HERE / "bank_small.md").read_text(encoding="utf-8")
    plain = parse(text, "b")
    legible = "".join(one for one in text if one not in "📚✅⏱️🎯⭐💡📖")
    for raw in (
        text.encode("utf-8-sig"),
        text.replace("\n", "\r\n").encode(),
        text.encode("utf-16"),
    ):
        path = tmp_path / "bank.md"
        path.write_bytes(raw)
        assert markdown.read(path) == plain
    path.write_bytes(legible.replace("- 难度：\n", "").encode("gbk"))
    assert len(markdown.read(path).questions) == 4


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"PK\x03\x04rest", "Word document or a zip"),
        (b"%PDF-1.7", "a PDF"),
        (b"**Q1: a\0b**", "binary"),
        (bytes(range(128, 256)) * 9, "neither UTF-8 nor GBK"),
        ("# caf\xe9 \xe0 la carte, \xfcber".encode("latin-1"), "neither UTF-8 nor GBK"),
        (b"#" * 9_000_000, "larger than 8 MB"),
    ],
)
def test_what_is_no_text_is_refused_by_name(tmp_path: Path, raw: bytes, expected: str) -> None:
    path = tmp_path / "bank.md"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=expected):
        markdown.read(path)


def test_a_huge_bank_is_read_in_linear_time() -> None:
    text = "".join(
        f"**Q{n}: t**\n- 公司：{'（' * 40}\n**考点**：\n- a {'*' * 60}{'：' * 60}\n" for n in range(1, 4001)
    )
    assert len(parse(text, "b").questions) == 4000


def test_an_import_survives_writing_and_reading() -> None:
    for one in markdown.read(HERE / "bank_small.md").questions:
        assert rubric_files.parse(rubric_files.to_yaml(one, ("n",)), "x") == one


LINES = st.sampled_from(
    [
        "# T（3题）",
        "## 第一部分：A（2题）",
        "### Part 2: B (1 question)",
        "**Q1: t**",
        "### Q2. u",
        "**Q3** v",
        "**Q4: open",
        "- 难度：⭐⭐",
        "难度：？",
        "- 标签：#a #b",
        "- 公司：字节（高频）",
        "**考点**：",
        "Key points:",
        "#### 考点",
        "- point",
        "  - part",
        "1. point",
        "goes on",
        "  goes on",
        "---",
        "",
        "```",
        "**参考答案**：",
        "1. **x**（Q1-Q3）：y",
        "- **第1-3天**：A（第一部分）",
        "**最后更新**: 2025",
        "**题目数量**: 2道理论题 + 1道手撕代码题 = 3题",
        "## 适用对象",
        "## 答题技巧",
        "- a：b",
        "-",
        "Q5: plain",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=12)), max_size=30))
def test_any_text_is_a_bank_or_a_list_of_faults(lines: list[str]) -> None:
    imported, said = read_or_refuse("\n".join(lines))
    assert imported is not None or re.search(r"b:\d+: ", said)
    for one in imported.questions if imported else ():
        assert rubric_files.parse(rubric_files.to_yaml(one), "x") == one


def read_or_refuse(text: str) -> tuple[Imported | None, str]:
    try:
        return parse(text, "b"), ""
    except InputError as error:
        return None, error.message


def test_what_no_rubric_file_could_hold_is_a_fault_of_the_bank() -> None:
    long = question("**考点**：\n- " + "a" * 4001)
    assert "b.md:1: Q1 can't be kept: criteria[0].text: " in faults(long)
    many = question("**考点**：\n" + "- a\n" * 65)
    assert "b.md:1: Q1 can't be kept: criteria: " in faults(many)


def test_the_bank_and_the_rubric_of_the_guide_are_read() -> None:
    guide = (HERE.parent / "docs" / "banks.md").read_text(encoding="utf-8")
    bank = parse(guide.split("```markdown\n")[1].split("```")[0], "guide")
    assert bank.questions[0].rubric.criteria[1].parts == ("a lock", "an early refresh")
    assert bank.info.tracks[0].questions == ("Q1",)
    rubric = rubric_files.parse(guide.split("```yaml\n")[1].split("```")[0], "guide").rubric
    assert rubric.criteria[0].accept == ("thundering herd",)
    logical = guide.split("```yaml\n")[2].split("```")[0]
    assert logic.findings(rubric_files.parse(f"id: Q1\ntitle: Why?\n{logical}", "guide").rubric) == ()
    told = lint.bank(bank.info, bank.questions)
    assert [one.said for one in told] == ["Q1-Q3, Q7 names what the bank does not hold: Q3, Q7"]
