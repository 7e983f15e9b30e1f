"""The session itself: a recording that no test plays fails it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cassette import Cassette
from grader.types import JudgeReply, JudgeRequest

HERE = Path(__file__).parent
TEST = """
import asyncio
from grader.types import JudgeRequest
from pathlib import Path

def test_play(tape):
    asked = JudgeRequest(model="m", endpoint="e", messages=({"role": "user", "content": "played"},))
    assert asyncio.run(tape(Path("tests/cassettes"))(asked)).text == "yes"

def test_nothing():
    pass
"""


def session(folder: Path, *words: str) -> tuple[int, str]:
    """Exit code and output of pytest in a small project of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env={"PYTHONPATH": str(HERE.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one test, its recording, and a recording that nothing plays."""
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(HERE / "conftest.py", tests)
    (tests / "test_one.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n", encoding="utf-8")
    for words in ("played", "orphan"):
        asked = JudgeRequest(model="m", endpoint="e", messages=({"role": "user", "content": words},))
        kept = Cassette(tests / "cassettes", "record").keep(asked, JudgeReply(text="yes", stop="stop"))
        kept.with_name(f"{words}.txt").write_text(kept.name, encoding="utf-8")
    return tmp_path


def test_a_recording_that_no_test_plays_fails_the_session(project: Path) -> None:
    cassettes = project / "tests" / "cassettes"
    orphan = (cassettes / "orphan.txt").read_text(encoding="utf-8")
    code, said = session(project, "-n", "2")
    assert code == 1
    assert f"FAILED tests/cassettes/{orphan}: no test plays this recording" in said
    assert (cassettes / "played.txt").read_text(encoding="utf-8") not in said
    (cassettes / orphan).unlink()
    assert session(project)[0] == 0


def test_a_session_of_some_tests_says_nothing_about_recordings(project: Path) -> None:
    assert session(project, "-k", "nothing")[0] == 0
    assert session(project, "tests/test_one.py")[0] == 0
