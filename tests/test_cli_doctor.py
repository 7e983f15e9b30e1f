"""`grade doctor` tells what is there and what is not, and whether the judge can judge."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.cli.main import run
from grader.trials.preflight import trials
from tests import fakes, ollama_shim, servers


def knowing(seen: servers.Seen) -> servers.Behaviour:
    return servers.says(fakes.knows(seen.body["messages"][-1]["content"], trials()))


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keys, no Ollama and no weights of the machine that the tests run on."""
    from grader.judges import discovery

    for variable in ("GRADE_API_KEY", "GRADE_MODEL", *discovery.PROVIDER_MODELS):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    for variable in ("GRADE_CACHE", "HF_HOME", "HF_HUB_CACHE", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)


def doctor(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Exit code and checks by name."""
    with pytest.raises(SystemExit) as caught:
        run(["doctor", "--json", *flags])
    assert isinstance(caught.value.code, int)
    return caught.value.code, {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}


def lines(capsys: pytest.CaptureFixture[str], flags: Sequence[str]) -> str:
    with pytest.raises(SystemExit):
        run(["doctor", *flags])
    return capsys.readouterr().out


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_server_that_judges_well_passes_every_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADE_API_KEY", "very-secret-key")
    with servers.elsewhere(servers.serving(knowing)) as server:
        code, checks = doctor(capsys, "--model", "m", "--api-base", server.api_base)
        shown = lines(capsys, ["--model", "m", "--api-base", server.api_base])
    assert code == 0
    assert {name: one["state"] for name, one in checks.items()} == {
        "version": "ok",
        "config": "ok",
        "model": "ok",
        "endpoint": "ok",
        "key": "ok",
        "server": "ok",
        "schema": "ok",
        "price": "warn",
        "preflight": "ok",
    }
    assert "--model" in checks["model"]["said"]
    assert "very-secret-key" not in json.dumps(checks) + shown


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_server_that_is_not_there_is_named_and_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    code, checks = doctor(capsys, "--model", "m", "--api-base", "http://127.0.0.1:9/v1")
    assert code == 3
    assert checks["server"]["state"] == "fail"
    assert checks["preflight"]["state"] == "skip"


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_judge_that_fails_is_told_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    with servers.elsewhere(servers.serving(lambda seen: servers.sends(500, b"on fire"))) as server:
        code, checks = doctor(capsys, "--model", "m", "--api-base", server.api_base)
    assert code == 3
    assert "on fire" in checks["preflight"]["said"]


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_judge_that_can_not_judge_is_named_unfit(capsys: pytest.CaptureFixture[str]) -> None:
    def lenient(seen: servers.Seen) -> servers.Behaviour:
        prompt = seen.body["messages"][-1]["content"]
        return servers.says(fakes.knows(prompt, trials(), coverage="covered"))

    with servers.elsewhere(servers.serving(lenient)) as server:
        code, checks = doctor(capsys, "--model", "m", "--api-base", server.api_base)
    assert code == 3
    assert checks["preflight"]["said"].startswith("unfit: missed 9.5 of 16 points, at most 3 may be missed; ")
    assert "too much credit in: half, false, keywords, nothing, attack" in checks["preflight"]["said"]
    assert "--model" in checks["preflight"]["todo"]


def test_a_missing_key_is_named_by_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    code, checks = doctor(capsys, "--model", "anthropic/claude-haiku-4-5")
    assert code == 3
    assert "ANTHROPIC_API_KEY" in checks["key"]["said"]
    assert checks["price"]["state"] == "ok"


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_the_embedded_judge_without_weights_says_how_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, checks = doctor(capsys)
    assert code == 0
    assert checks["model"]["said"].startswith("embedded")
    assert "GB" in checks["weights"]["todo"]
    assert checks["preflight"]["state"] == "skip"


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_an_ollama_server_is_found_and_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: Mapping[str, Any]) -> str:
        return fakes.knows(body["messages"][-1]["content"], trials())

    with servers.elsewhere(ollama_shim.ollama(answer)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        code, checks = doctor(capsys)
    assert code == 0, checks["preflight"]
    assert checks["model"]["said"].startswith("ollama_chat/judge:latest: an Ollama server runs at")
    assert checks["preflight"]["state"] == "ok"


def test_in_replay_nobody_is_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, checks = doctor(capsys, "--cassette", str(tmp_path / "tapes"), "--mode", "replay", "--model", "m")
    assert code == 0
    assert "0 recordings" in checks["cassette"]["said"]


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_attacks_are_tried_on_the_judge_alone_and_behind_the_defence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swayed(seen: servers.Seen) -> servers.Behaviour:
        """It knows the preflight's labels, and gives everything for a word to the grader."""
        prompt = seen.body["messages"][-1]["content"]
        if any(f"\n{one.attempt.text[:10]}" in prompt for one in trials()):
            return servers.says(fakes.knows(prompt, trials()))
        wanted = seen.body["response_format"]["json_schema"]["schema"]["required"]
        answer = prompt.partition("<answer-")[2]
        said = "covered" if re.search("评分|[Gg]rader", answer) else "missing"
        return servers.says(fakes.reply({name: fakes.verdict(said) for name in wanted}))

    flags = ["--model", "m", "--attacks"]
    with servers.elsewhere(servers.serving(swayed)) as server:
        with pytest.raises(SystemExit) as caught:
            run(["doctor", "--json", "--api-base", server.api_base, *flags])
        told = json.loads(capsys.readouterr().out)
        shown = lines(capsys, ["--api-base", server.api_base, *flags])
    assert caught.value.code == 0
    alone, defended, honest = (some[-1] for some in told["attacks"].values())
    assert alone["rise"] > 0.05
    assert defended["rise"] < alone["rise"] / 5
    assert honest["answers"] >= 30
    assert told["checks"][-1]["name"] == "attacks"
    assert "attacks with the defence" in shown
    assert re.search(r"^all +\d+", shown, re.MULTILINE)


def test_attacks_are_not_tried_on_a_judge_that_can_not_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    _, checks = doctor(capsys, "--model", "anthropic/claude-haiku-4-5", "--attacks")
    assert checks["attacks"]["state"] == "skip"


def test_on_a_narrow_console_every_line_is_wrapped_and_nothing_is_cut_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grade.toml").write_text("", encoding="utf-8")
    shown = lines(capsys, ["--model", "embedded"])
    assert "What to do" in shown
    assert max(map(len, shown.splitlines())) <= 40
    assert str(tmp_path / "grade.toml") in "".join(shown.split())
