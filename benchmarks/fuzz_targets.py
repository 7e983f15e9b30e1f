"""Every parser as a function of bytes in a folder, with the seeds that it is fed from."""

from __future__ import annotations

import asyncio
import functools
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import fuzz_inputs as inputs
from grader import cassette, config, evidence, runs
from grader.api import plan_for
from grader.bank import info, labels, markdown, rounds, rubric_files, store
from grader.bank.attempts import read_attempt
from grader.calibration import card, saved
from grader.checks import ratchet, terms
from grader.grading import grade_attempt
from grader.judges import decisions
from grader.report import formats, overview, reading
from grader.runs import open_run
from grader.strategies import Plan
from grader.types import Attempt, Criterion, Grade, JudgeCard, JudgeReply, JudgeRequest, Rubric, Verdict

RUBRIC = Rubric(
    question="Q1",
    title="What is the KV cache?",
    criteria=(Criterion(id="Q1.1", text="keeps keys and values"), Criterion(id="Q1.2", text="memory grows")),
    lang="en",
)
WORDS = "It keeps keys and values. Memory grows with length. 缓存。"
QUOTES = ("keeps … values", "Memory grow with")
PLAN = Plan(model="fake", endpoint="fake")


@dataclass(frozen=True)
class Target:
    """A parser: `file` is the name of the file that it is given, "" when it takes the bytes themselves."""

    run: Callable[[bytes, Path], object]
    seeds: Callable[[], tuple[bytes, ...]]
    file: str = ""


def _bank() -> store.Bank:
    return store.load()


def _written(raw: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def _round(name: str) -> Callable[[bytes, Path], object]:
    def run(raw: bytes, folder: Path) -> object:
        found = list(rounds.read_round([str(_written(raw, folder, name))], _bank()))
        for one in found:
            assert isinstance(one, rounds.Job) or (one.where and one.why), one
        return len(found)

    return run


def _answer(raw: bytes, folder: Path) -> object:
    return read_attempt(_written(raw, folder, "answer.md"), question=None)


def _settings(raw: bytes, folder: Path) -> object:
    _written(raw, folder, "grade.toml")
    (folder / ".git").mkdir(exist_ok=True)
    found = config.load({}, cwd=folder, environ={})
    return terms.read(found.check, found.file)


def _reply(raw: bytes, folder: Path) -> object:
    async def judge(request: JudgeRequest) -> JudgeReply:
        return JudgeReply(text=raw.decode("utf-8", "surrogateescape"), stop="stop")

    attempt = Attempt(id="Q1", question="Q1", text=WORDS)
    grade = asyncio.run(grade_attempt(RUBRIC, attempt, judge, PLAN))
    assert grade.problems or not grade.ungraded
    return grade


def _quote(raw: bytes, folder: Path) -> object:
    quote, _, text = raw.decode("utf-8", "surrogateescape").partition("\n")
    found = evidence.locate(quote, text)
    assert found.start is None or text[found.start : found.end] == found.quote
    return found


def _recording(raw: bytes, folder: Path) -> object:
    _written(raw, folder, _recorded()[1])
    list(cassette.usable(folder))
    return cassette.models(folder), cassette.read(folder / _recorded()[1])


@functools.cache
def _recorded() -> tuple[bytes, str]:
    path = min((inputs.ROOT / "examples" / "cassette").glob("*.json"), key=lambda one: one.stat().st_size)
    return path.read_bytes(), path.name


def _played(raw: bytes, folder: Path) -> object:
    """A recording whose request is as it was and whose reply is not, played."""
    attempt, rubric, plan, request, _ = _play()
    whole = b'{"key": "%s", "request": %s, "reply": %s}' % (request["key"].encode(), request["raw"], raw)
    _written(whole, folder, cassette.name(request["key"]))
    judge = cassette.Cassette(folder, "replay").wrap(None)
    grade = asyncio.run(grade_attempt(rubric, attempt, judge, plan))
    assert grade.problems or not grade.ungraded
    assert grade.score is None or 0 <= grade.score <= 1
    return grade


@functools.cache
def _play() -> tuple[Attempt, Rubric, Plan, Mapping[str, Any], bytes]:
    """An example: its answer, rubric and plan, its recorded request and the reply."""
    tapes = inputs.ROOT / "examples" / "cassette"
    settings = config.load({"cassette": tapes, "mode": "replay"}, cwd=inputs.ROOT, environ={})
    attempt = read_attempt(inputs.ROOT / "examples" / "answers" / "Q43-anna.md", question=None)
    rubric, plan = _bank().question("Q43").rubric, plan_for(settings, config.choose_model(settings, {}))
    played: list[str] = []
    judge = cassette.Cassette(tapes, "replay", played.append).wrap(None)
    asyncio.run(grade_attempt(rubric, attempt, judge, plan))
    whole = json.loads((tapes / cassette.name(played[0])).read_bytes())
    request = {"key": played[0], "raw": json.dumps(whole["request"]).encode()}
    return attempt, rubric, plan, request, json.dumps(whole["reply"]).encode()


def _decided(raw: bytes, folder: Path) -> object:
    """What a decision endpoint sends, graded."""

    async def judge(request: JudgeRequest) -> JudgeReply:
        return decisions.read_reply(raw, request, where="w", model="m")

    attempt, plan = Attempt(id="Q1", question="Q1", text=WORDS), replace(PLAN, strategy="decision")
    grade = asyncio.run(grade_attempt(RUBRIC, attempt, judge, plan))
    assert grade.problems or not grade.ungraded
    return grade


def _run_folder(name: str) -> Callable[[bytes, Path], object]:
    def run(raw: bytes, folder: Path) -> object:
        for other, text in _run_files().items():
            _written(text, folder, other)
        _written(raw, folder, name)
        shown = reading.read((folder,), _bank())
        page = formats.render(tuple(formats.TABLE)[sum(raw) % len(formats.TABLE)], shown, "en")
        overview.render(shown, Console(file=io.StringIO(), width=80), "en")
        with open_run(folder, {"model": "m"}) as opened:
            opened.close_sitting({"graded": 0})
        return page

    return run


@functools.cache
def _run_files() -> Mapping[str, bytes]:
    attempt = Attempt(id="Q1-a", question="Q1", text=WORDS, person="a", path="Q1-a.md")
    verdicts = tuple(
        Verdict(criterion=one.id, coverage="covered", evidence=(evidence.locate("keeps keys", WORDS),))
        for one in RUBRIC.criteria
    )
    made = JudgeCard(model="m", strategy="joint", prompt="sha256:p", rubric=RUBRIC.hash)
    grade = Grade(attempt="Q1-a", question="Q1", score=1.0, verdicts=verdicts, judge=made, calls=1)
    said = {"attempt": "Q1-a", "answer": WORDS, "labels": {"Q1.1": "missing"}, "reviewer": "x", "at": "y"}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        with open_run(folder, {"model": "m"}) as run:
            run.add(runs.key(RUBRIC, attempt, PLAN), grade, attempt, RUBRIC)
        (folder / "labels.jsonl").write_text(json.dumps(said) + "\n")
        key = "sha256:" + "ab" * 32
        (folder / "replies.jsonl").write_text(
            json.dumps({"key": key, "reply": {"text": "x"}}, separators=(",", ":")) + "\n"
        )
        return {one.name: one.read_bytes() for one in folder.iterdir() if one.name != "lock"}


def _bytes_of(name: str) -> Callable[[], tuple[bytes, ...]]:
    return lambda: (_run_files()[name],)


def _always(*seeds: bytes) -> Callable[[], tuple[bytes, ...]]:
    return lambda: seeds


def _rubric(raw: bytes, folder: Path) -> object:
    return rubric_files.read(_written(raw, folder, "Q43.yaml"))


def _example(name: str) -> Callable[[], tuple[bytes, ...]]:
    return lambda: ((inputs.ROOT / name).read_bytes()[: inputs.LONGEST],)


TARGETS: Mapping[str, Target] = {
    "bank-markdown": Target(
        lambda raw, folder: markdown.read(_written(raw, folder, "bank.md")),
        _example("tests/bank_small.md"), "bank.md",
    ),
    "bank-json": Target(
        lambda raw, folder: info.read(_written(raw, folder, "bank.json")),
        _example("rubrics/bank.json"), "bank.json",
    ),
    "rubric": Target(_rubric, inputs.rubric_seeds, "Q43.yaml"),
    "answer": Target(_answer, _always(inputs.ANSWER), "answer.md"),
    "round-markdown": Target(_round("round.md"), _always(inputs.ROUND, inputs.ANSWER)),
    "round-csv": Target(_round("round.csv"), _always(inputs.TABLE)),
    "round-jsonl": Target(_round("round.jsonl"), lambda: (inputs.label_seed(),)),
    "recording": Target(_recording, lambda: (_recorded()[0],)),
    "reply": Target(_reply, inputs.reply_seeds),
    "played": Target(_played, lambda: (_play()[-1],)),
    "decided": Target(_decided, lambda: (inputs.decision_seed(),)),
    "quote": Target(_quote, _always(*(f"{one}\n{WORDS}".encode() for one in QUOTES))),
    "labels": Target(
        lambda raw, folder: labels.read([_written(raw, folder, "labels.jsonl")], _bank()),
        lambda: (inputs.label_seed(),), "labels.jsonl",
    ),
    "card": Target(
        lambda raw, folder: card.saved_pairs(_written(raw, folder, "card.json")),
        lambda: (inputs.card_seed(),), "card.json",
    ),
    "calibration": Target(
        lambda raw, folder: saved.read(_written(raw, folder, "calibration.json")).correction(),
        lambda: (inputs.calibration_seed(len(saved.SIGNALS) + 1, saved.SIGNALS),), "calibration.json",
    ),
    "config": Target(_settings, _always(inputs.CONFIG), "grade.toml"),
    "scores": Target(
        lambda raw, folder: ratchet.load(_written(raw, folder, "scores.json")),
        _always(b'{"format": 1, "scores": {"a.md": {"score": 0.5, "question": "Q43", "judge": "s"}}}'),
        "scores.json",
    ),
    **{
        f"run-{name.split('.')[0]}": Target(_run_folder(name), _bytes_of(name))
        for name in ("grades.jsonl", "rubrics.jsonl", "labels.jsonl", "replies.jsonl", "run.json")
    },
}  # fmt: skip
