"""The built wheel, alone in an empty environment, grades an example; so does an editable install."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.recordings import recorded

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "answers" / "Q43-anna.md"


def build(folder: Path) -> Path:
    """The wheel, made from the checkout with the build backend that is installed."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-qq",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
    ]
    subprocess.run([*command, str(ROOT)], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def test_rubrics_prompts_and_fits_travel_in_the_wheel(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert sum(one.startswith("grader/rubrics/Q") for one in names) == 96
    for file in (*ROOT.glob("prompts/*.j2"), *ROOT.glob("rubrics/*.json"), *ROOT.glob("grader/fits/*")):
        inside = file.relative_to(ROOT).as_posix()
        assert inside.removeprefix("grader/").join(["grader/", ""]) in names
    assert not any(one.startswith(("tests", "examples", "scripts")) for one in names)


@pytest.mark.slow
def test_the_wheel_alone_grades_an_example(wheel: Path, tmp_path: Path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "constraints" / "run.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    replay = recorded(tmp_path / "cassette", EXAMPLE)
    command = [python, "-m", "grader", str(EXAMPLE), *replay, "--json"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(ran.stdout)["question"] == "Q43"
    assert json.loads(ran.stdout)["score"] == 1
