"""What is written to a console that speaks another encoding, and what drives none."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.table import Column, Table

from grader.cli import console


def written(text: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The bytes of a page on a standard output of that encoding."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", newline="")
    monkeypatch.setattr("sys.stdout", out)
    console.put_page(text)
    out.flush()
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "ascii"])
def test_a_page_for_another_program_is_in_utf_8_wherever_it_is_piped(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert written("<p>✓ 答案", encoding, monkeypatch).decode() == "<p>✓ 答案\n"


def test_nothing_in_a_rich_table_drives_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.stdout_console().print("a\x1b[2Jb\u202ec", style="bold")
    assert capsys.readouterr().out == "a[2Jbc\n"


def test_a_table_on_a_console_that_lacks_characters_is_as_wide_as_what_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="gbk", errors="backslashreplace", newline="")
    monkeypatch.setattr("sys.stdout", out)
    table = Table.grid("", Column(overflow="fold"), padding=(0, 2))
    table.add_row("judged", "损失 ≻ − ✓ " * 6)
    console.stdout_console().print(table, "é − ✓ \u202e" * 9)
    out.flush()
    written = raw.getvalue().decode("gbk")
    assert written.count("\\u2713") == 15
    assert "202e" not in written
    assert max(map(cell_len, written.splitlines())) <= 40
