"""`grade bank` and `grade rubric` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.cli.main import run

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("GRADE_BANK", raising=False)


def grade(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        run([str(one) for one in argv])
    said = capsys.readouterr()
    return int(caught.value.code or 0), said.out, said.err


def listed(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    code, out, _ = grade(capsys, "bank", "list", "--json", *argv)
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)
    return [one["id"] for one in found]


def test_list_filters_by_everything_a_bank_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(listed(capsys)) == 96
    assert (
        listed(capsys, "--section", "6")
        == listed(capsys, "--section", "tokenization")
        == ["Q29", "Q30", "Q31"]
    )
    assert listed(capsys, "--tag", "#LoRA") == ["Q2", "Q3"]
    assert listed(capsys, "--stars", "2") == ["Q1", "Q26", "Q71", "Q72"]
    assert listed(capsys, "--company", "快手") == ["Q85"]
    assert listed(capsys, "--frequency", "前沿") == ["Q70"]
    assert listed(capsys, "--track", "开发岗", "--stars", "5") == ["Q40"]
    assert len(listed(capsys, "--day", "10")) == 12
    assert listed(capsys, "--section", "PEFT", "--company", "腾讯", "--stars", "3+") == ["Q5", "Q6", "Q9"]


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--section", "absent", "Tokenization"),
        ("--tag", "Lora2", "LoRA"),
        ("--track", "管理岗", "算法岗"),
        ("--day", "99", "第10天"),
        ("--stars", "many", "3-4"),
        ("--company", "ByteDance", "字节"),
    ],
)
def test_a_filter_that_the_bank_does_not_know_is_answered_with_what_it_knows(
    capsys: pytest.CaptureFixture[str], option: str, value: str, hint: str
) -> None:
    code, _, err = grade(capsys, "bank", "list", option, value)
    assert code == 2
    assert hint in err


def test_every_line_of_the_list_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.cells import cell_len

    for argv in (
        ("bank", "list"),
        ("bank", "tracks"),
        ("bank", "lint"),
        ("rubric", "show", "Q43"),
        ("rubric", "lint"),
    ):
        _, out, _ = grade(capsys, *argv)
        assert out
        assert max(cell_len(line) for line in out.splitlines()) <= 80


def test_show_tells_tracks_and_days(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = grade(capsys, "bank", "show", "q43")
    assert code == 0
    for expected in ("Q43  DPO的原理", "★★★★★", "所有大厂（必考）", "算法岗", "第8-9天", "Q43.3"):
        assert expected in out
    _, out, _ = grade(capsys, "bank", "show", "Q43", "--json")
    assert json.loads(out)["tracks"] == ["算法岗"]


def test_a_coding_question_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = grade(capsys, "bank", "show", "Q60")
    assert (code, out) == (2, "")
    assert "手撕代码题" in err


def test_import_makes_a_bank_that_the_other_commands_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    code, said, err = grade(capsys, "bank", "import", HERE / "bank_small.md", "--out", out)
    assert (code, said.split(" to ")[0]) == (0, "wrote 4 questions with 7 key points")
    assert "grade bank lint" in err
    assert listed(capsys, "--bank", str(out)) == ["Q1", "Q2", "Q3", "Q5"]
    code, _, err = grade(capsys, "bank", "import", HERE / "bank_small.md", "--out", out)
    assert code == 2
    assert "--force" in err
    code, said, _ = grade(capsys, "bank", "import", HERE / "bank_small.md", "--out", out, "--force", "--json")
    assert (code, json.loads(said)["key_points"]) == (0, 7)


def test_a_malformed_bank_exits_2_with_lines_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bank = tmp_path / "bank.md"
    bank.write_text("**Q1: t**\n", encoding="utf-8")
    code, _, err = grade(capsys, "bank", "import", bank, "--out", tmp_path / "out")
    assert code == 2
    assert "bank.md:1: Q1 has no key points" in err
    assert not (tmp_path / "out").exists()


def test_lint_exits_1_with_findings_and_reads_files_and_folders(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = grade(capsys, "bank", "lint", HERE / "bank_small.md", "--json")
    assert code == 1
    assert {one["kind"] for one in json.loads(out)} >= {"count", "day", "instruction"}
    code, out, _ = grade(capsys, "bank", "lint")
    assert code == 1
    assert "Q56-Q66" in out


def test_rubric_show_tells_what_is_judged_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = grade(capsys, "rubric", "show", "Q102")
    assert code == 0
    for expected in ("DeepSeek-V3-Base", "从SFT模型出发", "bank says", "wrong:", "source"):
        assert expected in out
    _, out, _ = grade(capsys, "rubric", "show", "Q102", "--json")
    assert json.loads(out)["hash"].startswith("sha256:")


def test_rubric_show_tells_groups_and_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Q1.yaml").write_text(
        "id: Q1\ntitle: Why?\nreference: It is fast.\ngroups: [{name: ways, any_of: 1, cap: 2}]\n"
        "criteria:\n- {id: Q1.1, text: One way is caching, group: ways}\n",
        "utf-8",
    )
    code, out, _ = grade(capsys, "rubric", "show", "Q1", "--bank", tmp_path)
    assert code == 0
    assert "group ways: the best 1 count, for at most 2" in out
    assert "reference: It is fast." in out


def test_rubric_lint_reads_the_named_questions(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = grade(capsys, "rubric", "lint", "Q91", "--json")
    assert (code, json.loads(out)[0]["where"]) == (1, "Q91.1")
    code, out, _ = grade(capsys, "rubric", "lint", "Q43")
    assert (code, out) == (0, "nothing to find fault with\n")


def test_a_narrow_console_folds_a_long_cell_and_cuts_nothing_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, told, _ = grade(capsys, "bank", "tracks")
    assert "…" not in told
    assert "FlashAttention原" in told
