"""What the README promises is there."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from grader.cli import main
from grader.report.words import WORDS
from grader.strategies import stack

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh.md")


def blocks(name: str) -> list[list[str]]:
    """The lines of each code block."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("name", READMES)
def test_the_first_block_is_two_commands_that_exist(name: str):
    first = [shlex.split(line) for line in blocks(name)[0]]
    assert [words[:2] for words in first] == [["python3", "scripts/run.py"]] * 2
    assert [words[2] for words in first] == ["grade", "test"]
    assert first[0][4:] == ["--model", "embedded"], "a key in the environment must not choose another judge"
    assert (ROOT / first[0][3]).is_file()


@pytest.mark.parametrize("name", READMES)
def test_every_command_that_is_shown_is_in_the_table(name: str):
    shown = re.findall(
        r"(?:^|[|&;]\s)grade (\w+)(?=\s|$)", "\n".join("\n".join(one) for one in blocks(name)), re.MULTILINE
    )
    assert shown
    assert set(shown) <= {entry.name for entry in main.TABLE}


@pytest.mark.parametrize("name", READMES)
def test_a_stranger_reads_it_in_one_go(name: str):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) < 120


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "examples/README.md"])
def test_links_lead_to_files(name: str):
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize(("name", "lang"), [("README.md", 0), ("README.zh.md", 1)])
def test_coverage_is_called_what_the_program_calls_it(name: str, lang: int):
    text = (ROOT / name).read_text(encoding="utf-8")
    shown = ("covered", "partial", "missing", "contradicted", "judge")
    assert [one for one in shown if WORDS[one][lang].lower() not in text] == []


def test_no_constraint_holds_an_address():
    for lock in (ROOT / "constraints").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8")


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {
        "run.txt": [*project["dependencies"], *extras["local"]],
        "test.txt": [*project["dependencies"], *(one for extra in extras.values() for one in extra)],
    }
    for lock, wanted in asked.items():
        held = re.findall(
            r"^([\w.-]+)==", (ROOT / "constraints" / lock).read_text(encoding="utf-8"), re.MULTILINE
        )
        names = {re.split(r"[<>=!~\[; ]", one)[0].lower() for one in wanted}
        assert names <= set(held), f"{lock} is older than pyproject.toml: run scripts/lock"


def test_every_dependency_has_its_line_among_the_decisions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(one for extra in extras for one in extra)]
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "decisions").glob("*.md"))
    names = {re.split(r"[<>=!~\[; ]", one)[0] for one in asked}
    assert {name for name in names if name.lower() not in pages.lower()} == set()


@pytest.mark.parametrize("name", READMES)
def test_the_agreement_is_the_one_that_the_fit_records(name: str):
    fit = json.loads((ROOT / "grader" / "fits" / f"{stack.named('zh')}.json").read_text(encoding="utf-8"))
    found = fit["about"]["agreement"]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert f"{found['weighted_kappa']:.2f}".removeprefix("0") in text
    assert str(found["criteria"]) in text
