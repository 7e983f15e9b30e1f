"""Lint finds what is wrong with the given bank, and says nothing about a sound one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from grader.bank import lint, load, logic, markdown
from grader.bank.lint import Finding
from grader.bank.similarity import grams, pairs
from grader.bank.wording import is_compound, is_order, is_term, is_vague
from grader.types import Criterion, Group, Question, Rubric

HERE = Path(__file__).parent


def places(findings: Iterable[Finding], kind: str) -> list[str]:
    return [one.where for one in findings if one.kind == kind]


TRACKED = """# Bank

## Part 1: Caches (1 question)

**Q1: What is a cache?**
- Difficulty: ⭐⭐⭐

**Key points**:
- It keeps copies

## Backend track
- Basics (Q1-Q3, Q99): by heart
- More (Q9-Q2): reversed
"""


def test_a_track_that_names_questions_nobody_holds_is_told(tmp_path: Path) -> None:
    (tmp_path / "bank.md").write_text(TRACKED, encoding="utf-8")
    imported = markdown.read(tmp_path / "bank.md")
    said = [one.said for one in lint.bank(imported.info, imported.questions) if one.kind == "track"]
    assert said == [
        "Q1-Q3, Q99 names what the bank does not hold: Q3, Q99",
        "Q9-Q2 names no question of the bank",
    ]


def one_rubric(*criteria: Criterion) -> Question:
    return Question(id="Q1", title="t", rubric=Rubric(question="Q1", title="t", criteria=criteria))


def test_the_given_bank_has_the_faults_that_are_known_of_it() -> None:
    bank = load()
    findings = lint.bank(bank.info, bank.questions())
    said = {one.where: one.said for one in findings if one.kind == "count"}
    wrong = [one for one in said if one.startswith("第")]
    assert [one[:4] for one in wrong] == [
        "第一部分",
        "第三部分",
        "第五部分",
        "第七部分",
        "第八部分",
        "第十部分",
    ]
    assert "says 17, the section holds 20" in said["第七部分：强化学习与对齐（17题）"]
    assert said["title"] == "the title says 107, the bank holds 96"
    assert places(findings, "absent") == ["Q56-Q66"]
    assert "Q84 Q94" in places(findings, "near-duplicate")
    assert "Q43.3 Q47.1" in places(findings, "near-duplicate")
    assert {"Q1.3", "Q76.1", "Q76.2", "Q88.1", "Q90.1"} <= set(places(findings, "instruction"))
    assert places(findings, "no track") == ["tracks"]
    assert {"Q2.2", "Q4.3", "Q13.3"} <= set(places(findings, "compound"))


def test_the_packaged_rubrics_hold_no_point_that_can_not_be_judged() -> None:
    counts = Counter(found.kind for one in load().questions() for found in lint.rubric(one))
    assert counts["can't be judged"] == counts["vague"] == 0


def test_a_small_bank_is_told_of_its_day_and_its_track() -> None:
    imported = markdown.read(HERE / "bank_small.md")
    findings = lint.bank(imported.info, imported.questions)
    assert places(findings, "day") == ["第3天", "队列"]
    assert places(findings, "count") == ["第一部分：缓存（4题）", "all sections", "title"]
    assert places(findings, "instruction") == ["Q2.2"]
    (track,) = (one for one in findings if one.kind == "no track")
    assert "1 of 4 questions" in track.said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("减少参数量，提高训练效率", True),
        ("FP16计算+FP32主权重", True),
        ("模式：局部窗口、固定stride、全局tokens", True),
        ("LLaMA、Qwen等主流模型标配", False),
        ("PPL = exp(-1/N Σ log P, x)", False),
        ("Encoder-Decoder结构", False),
    ],
)
def test_compound_points_are_told_from_single_ones(text: str, expected: bool) -> None:
    assert is_compound(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("需要说明不同激活函数的优劣", True),
        ("制表对比Attention和MLP的参数量", True),
        ("不同场景的选择依据", True),
        ("Explain the difference", True),
        ("KV Cache是推理显存瓶颈", False),
        ("BF16：动态范围大，不易溢出，主流选择", False),
        ("Compared with RNNs it is parallel", False),
    ],
)
def test_orders_to_the_candidate_are_told_from_statements(text: str, expected: bool) -> None:
    assert is_order(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RoPE位置编码", True),
        ("Position Encoding", True),
        ("RMSNorm代替LayerNorm", False),
        ("It stores keys", False),
    ],
)
def test_a_bare_term_is_told_from_a_statement(text: str, expected: bool) -> None:
    assert is_term(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("增强模型表达能力", True), ("improves performance", True), ("减少 KV Cache", False)],
)
def test_praise_without_content_is_vague(text: str, expected: bool) -> None:
    assert is_vague(text) is expected


def test_an_instruction_with_its_parts_can_be_judged() -> None:
    bare = Criterion(id="Q1.1", text="需要说明优劣")
    told = Criterion(id="Q1.1", text="需要说明优劣", claim="ReLU 简单但会死亡", parts=("简单", "会死亡"))
    assert places(lint.rubric(one_rubric(bare)), "can't be judged") == ["Q1.1"]
    assert lint.rubric(one_rubric(told)) == ()


def test_criteria_that_one_sentence_earns_overlap() -> None:
    first = Criterion(id="Q1.1", text="缓存历史 token 的 Key 和 Value")
    again = Criterion(id="Q1.2", text="历史 token 的 Key 和 Value 被缓存")
    assert places(lint.rubric(one_rubric(first, again)), "overlap") == ["Q1.1 Q1.2"]


def test_texts_that_differ_in_a_number_are_no_duplicates() -> None:
    first = Criterion(id="Q1.1", text="ZeRO-1 切分 optimizer states")
    second = Criterion(id="Q1.2", text="ZeRO-2 切分 optimizer states")
    assert places(lint.rubric(one_rubric(first, second)), "overlap") == []


def test_similarity_reads_chinese_by_pairs_and_latin_by_words() -> None:
    assert grams("KV Cache是瓶颈！") == ["kv", "cache", "是瓶", "瓶颈"]
    assert pairs(["梯度裁剪防止爆炸", "梯度裁剪，防止爆炸", "完全不同"], 0.5)[0][:2] == (0, 1)
    assert pairs([], 0.5) == pairs(["", ""], 0.5) == []


def logic_of(*points: dict[str, object], groups: tuple[Group, ...] = ()) -> list[tuple[str, str]]:
    made = Rubric(
        question="Q1",
        title="t",
        criteria=tuple(
            Criterion(**{"id": f"Q1.{n}", "text": f"point {n}", **one})  # type: ignore[arg-type]
            for n, one in enumerate(points, 1)
        ),
        groups=groups,
    )
    return [(one.kind, one.where) for one in logic.findings(made)]


def test_a_rubric_without_logic_has_no_finding_about_it() -> None:
    assert logic_of({}, {}) == []


def test_circles_unknown_ids_and_what_nothing_can_earn_are_found() -> None:
    assert logic_of({"requires": ("Q1.2",)}, {"requires": ("Q1.1",)}) == [("circle", "Q1.1 Q1.2")]
    assert logic_of({"requires": ("Q1.1",)}) == [("circle", "Q1.1")]
    assert logic_of({"excludes": ("Q1.1",)}) == [("circle", "Q1.1")]
    assert logic_of({"requires": ("Q1.7",)}) == [("unknown id", "Q1.1")]
    assert logic_of({"group": "a"}) == [("unknown id", "Q1.1")]
    clash = logic_of({"requires": ("Q1.2",)}, {"requires": ("Q1.3",)}, {"excludes": ("Q1.1",)})
    assert clash == [("unreachable", "Q1.1")]
    assert logic_of({"requires": ("Q1.2", "Q1.3")}, {"excludes": ("Q1.3",)}, {}) == [("unreachable", "Q1.1")]


def test_a_group_without_criteria_is_said_to_have_none() -> None:
    point = Criterion(id="Q1.1", text="It stores keys")
    made = Rubric(question="Q1", title="t", criteria=(point,), groups=(Group(name="lonely", any_of=1),))
    [found] = logic.findings(made)
    assert found.said == "no criterion that can earn something is in the group lonely"
    assert found.fix == "write group: lonely in its criteria, or drop it"


def test_groups_that_change_nothing_faults_that_are_optional_and_rubrics_that_earn_nothing_are_found() -> (
    None
):
    two = ({"group": "a"}, {"group": "a"})
    assert logic_of(*two, groups=(Group(name="a", any_of=1),)) == []
    assert logic_of(*two, groups=(Group(name="a", any_of=2),)) == [("group", "Q1")]
    assert logic_of(*two, groups=(Group(name="a", cap=2),)) == [("group", "Q1")]
    assert logic_of({}, groups=(Group(name="a", any_of=1),)) == [("group", "Q1")]
    assert logic_of({"weight": -1.0}) == [("nothing to earn", "Q1")]
    assert logic_of({}, {"weight": -1.0, "optional": True}) == [("fault", "Q1.2")]
