"""Canary keys wherever one may lie: none reaches a message, a log, a run, a recording or a report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import write_round
from grader.cli import trouble
from grader.config import load
from grader.errors import InputError
from grader.judges import key_for
from grader.judges.failures import blotted, secrets_in
from grader.judges.openai_compatible import address
from tests import fakes, servers

ROOT = Path(__file__).resolve().parent.parent
CANARY = "Xq7canary/5f0c+2a917"  # looks like no known kind of key
QUOTED = "Xq7canary%2F5f0c%2B2a917"
PARTS = ("Xq7canary", "5f0c+2a917", "5f0c%2B2a917", b64encode(f"me:{CANARY}".encode()).decode()[4:])


def echo(seen: servers.Seen, *_: object) -> servers.Behaviour:
    """A server that throws back all that it was told, as careless ones do."""
    told = f"{seen.method} {seen.path} {json.dumps(dict(seen.headers))}"
    return servers.sends(407 if seen.path.startswith("http") else 403, {"error": {"message": told}})


def echo_in_a_reply(seen: servers.Seen, *_: object) -> servers.Behaviour:
    """One that puts it into what it replies, where a recording keeps it."""
    told = f"{seen.path} {json.dumps(dict(seen.headers))}"
    missing = {f"X1.{n}": fakes.verdict("missing", reason=told) for n in range(1, 5)}
    return servers.sends(
        200, {"choices": [{"message": {"content": fakes.reply(missing)}, "finish_reason": told}]}
    )


def graded(folder: Path, *words: str, **environ: str) -> Iterator[str]:
    """All that a batch and its report print, then all that they wrote."""
    write_round(folder / "round.jsonl", 2)
    there = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    there |= {"PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), "GRADE_TRIES": "1", **environ}
    for command in (
        ["batch", "round.jsonl", "--out", "run", "--cassette", "tapes", *words],
        ["report", "run", "--format", "html,json,md,csv,junit,sarif", "--out", "reports"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "grader", *command], cwd=folder, env=there, capture_output=True,
            text=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        yield f"{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        assert (folder / "run" / "grades.jsonl").exists() or done.returncode == 2
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


LITELLM = ("--client", "litellm", "--model", "openai/stub")
CASES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "a key that the server throws back": ((), {"GRADE_API_KEY": CANARY}),
    "the same through litellm": (LITELLM, {"OPENAI_API_KEY": CANARY}),
    "a key in the address": (("--api-base", f"BASE?api-key={QUOTED}"), {}),
    "a user in the address": (("--api-base", f"http://me:{QUOTED}@127.0.0.1/v1"), {}),
    "a user in what is no address": (("--api-base", f"me:{CANARY}@127.0.0.1/v1"), {}),
    "a proxy with a user": (
        ("--api-base", "http://judge.invalid/v1"), {"HTTP_PROXY": f"http://me:{QUOTED}@PLACE", "NO_PROXY": ""}
    ),
    "a proxy with a user, through litellm": (
        ("--api-base", "http://judge.invalid/v1", *LITELLM),
        {"HTTP_PROXY": f"http://me:{QUOTED}@PLACE", "NO_PROXY": ""},
    ),
}  # fmt: skip


@pytest.mark.loopback
@pytest.mark.parametrize("case", CASES)
def test_no_key_is_shown_or_written_wherever_it_came_from(
    case: str, tmp_path: Path, socket_enabled: None
) -> None:
    words, environ = CASES[case]
    with servers.elsewhere(servers.serving(echo)) as server:
        place = server.url.removeprefix("http://")
        own = [one.replace("BASE", server.api_base) for one in words]
        base = [] if "--api-base" in own else ["--api-base", server.api_base]
        known = {name: value.replace("PLACE", place) for name, value in environ.items()}
        everything = list(graded(tmp_path, "--model", "stub", *base, *own, **known))
        for shown in everything:
            assert not [one for one in (CANARY, QUOTED, *PARTS) if one in shown], shown
        assert server.seen or "user" in case, everything


@pytest.mark.loopback
@pytest.mark.parametrize("place", ["GRADE_API_KEY", "litellm", "address", "address in grade.toml"])
def test_no_key_is_kept_from_a_reply_that_throws_it_back(
    place: str, tmp_path: Path, socket_enabled: None
) -> None:
    with servers.elsewhere(servers.serving(echo_in_a_reply)) as server:
        base = server.api_base + (f"?api-key={QUOTED}" if "address" in place else "")
        words = LITELLM if place == "litellm" else ("--model", "stub")
        if place == "address in grade.toml":
            (tmp_path / "grade.toml").write_text(f'api_base = "{base}"\n', encoding="utf-8")
        else:
            words = (*words, "--api-base", base)
        environ = {"GRADE_API_KEY": CANARY, "litellm": CANARY}
        variable = {"litellm": "OPENAI_API_KEY"}.get(place, "GRADE_API_KEY")
        known = {variable: environ[place]} if place in environ else {}
        everything = list(graded(tmp_path, *words, **known))
    assert "2 graded" in everything[0]
    for shown in (one for one in everything if not one.startswith("api_base")):
        assert not [one for one in (CANARY, QUOTED, *PARTS) if one in shown], shown


@pytest.mark.parametrize("lead", [" " * 1990, " " * 19_990, "x\n" * 9_995, " "])
def test_where_a_body_of_megabytes_is_cut_no_half_of_a_key_stands(lead: str) -> None:
    from grader.judges.failures import said_in

    body = lead + CANARY + "y" * 20_000_000
    assert CANARY[:6] not in said_in(body.encode(), (CANARY,))


@pytest.mark.parametrize(
    "name", ["WATSONX_APIKEY", "AZURE_CLIENT_SECRET", "HF_TOKEN", "DB_PASSWORD", "my_key"]
)
def test_a_variable_that_is_called_like_a_secret_is_one(name: str) -> None:
    assert blotted(f"said {CANARY}.", secrets_in({name: CANARY, "HOME": "/home/x"})) == "said ***."


def test_a_long_body_hides_no_half_of_a_key() -> None:
    from grader.errors import JudgeError
    from grader.judges.failures import opened

    with pytest.raises(JudgeError) as raised:
        opened(f"{'x' * 70} {CANARY}".encode(), where="w", model="m", secrets=(CANARY,))
    assert CANARY[:6] not in raised.value.message


def test_the_log_of_a_bug_holds_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("GRADE_API_KEY", CANARY)
    monkeypatch.setattr(sys, "argv", ["grade", "--api-base", f"https://me:{CANARY}@x/v1"])
    path = trouble.write_log(ValueError(f"headers {CANARY}"))
    assert path is not None
    assert not [one for one in (CANARY, *PARTS) if one in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("wrong", [f"me:{CANARY}@h/v1", f"http//me:{CANARY}@h", f"ftp://h?key={CANARY}"])
def test_an_address_that_is_none_is_named_without_what_could_be_a_password(wrong: str) -> None:
    with pytest.raises(InputError, match="is not an address") as raised:
        address(wrong)
    assert not [one for one in PARTS if one in raised.value.message]


def settings(folder: Path, text: str, **environ: str) -> Any:
    (folder / "grade.toml").write_text(text, encoding="utf-8")
    return load({}, cwd=folder, environ=environ)


def test_a_pull_requests_config_sends_no_key_to_an_address_of_its_own(tmp_path: Path) -> None:
    """In CI; elsewhere the file is the user's. Where the workflow names the address, the key goes there."""
    found = settings(tmp_path, 'model = "m"\napi_base = "https://evil.example/v1"')
    keys = {"GRADE_API_KEY": "ours", "OPENAI_API_KEY": "theirs"}
    assert key_for(found, keys) == "ours"
    with pytest.raises(InputError, match=r"GRADE_API_KEY goes to no address that grade.toml names") as raised:
        key_for(found, {**keys, "CI": "true"})
    assert "GRADE_API_BASE" in raised.value.hint
    assert key_for(found, {"OPENAI_API_KEY": "theirs", "CI": "true"}) == ""
    own = load({}, cwd=tmp_path, environ={"GRADE_API_BASE": "https://ours.example/v1"})
    assert (own.api_base, key_for(own, {**keys, "CI": "true"})) == ("https://ours.example/v1", "ours")


@pytest.mark.parametrize(("scheme", "key"), [("https", "theirs"), ("http", "")])
def test_a_config_has_openais_own_key_sent_to_openai_but_not_in_the_clear(
    scheme: str, key: str, tmp_path: Path
) -> None:
    found = settings(tmp_path, f'model = "m"\napi_base = "{scheme}://api.openai.com/v1"')
    assert key_for(found, {"OPENAI_API_KEY": "theirs"}) == key


@pytest.mark.parametrize("name", ["model", "looks", "jury"])
def test_no_models_name_leads_a_providers_key_to_an_address(name: str, tmp_path: Path) -> None:
    """LiteLLM sends HF_TOKEN to huggingface/https://anywhere."""
    with pytest.raises(InputError, match="holds no address"):
        settings(tmp_path, f'{name} = "huggingface/https://evil.example"')


def test_a_config_names_no_variable_that_a_key_is_read_from(tmp_path: Path) -> None:
    for name in ("api_key", "key", "key_variable", "headers"):
        with pytest.raises(InputError, match=re.escape(f"{name} is not a setting")):
            settings(tmp_path, f'{name} = "AWS_SECRET_ACCESS_KEY"')


@pytest.mark.parametrize(
    "line",
    [
        f'model = "https://me:{CANARY}@h/v1"',
        f'api_base = ["https://me:{QUOTED}@h/v1"]',
        f'jury = "a, https://{CANARY}@h"',
        'timeout = "sk-canary-5f0c2a917"',
        f'api_key = "{CANARY}"',
        f'model = "m" "{CANARY}"',
    ],
)
def test_a_config_that_is_refused_is_named_without_the_key_in_it(line: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        settings(tmp_path, line)
    said = f"{raised.value.message} {raised.value.hint}"
    assert not [one for one in (CANARY, QUOTED, "canary", *PARTS) if one in said], said


def test_a_refused_variable_is_named_without_the_key_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        load({}, cwd=tmp_path, environ={"GRADE_MODEL": f"https://me:{CANARY}@h/v1"})
    assert CANARY[:6] not in raised.value.message
