"""The command line as a whole: its table, its messages, its exit codes."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.cli import main, trouble
from grader.errors import CassetteMiss, InputError


class Fake:
    """Stands in for the table of commands: does one thing."""

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def main(self, argv: object, **_: object) -> object:
        if isinstance(self.thing, BaseException):
            raise self.thing
        return self.thing


def ended(command: object, argv: list[str] | None = None) -> int:
    with pytest.raises(SystemExit) as stop:
        main.run(argv if argv is not None else [], command)
    assert isinstance(stop.value.code, int)
    return stop.value.code


def test_what_a_command_returns_is_the_exit_code():
    assert ended(Fake(1)) == 1
    assert ended(Fake(None)) == 0


def test_an_error_is_a_message_a_blank_line_and_a_hint(capsys: pytest.CaptureFixture[str]):
    assert ended(Fake(InputError("a.md: no question", "add --q"))) == 2
    assert capsys.readouterr() == ("", "error: a.md: no question\n\nhint: add --q\n")


def test_an_error_inside_a_task_group_is_the_same_message(capsys: pytest.CaptureFixture[str]):
    group = BaseExceptionGroup("tasks", [ValueError("second"), CassetteMiss("no recording")])
    assert ended(Fake(group)) == 3
    assert capsys.readouterr().err == "error: no recording\n"


def test_control_c_ends_with_130_and_no_trace(capsys: pytest.CaptureFixture[str]):
    assert ended(Fake(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_bug_names_a_log_file_that_holds_the_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ended(Fake(ZeroDivisionError("planted"))) == 4
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert "planted" in shown
    log = Path(shown.split("details are in ")[1].split("; please")[0])
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert "Python 3." in log.read_text(encoding="utf-8")


def test_a_full_disk_is_no_bug(capsys: pytest.CaptureFixture[str]):
    assert ended(Fake(OSError(errno.ENOSPC, "No space left on device", "run/grades.jsonl"))) == 2
    assert capsys.readouterr().err.startswith("error: run/grades.jsonl: No space left on device\n\nhint: ")


def test_a_wrong_option_says_which_are_near(capsys: pytest.CaptureFixture[str]):
    assert ended(None, ["answer.md", "--jsn"]) == 2
    assert "--json" in capsys.readouterr().err


def test_a_misspelt_command_is_not_taken_for_an_answer(capsys: pytest.CaptureFixture[str]):
    assert ended(None, ["doctr"]) == 2
    assert "did you mean `grade doctor`?" in capsys.readouterr().err


def test_a_closed_pipe_ends_quietly():
    loud = "import sys; from grader.cli.main import run; run(['--help'])"
    with subprocess.Popen(
        [sys.executable, "-c", loud], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait() == trouble.PIPE_CLOSED


@pytest.mark.parametrize("entry", main.TABLE, ids=lambda entry: entry.name)
def test_every_command_of_the_table_can_be_loaded(entry: main.Entry):
    if find_spec(entry.target.partition(":")[0]) is None:
        pytest.skip("not built yet")
    assert main.load(entry).name == entry.name


@pytest.mark.parametrize(
    "words", [[], *([entry.name] for entry in main.TABLE)], ids=lambda words: "".join(words)
)
def test_the_help_of_every_command_is_whole_on_a_narrow_console(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "60")
    assert ended(None, [*words, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert not [line for line in lines if "…" in line]
    assert not [line for line in lines if "<bool>" in line and "--help" not in line]


def test_commands_that_share_options_show_them_in_one_order(capsys: pytest.CaptureFixture[str]):
    def asked(command: str) -> list[str]:
        assert ended(None, [command, "--help"]) == 0
        return re.findall(r"(?m)^\W+(--[a-z-]+)", capsys.readouterr().out)

    batch, check = asked("batch"), asked("check")
    both = [one for one in batch if one in check and one != "--out"]
    assert both == [one for one in check if one in both]
