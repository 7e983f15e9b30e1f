"""Which client asks a model, under which name and with whose key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader import config, judges
from grader.config import Choice, Settings
from grader.judges import dialect
from grader.types import JudgeReply, JudgeRequest
from tests import servers


def settings(**changes: object) -> Settings:
    return Settings(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "changes", "endpoint"),
    [
        ("embedded", {}, "embedded"),
        ("embedded", {"api_base": "http://x/v1"}, "embedded"),
        ("gpt-5.4-mini", {}, "litellm"),
        ("ollama_chat/qwen3:8b", {}, "litellm"),
        ("Qwen/Qwen3-8B", {"api_base": "http://x:8000/v1/"}, "openai_compatible http://x:8000/v1"),
        ("openai/m", {"api_base": "http://x/v1"}, "openai_compatible http://x/v1"),
        ("m", {"api_base": "http://x/v1", "client": "litellm"}, "litellm http://x/v1"),
        ("ollama_chat/m", {"api_base": "http://x:11434"}, "litellm http://x:11434"),
    ],
)
def test_the_endpoint_of_a_request_names_client_and_address(
    model: str, changes: Mapping[str, object], endpoint: str
) -> None:
    assert judges.endpoint(settings(**changes), Choice(model=model, why="")) == endpoint


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("openai/m", "m"),
        ("hosted_vllm/openai/gpt-oss-20b", "openai/gpt-oss-20b"),
        ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B"),
        ("m", "m"),
    ],
)
def test_a_prefix_that_means_an_openai_compatible_server_is_not_sent(model: str, sent: str) -> None:
    assert judges.sent_name(model) == sent


def test_a_key_goes_only_where_the_user_sent_it() -> None:
    keys = {"OPENAI_API_KEY": "theirs"}
    named = settings(api_base="http://x/v1", origin={"api_base": "--api-base"})
    found = settings(api_base="http://x/v1", origin={"api_base": "grade.toml"})
    assert judges.key_for(named, keys) == "theirs"
    assert judges.key_for(found, keys) == ""
    assert judges.key_for(found, {**keys, "GRADE_API_KEY": "ours"}) == "ours"


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_judge_with_a_cassette_asks_once_and_opens_nothing_for_what_it_holds(tmp_path: Path) -> None:
    request = JudgeRequest(model="m", endpoint="e", messages=({"role": "user", "content": "x"},))

    async def whole() -> tuple[list[JudgeReply], int]:
        behaviours = [servers.sends(500, b""), servers.says("yes")]
        async with servers.serving(servers.one_after_the_other(behaviours)) as server:
            flags = {"model": "m", "api_base": server.api_base, "cassette": tmp_path}
            chosen = config.load(flags, cwd=Path("/"), environ={})
            replies = []
            for _ in range(2):
                async with judges.connect(chosen, Choice(model="m", why=""), environ={}) as judge:
                    replies.append(await judge(request))
            return replies, len(server.seen)

    replies, calls = asyncio.run(whole())
    assert [(one.text, one.recorded) for one in replies] == [("yes", False), ("yes", True)]
    assert calls == 2  # one that failed and was asked again, one that was kept


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("mode", ["auto", "record"])
def test_the_same_request_twice_in_flight_is_asked_once_with_a_cassette(tmp_path: Path, mode: str) -> None:
    request = JudgeRequest(model="m", endpoint="e", messages=({"role": "user", "content": "x"},))

    async def whole() -> tuple[list[bool], int]:
        async with servers.serving(lambda _: servers.says("yes")) as server:
            flags = {"model": "m", "api_base": server.api_base, "cassette": tmp_path, "mode": mode}
            chosen = config.load(flags, cwd=Path("/"), environ={})
            async with judges.connect(chosen, Choice(model="m", why=""), environ={}) as judge:
                replies = await asyncio.gather(*(judge(request) for _ in range(3)))
            return [one.recorded for one in replies], len(server.seen)

    assert asyncio.run(whole()) == ([False, True, True], 1)


def test_a_refusal_that_comes_late_undoes_nothing_that_was_learnt(caplog: pytest.LogCaptureFixture) -> None:
    asked = JudgeRequest(model="m", endpoint="e", schema={"type": "object"})
    first = dialect.known("late", dialect.Dialect())
    for before in (first, dialect.Dialect(schema="json_object"), first):
        assert dialect.learnt("late", before, asked, 400, "no such response_format", "there")
    assert dialect.known("late", first).schema == "none"
    assert len(caplog.records) == 2
