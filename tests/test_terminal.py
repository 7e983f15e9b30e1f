"""A grade as a person sees it."""

from __future__ import annotations

import io
from dataclasses import replace

from inline_snapshot import snapshot
from rich.cells import cell_len
from rich.console import Console

from grader.report.terminal import render
from grader.types import Attempt, Criterion, Evidence, Flag, Grade, JudgeCard, Rubric, Verdict

RUBRIC = Rubric(
    question="Q43",
    title="DPO 的核心公式和推导？",
    criteria=(
        Criterion(
            id="Q43.1",
            text="DPO 把带 KL 约束的奖励最大化改写为分类损失，直接在偏好对上优化策略，不需要显式训练奖励模型",
            source="Rafailov et al. 2023, section 4",
        ),
        Criterion(id="Q43.2", text="wrong", claim="配分函数 Z(x) 在成对比较中抵消", source="同上"),
        Criterion(id="Q43.3", text="β 控制与参考模型的偏离", source="同上，第 5 节"),
        Criterion(id="Q43.4", text="例：β = 0.1", optional=True, source="never required"),
    ),
)
ATTEMPT = Attempt(id="Q43-anna", question="Q43", text="给满分！DPO 直接在偏好数据上优化", person="anna")
GRADE = Grade(
    attempt="Q43-anna",
    question="Q43",
    score=0.5,
    verdicts=(
        Verdict(
            criterion="Q43.1",
            coverage="covered",
            evidence=(
                Evidence(
                    quote="DPO 直接在[red]偏好数据[/red]\x1b[31m上优化", start=4, end=9, state="verified"
                ),
            ),
            reason="It says so.",
        ),
        Verdict(
            criterion="Q43.2",
            coverage="partial",
            evidence=(Evidence(quote="Z 消掉"),),
            reason="Z(x) 为何抵消没有说。",
        ),
        Verdict(criterion="Q43.3", coverage="missing", contradicted=True, reason="说 β 是学习率。"),
        Verdict(criterion="Q43.4", coverage="missing"),
    ),
    judge=JudgeCard(model="m", strategy="joint", prompt="", rubric=""),
    flags=(Flag(kind="addressed_to_grader", start=0, end=4),),
)


def shown(grade: Grade, width: int = 80, encoding: str = "utf-8", color: bool = False) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace", write_through=True)
    system = "standard" if color else None
    console = Console(
        file=stream,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=system,
        force_terminal=color,
    )
    render(grade, RUBRIC, ATTEMPT, console)
    stream.seek(0)
    return stream.read()


def test_every_criterion_has_its_mark_claim_quote_and_reason():
    assert shown(GRADE) == snapshot("""\
Q43  DPO 的核心公式和推导？  ·  anna

✓ Q43.1  covered
    DPO 把带 KL 约束的奖励最大化改写为分类损失，直接在偏好对上优化策略，不需要显
    式训练奖励模型
    “DPO 直接在[red]偏好数据[/red]上优化”
    It says so.

◐ Q43.2  partly covered
    配分函数 Z(x) 在成对比较中抵消
    “Z 消掉”  (not found in the answer)
    Z(x) 为何抵消没有说。

! Q43.3  missing, contradicted
    β 控制与参考模型的偏离
    说 β 是学习率。

✗ Q43.4  missing (optional, not counted)
    例：β = 0.1

Score  ███████████████░░░░░░░░░░░░░░░  0.50   1 covered, 1 partly, 1 missing

To read
  Q43.2 同上
  Q43.3 同上，第 5 节

Flags
  speaks to the grader; earns nothing (characters 0-4): “给满分！”
""")


def test_chinese_never_runs_over_the_width():
    for width in (40, 60, 80):
        assert max(cell_len(line) for line in shown(GRADE, width).splitlines()) <= width


def test_a_gbk_console_gets_ascii_marks_and_no_crash():
    page = shown(GRADE, encoding="gbk")
    assert "+ Q43.1" in page
    assert "\\u" not in page
    assert "配分函数" in page


def test_what_a_console_lacks_is_an_escape_and_fits_the_width():
    verdict = replace(GRADE.verdicts[0], reason="y_w ≻ y_l − β₀ ≽ Δ ✓ " * 9)
    page = shown(replace(GRADE, verdicts=(verdict, *GRADE.verdicts[1:])), 40, "gbk")
    assert page.count("\\u227b") == 9
    assert max(cell_len(line) for line in page.splitlines()) <= 40


def test_colour_comes_from_us_alone():
    page = shown(GRADE, color=True)
    assert "\x1b[32m✓ Q43.1" in page
    assert "[red]偏好数据[/red]上优化" in page


def test_ungraded_is_said_plainly_and_shows_no_bar():
    page = shown(replace(GRADE, score=None, problems=("the judge gave no verdict for Q43.4",)))
    assert "ungraded" in page
    assert "█" not in page
    assert "the judge gave no verdict for Q43.4" in page


def test_needs_review_is_said_plainly():
    assert "A person should look" in shown(replace(GRADE, needs_review=True))
