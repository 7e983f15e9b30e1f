"""A small git repository with a bank, write-ups and recordings, for tests of `grade check`."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.bank import load, read_attempt
from grader.cassette import Cassette
from grader.cli.main import run
from grader.grading import grade_attempt
from grader.types import Rubric
from tests import fakes

MODEL = "openai/recorded"
CONFIG = f"""model = "{MODEL}"
bank = "bank"
cassette = "recordings"
mode = "replay"
strategy = "joint"
min = 0.5

[check]
files = ["answers/*.md"]
"""
CACHE = """id: Q1
title: What is the KV cache?
lang: en
section: Serving
stars: 5
tags: [inference]
criteria:
- id: Q1.1
  text: It stores the keys and values of earlier tokens
- id: Q1.2
  text: Its memory grows linearly with the sequence length
"""
ADAPTER = """id: Q2
title: What is LoRA?
lang: en
section: Tuning
stars: 3
tags: [tuning]
criteria:
- id: Q2.1
  text: It adds low-rank matrices
"""
GOOD = "---\nq: Q1\nperson: anna\n---\n# KV cache\n\nIt keeps keys and values.\n\nMemory grows with length.\n"
HALF = "It keeps keys and values of tokens.\nOf memory | I <b>know</b> nothing.\n"
TUNING = "Two low-rank matrices are added.\n"


@dataclass(frozen=True)
class Repository:
    """A work tree. `git` and `grade` run in it."""

    folder: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write files below the folder."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")

    def git(self, *words: str) -> str:
        """Run git with settings of its own."""
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "t@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message: str = "more") -> None:
        """Everything as it is now."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def record(self, name: str, covered: Mapping[str, str]) -> None:
        """Keep what a judge says of a write-up: the quotes that cover criteria; the others are missing."""
        question = load(self.folder / "bank").question(
            read_attempt(self.folder / name, question=None).question
        )
        attempt = read_attempt(self.folder / name, question=None)
        judge = fakes.scripted(
            [self._reply(question.rubric, covered)] * 2
        )  # read with and without what is doubted
        cassette = Cassette(self.folder / "recordings", "record").wrap(judge)
        plan = fakes.plan(model=MODEL, endpoint="litellm")
        grade = asyncio.run(grade_attempt(question.rubric, attempt, cassette, plan))
        assert grade.score is not None

    def _reply(self, rubric: Rubric, covered: Mapping[str, str]) -> str:
        said = {
            one.id: fakes.verdict("covered", covered[one.id])
            if one.id in covered
            else fakes.verdict("missing")
            for one in rubric.criteria
        }
        return fakes.reply(said)

    def grade(self, *words: str) -> int:
        """`grade ...` in the folder; its exit code."""
        with pytest.raises(SystemExit) as left:
            run(list(words))
        return int(left.value.code or 0)


def build(folder: Path) -> Repository:
    """Main has two write-ups of 1.0 (anna, Q2), one of 0.5 (Q1-ben), all recorded; origin/main is there."""
    made = Repository(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made.git("init", "-q", "-b", "main")
    made.write(
        {
            "grade.toml": CONFIG,
            "bank/Q1.yaml": CACHE,
            "bank/Q2.yaml": ADAPTER,
            "answers/anna.md": GOOD,
            "answers/Q1-ben.md": HALF,
            "answers/Q2.md": TUNING,
        }
    )
    made.record("answers/anna.md", {"Q1.1": "keeps keys and values", "Q1.2": "Memory grows with length"})
    made.record("answers/Q1-ben.md", {"Q1.1": "keeps keys and values"})
    made.record("answers/Q2.md", {"Q2.1": "low-rank matrices"})
    made.commit("first")
    made.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return made
