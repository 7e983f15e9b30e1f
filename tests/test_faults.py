"""Faults of the machine and the network, from the outside: a message, an exit code, never a trace.

docs/faults.md is the table; a test here holds it to the tests that exist.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.chaos import write_round
from grader.cassette import Cassette
from grader.config import choose_model, load
from grader.judges import connect
from grader.runs import lock
from grader.types import JudgeReply, JudgeRequest
from tests import fakes, servers

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT / "examples" / "answers"
LABELS = ROOT / "examples" / "labels.jsonl"
REPLAY = ("--cassette", str(ROOT / "examples" / "cassette"), "--mode", "replay")
CANARY = "sk-canary-5f0c2a917be84d63"


def grade(
    *words: object, cwd: Path, limit: int = 0, environ: dict[str, str] | None = None,
    unprivileged: bool = False, **more: object,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run `grade`; `limit`: bytes that a file may have before the disk is full. `unprivileged`: root, too,
    may only do what permissions say."""

    def lessen() -> None:
        import ctypes
        import resource

        if limit:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if unprivileged and os.geteuid() == 0:
            ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE

    there = {**os.environ, "PYTHONPATH": str(ROOT)} if environ is None else environ
    done = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, words)], cwd=cwd, env=there, text=True, encoding="utf-8",
        stdout=more.get("stdout", subprocess.PIPE), stderr=subprocess.PIPE, timeout=120, check=False,  # type: ignore[call-overload]
        preexec_fn=lessen if limit or unprivileged else None, input=more.get("input"),
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "bug in grade" not in done.stderr
    return done


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /dev/full and limits")


@linux
def test_a_disk_that_fills_up_in_a_batch_is_named_and_the_run_goes_on_later(tmp_path: Path) -> None:
    full = grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=tmp_path, limit=4096)
    assert full.returncode == 2
    assert "run/grades.jsonl: File too large" in full.stderr
    assert grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=tmp_path).returncode == 0
    assert len((tmp_path / "run" / "grades.jsonl").read_text(encoding="utf-8").splitlines()) == 10


@linux
@pytest.mark.parametrize("limit", [40, 600])
def test_a_disk_that_is_full_before_a_batch_begins_is_named(limit: int, tmp_path: Path) -> None:
    full = grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=tmp_path, limit=limit)
    assert full.returncode == 2
    assert re.search(r"error: run/(run.json|rubrics.jsonl|grades.jsonl): File too large", full.stderr)


@linux
def test_output_to_a_full_disk_is_said_once(tmp_path: Path) -> None:
    for buffered in ("", "1"):  # what is held back is written when Python ends, or not
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": buffered}
        with Path("/dev/full").open("w") as full:
            words = (ANSWERS / "Q43-anna.md", *REPLAY, "--json")
            done = grade(*words, cwd=tmp_path, stdout=full, environ=environ)
        assert done.returncode == 2, (buffered, done.stderr)
    assert done.stderr.count("error: the output: No space left on device") == 1
    assert done.stderr.count("error:") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_end_nothing(closed: str, tmp_path: Path) -> None:
    words = f"'{sys.executable}' -m grader '{ANSWERS / 'Q43-anna.md'}' {shlex.join(REPLAY)}"
    for command in (words, f"{words} --json", f"{words.replace('Q43-anna.md', 'none.md')}"):
        run = ["sh", "-c", f"exec {command} {closed}"]
        done = subprocess.run(
            run, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
        )
        assert done.returncode == (2 if "none.md" in command else 0), (command, done.stderr)


def test_a_console_of_no_columns_shows_the_answer_all_the_same(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "0"}
    assert "Score" in grade(ANSWERS / "Q43-anna.md", *REPLAY, cwd=tmp_path, environ=environ).stdout


@linux
@pytest.mark.parametrize("place", ["/proc/run", "/sys/run"])
def test_a_folder_that_nobody_may_write_to_is_named(place: str, tmp_path: Path) -> None:
    done = grade("batch", ANSWERS, *REPLAY, "--out", place, cwd=tmp_path)
    assert done.returncode == 2
    assert f"error: {place}" in done.stderr


WRITERS: tuple[tuple[tuple[object, ...], str], ...] = (
    (("batch", ANSWERS, *REPLAY, "--out", "new"), "new"),
    (("batch", ANSWERS, *REPLAY, "--out", "run"), "run/run.json"),
    (("label", "run"), "run/labels.jsonl.lock"),
    (("bank", "import", ROOT / "tests" / "bank_small.md", "--out", "bank"), "bank"),
    (("report", "run", "--format", "html", "--out", "page.html"), "page.html"),
    (("report", "run", "--format", "html,md", "--out", "pages"), "pages"),
    (("calibrate", LABELS, "--run", "run", "--card", "card.md"), "card.md"),
    (("calibrate", LABELS, "--run", "run", "--fit"), ".grade"),
    (("calibrate", LABELS, "--run", "run", "--fit", "--out", "fit.json"), "fit.json"),
    (("calibrate", LABELS, *REPLAY), ".grade"),
    (("check", ANSWERS / "Q43-anna.md", *REPLAY, "--update-scores"), "grade-scores.json"),
    (("check", ANSWERS / "Q43-anna.md", *REPLAY, "--format", "sarif", "--out", "x.sarif"), "x.sarif"),
    (("cassette", "prune", "tapes", ANSWERS / "Q43-anna.md"), "tapes/"),
)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run and recordings in which nothing may be written."""
    folder = tmp_path_factory.mktemp("folder")
    assert grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=folder).returncode == 0
    shutil.copytree(ROOT / "examples" / "cassette", folder / "tapes")
    below = [one for one in (*folder.rglob("*"), folder) if one.is_dir()]
    for one in below:
        one.chmod(0o555)
    yield folder
    for one in below:
        one.chmod(0o755)


@linux
@pytest.mark.parametrize(("words", "place"), WRITERS, ids=lambda one: " ".join(map(str, one))[:40])
def test_every_command_that_writes_names_the_place_where_it_may_not(
    words: tuple[object, ...], place: str, read_only: Path
) -> None:
    done = grade(*words, cwd=read_only, unprivileged=True, input="c\n")
    assert done.returncode == 2
    assert re.search(rf"error: (?:\S*/)?{re.escape(place)}.*Permission denied", done.stderr), done.stderr


@linux
@pytest.mark.parametrize("name", ["page.html", "card.md", "fit.json", "grade-scores.json", "x.sarif"])
def test_a_disk_that_is_full_where_a_page_goes_is_named_by_the_page(
    name: str, read_only: Path, tmp_path: Path
) -> None:
    shutil.copytree(read_only / "run", tmp_path / "run")
    [words] = [words for words, place in WRITERS if place == name]
    done = grade(*words, cwd=tmp_path, limit=20)
    assert done.returncode == 2
    assert re.search(rf"error: (?:\S*/)?{re.escape(name)}: File too large", done.stderr), done.stderr


@linux
def test_a_step_summary_that_finds_no_room_is_named(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": "steps.md"}
    done = grade("check", ANSWERS / "Q43-anna.md", *REPLAY, cwd=tmp_path, limit=20, environ=environ)
    assert (done.returncode, "error: steps.md: File too large" in done.stderr) == (2, True), done.stderr


@linux
def test_what_only_reads_reads_in_a_folder_where_nothing_may_be_written(read_only: Path) -> None:
    for words in (("report", "run"), (ANSWERS / "Q43-anna.md", *REPLAY), ("cassette", "list", "tapes")):
        assert grade(*words, cwd=read_only, unprivileged=True).returncode == 0, words


@linux
@pytest.mark.loopback
def test_recordings_that_can_not_be_kept_are_named_and_none_is_half_written(
    read_only: Path, tmp_path: Path, socket_enabled: None
) -> None:
    (tmp_path / "Q1.md").write_text("It keeps keys.", encoding="utf-8")
    said = fakes.reply({f"Q1.{n}": fakes.verdict("missing") for n in range(1, 5)})
    with servers.elsewhere(servers.serving(lambda _: servers.says(said))) as server:
        judge = ("--model", "stub", "--api-base", server.api_base, "--cassette")
        done = grade(tmp_path / "Q1.md", *judge, "tapes", cwd=read_only, unprivileged=True)
        assert (done.returncode, bool(re.search(r"error: \S*tapes/\w+.json: Permission", done.stderr))) == (
            2,
            True,
        )
        done = grade(tmp_path / "Q1.md", *judge, "full", cwd=tmp_path, limit=200)
        assert (done.returncode, bool(re.search(r"error: \S*full/\w+.json: File too", done.stderr))) == (
            2,
            True,
        )
    assert list((tmp_path / "full").iterdir()) == []


def test_without_a_home_and_without_a_locale_an_answer_is_graded(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONUTF8": "0"}
    for more in ({}, {"HOME": str(tmp_path / "gone"), "PYTHONCOERCECLOCALE": "0"}):
        done = grade(ANSWERS / "Q43-anna.md", *REPLAY, cwd=tmp_path, environ={**bare, **more})
        assert (done.returncode, "Score" in done.stdout) == (0, True)


def test_waiting_never_asks_the_wall_clock() -> None:
    """A clock that jumps neither hangs a wait nor skips it; only a Retry-After that is a date needs it."""
    waits = re.compile(r"time\.time\(|datetime\.now|utcnow")
    found = {p.name for p in (ROOT / "grader").rglob("*.py") if waits.search(p.read_text(encoding="utf-8"))}
    assert found <= {"failures.py", "run.py"}, "run.py notes when a grade was made"


def test_a_clock_that_jumped_changes_nothing_that_was_written(tmp_path: Path) -> None:
    """Between two sittings, into the past or the future: what was kept counts, in the order it came in."""
    shutil.copytree(ROOT / "examples" / "cassette", tmp_path / "tapes")
    words = ("batch", ANSWERS, "--cassette", "tapes", "--mode", "replay", "--out", "run")
    assert grade(*words, cwd=tmp_path).returncode == 0
    run = tmp_path / "run"
    line = json.loads((run / "grades.jsonl").read_text(encoding="utf-8").splitlines()[0])
    point, labels = line["verdicts"][0]["criterion"], []
    for coverage, at in (("missing", "2099-01-01T00:00:00+00:00"), ("covered", "1970-01-01T00:00:00+00:00")):
        said = {"question": line["question"], "attempt": line["attempt"], "answer": line["answer"]}
        labels.append(json.dumps({**said, "labels": {point: coverage}, "reviewer": "eva", "at": at}))
    (run / "labels.jsonl").write_text("\n".join(labels) + "\n", encoding="utf-8")
    reports = set()
    for year, seconds in (("2099", 4.07e9), ("1970", 0.0), ("0001", 1.0)):
        for path in run.iterdir():
            text = path.read_text(encoding="utf-8")
            if path.name != "labels.jsonl":
                path.write_text(
                    re.sub(r'"(at|created)":( ?)"....', rf'"\1":\2"{year}', text), encoding="utf-8"
                )
        for path in (*run.iterdir(), *(tmp_path / "tapes").iterdir()):
            os.utime(path, (seconds, seconds))
        again = grade(*words, cwd=tmp_path)
        assert (again.returncode, "10 graded already" in again.stderr) == (0, True)
        reports.add(grade("report", "run", cwd=tmp_path).stdout)
        page = grade("report", "run", "--format", "json", cwd=tmp_path).stdout
        assert json.loads(page)["runs"][0]["grades"][0]["verdicts"][0]["label"]["coverage"] == "covered"
    assert len(reports) == 1


def test_a_lock_of_a_process_that_died_is_taken_over_whatever_its_date(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("999999\n", encoding="utf-8")
    os.utime(tmp_path / "lock", (4.07e9, 4.07e9))
    with lock.held(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text(encoding="utf-8") == f"{os.getpid()}\n"


@pytest.mark.loopback
def test_a_quota_that_ends_in_the_middle_keeps_what_was_graded_and_the_rest_is_asked_later(
    tmp_path: Path, socket_enabled: None
) -> None:
    write_round(tmp_path / "round.jsonl", 12)
    said = fakes.reply({f"X1.{n}": fakes.verdict("missing") for n in range(1, 5)})
    spent = servers.sends(429, {"error": {"code": "insufficient_quota", "message": "quota"}})
    behaviours = itertools.chain([servers.says(said)] * 4, itertools.repeat(spent))
    words = ("batch", "round.jsonl", "--out", "run", "--model", "stub", "--concurrency", 1)
    with servers.elsewhere(servers.serving(lambda _: next(behaviours))) as server:
        done = grade(*words, "--api-base", server.api_base, cwd=tmp_path)
    assert done.returncode == 3
    assert "no credit is left" in done.stderr
    lines = (tmp_path / "run" / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(one) for one in lines]
    assert sum(not one["ungraded"] for one in asked) == 4
    assert all(one["score"] is None for one in asked if one["ungraded"])


@pytest.mark.loopback
def test_a_key_reaches_no_file_and_no_message(tmp_path: Path, socket_enabled: None) -> None:
    """The environment, the config and the address carry it; the server throws it back at us."""
    write_round(tmp_path / "round.jsonl", 3)
    (tmp_path / "grade.toml").write_text('model = "stub"\n', encoding="utf-8")
    behaviours = itertools.cycle(
        [servers.says("{}"), servers.sends(401, {"error": {"message": f"bad key {CANARY}"}})]
    )
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GRADE_API_KEY", "DEEPSEEK_API_KEY")
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "home")}
    environ |= dict.fromkeys(keys, CANARY)
    shown = []
    with servers.elsewhere(servers.serving(lambda _: next(behaviours))) as server:
        where = server.api_base.replace("//", f"//user:{CANARY}@")
        for base in (server.api_base, where):
            for words in (
                ("batch", "round.jsonl", "--out", "run"),
                ("batch", "round.jsonl", "--out", "run2", "--cassette", "tapes"),
                ("report", "run", "--format", "html,json,md,csv,junit,sarif", "--out", "reports"),
            ):
                more = ("--api-base", base) if words[0] == "batch" else ()
                done = grade(*words, *more, cwd=tmp_path, environ=environ)
                shown.append(f"{done.stdout}{done.stderr}")
        assert server.seen
    for path in (one for one in tmp_path.rglob("*") if one.is_file()):
        assert CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in "".join(shown)
    assert "refused the key (401)" in shown[0]
    assert "set GRADE_API_KEY or the provider's own variable" in shown[0]


def test_a_run_writes_through_no_link_and_a_report_neither(tmp_path: Path) -> None:
    assert grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=tmp_path).returncode == 0
    for name in ("grades.jsonl", "rubrics.jsonl", "replies.jsonl", "lock", "run.json.new"):
        path = tmp_path / "run" / name
        kept = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        path.symlink_to(tmp_path / "victim")
        done = grade("batch", ANSWERS, *REPLAY, "--out", "run", cwd=tmp_path)
        assert (done.returncode, f"{name} is a link" in done.stderr) == (2, True)
        assert not (tmp_path / "victim").exists()
        path.unlink()
        if kept is not None:
            path.write_bytes(kept)
    (tmp_path / "page.html").symlink_to(tmp_path / "victim")
    done = grade("report", "run", "--format", "html", "--out", "page.html", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "victim").exists()) == (2, False)


def test_a_cassette_chooses_no_endpoint_that_anything_is_sent_to(tmp_path: Path) -> None:
    """In replay its endpoint names recordings and nobody is asked; in other modes it is not looked at."""
    asked = JudgeRequest(model="evil", endpoint="openai_compatible http://evil.example/v1")
    Cassette(tmp_path / "tapes", "record").keep(asked, JudgeReply(text="x"))
    for mode in ("auto", "record"):
        settings = load({"cassette": "tapes", "mode": mode}, cwd=tmp_path, environ={})
        choice = choose_model(settings, {}, lambda _: None)
        assert (choice.model, choice.endpoint, settings.api_base) == ("embedded", "", "")
    settings = load({"cassette": "tapes", "mode": "replay"}, cwd=tmp_path, environ={})
    choice = choose_model(settings, {}, lambda _: None)
    assert choice.endpoint.endswith("evil.example/v1")

    async def replayed() -> str:
        async with connect(settings, choice) as judge:  # sockets are blocked in this test
            return (await judge(asked)).text

    assert asyncio.run(replayed()) == "x"


def test_the_table_of_faults_names_tests_that_exist() -> None:
    rows = [
        one.split("|")[1:-1]
        for one in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
        if one.startswith("| ") and not one.startswith("| fault")
    ]
    assert len(rows) >= 17
    for fault, sees, code, test in rows:
        assert fault.strip()
        assert sees.strip()
        assert re.fullmatch(r" *(?:0|2|3|4|130|141)(?: or (?:0|2|3))? *", code), fault
        for file, name in re.findall(r"`(test_\w+)::(test_\w+)`", test) or [("", "")]:
            source = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8") if file else ""
            assert re.search(rf"^(?:async )?def {name}\(", source, re.M), (fault, test)
