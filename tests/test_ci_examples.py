"""The Action, the pre-commit hook and the GitLab job, run as far as one machine can run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from grader import config
from grader.checks import terms
from tests import repository
from tests.repository import GOOD, Repository

ROOT = Path(__file__).parent.parent
BASH = shutil.which("bash")
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")

pytestmark = pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="needs bash")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return repository.build(tmp_path / "repo")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """`grade` on the PATH is this checkout; no key, no settings of the developer's, no CI around us."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = (
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m grader "$@"\n'
    )
    (folder / "grade").write_text(script, encoding="utf-8")
    (folder / "grade").chmod(0o755)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "GRADE_", "GITHUB_", "CI_")) and not name.endswith("_API_KEY")
    }
    return {**kept, "PATH": f"{folder}:{Path(sys.executable).parent}:{kept['PATH']}"}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`${{ name }}` put in; a name that nobody gave is a KeyError."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: values[found[1]], text)


def act(repo: Repository, environ: Mapping[str, str], **inputs: str) -> tuple[int, str, Path]:
    """Run the Action's own steps as a runner does; exit code, what was said, the folder of runner files."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    values = {f"inputs.{name}": str(one.get("default", "")) for name, one in action["inputs"].items()}
    values |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
    values |= {"github.action_path": str(ROOT), "runner.temp": str(repo.folder.parent)}
    files = repo.folder.parent / "runner"
    files.mkdir()
    there = {**environ, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(repo.folder)}
    there |= {f"GITHUB_{name}": str(files / name.lower()) for name in ("OUTPUT", "STEP_SUMMARY", "PATH")}
    for step in action["runs"]["steps"]:
        if step.get("if") == "inputs.install == 'true'" and values["inputs.install"] != "true":
            continue
        done = subprocess.run(
            [str(BASH), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=repo.folder / filled(step.get("working-directory", "."), values),
            env={**there, **{name: filled(one, values) for name, one in step.get("env", {}).items()}},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr, files


def test_the_action_checks_a_fork_without_a_key(repo: Repository, environ: dict[str, str]) -> None:
    repo.write({"answers/Q2-more.md": repository.TUNING + "Yes.\n"})
    repo.record("answers/Q2-more.md", {"Q2.1": "low-rank matrices"})
    code, said, files = act(repo, environ, install="false", since="origin/main")
    assert code == 0, said
    assert "1 of 4 write-ups changed" in said
    assert "exit-code=0" in (files / "output").read_text(encoding="utf-8")
    assert "grade check passes" in (files / "step_summary").read_text(encoding="utf-8")
    (suite,) = JUnitXml.fromstring((repo.folder / "grade-report" / "report.xml").read_bytes())
    assert suite.tests == 1


def test_the_action_marks_lines_and_fails_under_the_bar(repo: Repository, environ: dict[str, str]) -> None:
    paths = "answers/Q1-ben.md\nanswers/Q2.md\n"
    code, said, files = act(repo, environ, install="false", min="0.8", paths=paths, formats="sarif")
    assert code == 1, said
    assert "::error file=answers/Q1-ben.md,line=1" in said
    log = json.loads((repo.folder / "grade-report" / "report.sarif").read_bytes())
    assert {one["ruleId"] for one in log["runs"][0]["results"]} == {"below-bar", "missing"}
    assert "exit-code=1" in (files / "output").read_text(encoding="utf-8")


def test_an_input_of_the_action_is_a_word_and_never_a_command(
    repo: Repository, environ: dict[str, str]
) -> None:
    attack = '"; touch pwned; $(touch pwned) `touch pwned`'
    code, said, _ = act(repo, environ, install="false", paths=attack, since="")
    assert code == 2, said
    assert not (repo.folder / "pwned").exists()


def test_a_pull_request_that_brings_a_venv_py_and_a_pip_py_runs_neither(
    repo: Repository, environ: dict[str, str], tmp_path: Path
) -> None:
    """`python -m` looks in the folder that it is called in first."""
    for name in ("venv.py", "pip.py", "ensurepip.py", "site.py", "encodings.py"):
        (repo.folder / name).write_text("open('pwned', 'w').close()\n", encoding="utf-8")
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (install,) = (one["run"] for one in action["runs"]["steps"] if one.get("id") == "install")
    source = tmp_path / "source"  # an empty one: what is installed is not what is tried here
    (source / "constraints").mkdir(parents=True)
    (source / "constraints" / "run.txt").touch()
    paths = {"GRADE_SOURCE": str(source), "GRADE_VENV": str(tmp_path / "venv"), "GITHUB_PATH": os.devnull}
    ran = subprocess.run(
        [str(BASH), "-xc", install], cwd=repo.folder, env={**environ, **paths}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert ran.stderr.count("-m pip install") == 2
    assert (tmp_path / "venv" / "bin" / "python").exists()
    assert not (repo.folder / "pwned").exists()


def test_every_action_that_is_used_is_pinned_by_commit() -> None:
    for name in ("action.yml", "examples/ci/github.yml"):
        used = re.findall(r"uses: (\S+)", (ROOT / name).read_text(encoding="utf-8"))
        assert used
        assert all(PINNED.fullmatch(one) for one in used)
    (installed,) = re.findall(r"GRADE_SOURCE: (\S+)", (ROOT / "examples/ci/gitlab.yml").read_text("utf-8"))
    assert re.fullmatch(r"git\+https://\S+@[0-9a-f]{40}", installed)


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.github-workflows", "examples/ci/github.yml"),
        ("vendor.gitlab-ci", "examples/ci/gitlab.yml"),
    ],
)
def test_each_file_keeps_to_the_schema_of_its_reader(schema: str, name: str, environ: dict[str, str]) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / name)]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_gitlab_job_runs(repo: Repository, environ: dict[str, str]) -> None:
    job = yaml.safe_load((ROOT / "examples/ci/gitlab.yml").read_text(encoding="utf-8"))["grade-check"]
    repo.write({"answers/Q1-ben.md": repository.HALF + "\n"})
    repo.record("answers/Q1-ben.md", {})
    there = {**environ, "GRADE_MODE": job["variables"]["GRADE_MODE"]}
    there["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = repo.git("rev-parse", "HEAD").strip()
    script = "\n".join([*job["before_script"], *job["script"]])
    done = subprocess.run(
        ["sh", "-ec", script], cwd=repo.folder, env=there, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    reports = job["artifacts"]["reports"]
    assert JUnitXml.fromstring((repo.folder / reports["junit"]).read_bytes()).failures == 1
    quality = json.loads((repo.folder / reports["codequality"]).read_bytes())
    assert {one["check_name"] for one in quality} == {"grade/below-bar", "grade/missing"}


def hooked(repo: Repository, environ: Mapping[str, str], text: str) -> subprocess.CompletedProcess[str]:
    """Commit with this .pre-commit-config.yaml in force."""
    repo.write({".pre-commit-config.yaml": text})
    repo.git("add", "-A")
    there = {**environ, "PRE_COMMIT_HOME": str(repo.folder.parent / "hooks"), "PRE_COMMIT_COLOR": "never"}
    words = [sys.executable, "-m", "pre_commit", "run", "--verbose"]
    return subprocess.run(words, cwd=repo.folder, env=there, capture_output=True, text=True, check=False)


def test_the_pre_commit_hook_looks_at_what_is_committed(repo: Repository, environ: dict[str, str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hook = {**hook, "language": "system", "files": "^answers/"}
    del hook["minimum_pre_commit_version"]
    text = yaml.safe_dump({"repos": [{"repo": "local", "hooks": [hook]}]})
    repo.write({"notes.md": "not a write-up\n"})
    assert "(no files to check)Skipped" in hooked(repo, environ, text).stdout
    repo.write({"answers/anna.md": GOOD + "\nIt grows with length, too.\n"})
    done = hooked(repo, environ, text)
    assert done.returncode == 1
    assert "exit code: 3" in done.stdout
    assert "+It grows with length, too." in done.stdout
    repo.record("answers/anna.md", {"Q1.1": "keeps keys and values", "Q1.2": "Memory grows with length"})
    done = hooked(repo, environ, text)
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


@pytest.mark.slow
def test_pre_commit_installs_the_hook_from_this_repository(repo: Repository, environ: dict[str, str]) -> None:
    repo.write({"answers/Q2.md": repository.TUNING + "\n"})
    repo.record("answers/Q2.md", {"Q2.1": "low-rank matrices"})
    repo.git("add", "-A")
    words = [
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(ROOT),
        "grade-check",
        "--files",
        "answers/Q2.md",
    ]
    there = {**environ, "PRE_COMMIT_HOME": str(repo.folder.parent / "hooks")}
    done = subprocess.run(words, cwd=repo.folder, env=there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_the_example_settings_are_read(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples/ci/grade.toml", tmp_path)
    settings = config.load({}, cwd=tmp_path, environ={})
    read = terms.read(settings.check, settings.file)
    assert read.bars["Q43"] == 0.8
    assert set(settings.check) == set(terms.Terms.model_fields), "the example shows every setting"
