"""LiteLLM behind our seam: real HTTP to servers of ours, its exceptions in our words, and silence."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader import config, judges
from grader.errors import InputError, JudgeError, Overloaded, TimedOut
from grader.judges import litellm
from grader.types import JudgeReply, JudgeRequest
from tests import ollama_shim, servers

KEY = "sk-test-abcdefgh12345678"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
pytestmark = [
    pytest.mark.loopback,
    pytest.mark.usefixtures("socket_enabled"),
    # The clients that LiteLLM keeps are closed late.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def request(**changes: object) -> JudgeRequest:
    fields: dict[str, object] = {
        "model": "stub",
        "endpoint": "litellm",
        "messages": ({"role": "user", "content": "说 hello"},),
        "schema": SCHEMA,
        "params": {"temperature": 0, "max_tokens": 50, "seed": 3},
    }
    return JudgeRequest(**{**fields, **changes})  # type: ignore[arg-type]


def asked(
    *behaviours: servers.Behaviour, model: str = "openai/gpt-5.4-mini", timeout: float = 10.0
) -> tuple[JudgeReply, list[servers.Seen]]:
    async def whole() -> tuple[JudgeReply, list[servers.Seen]]:
        async with (
            servers.serving(servers.one_after_the_other(behaviours)) as server,
            litellm.connect(model, api_base=server.api_base, key=KEY, timeout=timeout) as judge,
        ):
            return await judge(request()), server.seen

    return asyncio.run(whole())


def failure(*behaviours: servers.Behaviour, timeout: float = 10.0) -> JudgeError:
    with pytest.raises(JudgeError) as caught:
        asked(*behaviours, timeout=timeout)
    assert KEY not in caught.value.message + caught.value.hint
    return caught.value


def test_a_provider_is_asked_with_the_schema_and_the_reply_has_its_usage_and_its_price() -> None:
    reply, seen = asked(servers.says("yes"))
    assert (reply.text, reply.stop) == ("yes", "stop")
    assert (reply.usage.prompt, reply.usage.completion, reply.usage.cached) == (100, 10, 64)
    assert reply.usage.cost_usd is not None
    assert 0 < reply.usage.cost_usd < 0.001
    assert seen[0].body["model"] == "gpt-5.4-mini"
    assert seen[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (
            servers.sends(401, {"error": {"message": f"Incorrect API key: {KEY}"}}),
            JudgeError,
            "refused the key",
        ),
        (servers.sends(404, {"error": {"message": "no model"}}), JudgeError, "no such model"),
        (servers.sends(429, {"error": {"message": "slow"}}), Overloaded, "slow down"),
        (servers.sends(500, {"error": {"message": "oops"}}), Overloaded, "failed"),
        (servers.sends(503, {"error": {"message": "oops"}}), Overloaded, "failed"),
        (servers.sends(400, {"error": {"message": "too long a context"}}), JudgeError, "too long a context"),
        (servers.resets, Overloaded, ""),
    ],
)
def test_its_exceptions_become_ours(behaviour: servers.Behaviour, kind: type[JudgeError], words: str) -> None:
    error = failure(behaviour)
    assert type(error) is kind, error.message
    assert words in error.message


def test_it_asks_once_however_it_fails() -> None:
    counted: list[servers.Seen] = []

    def behave(seen: servers.Seen) -> servers.Behaviour:
        counted.append(seen)
        return servers.sends(500, {"error": {"message": "oops"}})

    async def whole() -> None:
        async with (
            servers.serving(behave) as server,
            litellm.connect("openai/x", api_base=server.api_base, key=KEY) as judge,
        ):
            await judge(request())

    with pytest.raises(Overloaded):
        asyncio.run(whole())
    assert len(counted) == 1


def test_a_server_that_hangs_times_out() -> None:
    assert type(failure(servers.hangs, timeout=0.5)) is TimedOut


def test_a_server_that_drips_a_byte_now_and_then_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM's timeout is one between two bytes."""

    async def drips(_: servers.Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.1)

    monkeypatch.setattr(litellm, "PATIENCE", 0.5)
    assert type(failure(drips, timeout=1.0)) is TimedOut


@pytest.mark.parametrize("model", ["openai/x", "gemini/x", "anthropic/x"])
def test_a_redirect_gets_neither_the_key_nor_the_answer(model: str) -> None:
    async def whole() -> None:
        async with (
            servers.serving(lambda _: servers.says("{}")) as stranger,
            servers.serving(lambda _: servers.sends(307, {}, Location=f"{stranger.url}/v1")) as server,
            litellm.connect(model, api_base=server.api_base, key=KEY) as judge,
        ):
            with pytest.raises(JudgeError, match="redirects elsewhere") as caught:
                await judge(request())
            assert (type(caught.value), stranger.seen, len(server.seen)) == (JudgeError, [], 1)

    asyncio.run(whole())


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("model", ["openai/x", "gemini/x"])
def test_a_reply_without_end_is_cut_off_also_when_it_is_packed(model: str, packed: bool) -> None:
    body = gzip.compress(bytes(300_000_000), 1) if packed else bytes(25_000_000)
    more = {"Content_Encoding": "gzip"} if packed else {}
    with pytest.raises(JudgeError, match="sent more than a reply can be"):
        asked(servers.sends(200, body, **more), model=model)


def test_the_next_judge_in_the_same_loop_gets_no_closed_client() -> None:
    async def whole() -> list[str]:
        texts = []
        async with servers.serving(lambda _: servers.says("{}")) as server:
            for _ in range(2):
                async with litellm.connect("openai/x", api_base=server.api_base, key=KEY) as judge:
                    texts.append((await judge(request())).text)
        return texts

    assert asyncio.run(whole()) == ["{}", "{}"]


def test_the_guard_stands_before_litellms_transport_once_however_many_connect() -> None:
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport as Transport

    async def connected() -> object:
        async with litellm.connect("openai/x", key=KEY):
            return vars(Transport)["handle_async_request"]

    guards = {asyncio.run(connected()) for _ in range(5)}
    assert len(guards) == 1
    assert getattr(guards.pop(), "__module__", "") == "grader.judges.litellm_replies"


def test_retry_after_is_heard() -> None:
    error = failure(servers.sends(429, {"error": {"message": "slow"}}, Retry_After="7"))
    assert isinstance(error, Overloaded)
    assert error.retry_after == 7.0


def test_nobody_listening_is_said_as_such_and_not_retried() -> None:
    async def whole() -> None:
        async with litellm.connect("openai/x", api_base="http://127.0.0.1:9/v1", key=KEY) as judge:
            await judge(request())

    with pytest.raises(JudgeError, match="nothing answers") as caught:
        asyncio.run(whole())
    assert type(caught.value) is JudgeError


def test_a_name_that_no_provider_goes_by_is_refused_with_examples() -> None:
    async def whole() -> None:
        async with litellm.connect("nonsense-model"):
            pass

    with pytest.raises(InputError, match="no provider is known"):
        asyncio.run(whole())


def test_it_says_nothing_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    failure(servers.sends(500, {"error": {"message": "oops"}}))
    asked(servers.says("yes"))
    assert capfd.readouterr() == ("", "")


def through_ollama(model: str, answer: ollama_shim.Answer) -> tuple[JudgeReply, list[servers.Seen]]:
    """A reply through the whole of judges.connect, as the command line makes it."""

    async def whole(environ: Mapping[str, str]) -> JudgeReply:
        settings = config.load({"model": model}, cwd=Path("/"), environ=environ)
        choice = config.choose_model(settings, environ)
        async with judges.connect(settings, choice, environ=environ) as judge:
            return await judge(request())

    with servers.elsewhere(
        ollama_shim.ollama(answer)
    ) as server:  # litellm asks /api/show and blocks its loop
        reply = asyncio.run(whole({"OLLAMA_HOST": server.url.removeprefix("http://")}))
    return reply, server.seen


def test_ollama_gets_the_schema_as_its_format_and_room_for_the_whole_prompt() -> None:
    bodies: list[Mapping[str, Any]] = []

    def answer(body: Mapping[str, Any]) -> str:
        bodies.append(body)
        return '{"a": "你好"}'

    reply, _ = through_ollama("ollama_chat/judge", answer)
    assert json.loads(reply.text) == {"a": "你好"}
    assert reply.stop == "stop"
    assert reply.usage.prompt > 0
    assert reply.usage.cost_usd in (0.0, None)
    body = bodies[0]
    assert body["format"] == SCHEMA
    assert body["stream"] is False
    assert body["options"]["num_ctx"] >= 8192
    assert (body["options"]["temperature"], body["options"]["seed"], body["options"]["num_predict"]) == (
        0,
        3,
        50,
    )


def test_a_long_answer_is_not_silently_cut_off_by_ollamas_context() -> None:
    long = ({"role": "user", "content": "长" * 9000},)
    assert litellm._context("ollama_chat/x", request(messages=long))["num_ctx"] == 16384
    assert litellm._context("openai/x", request(messages=long)) == {}


def test_a_model_that_ollama_does_not_have_is_said_as_such() -> None:
    with pytest.raises(JudgeError, match="not found"):
        through_ollama("ollama_chat/other", lambda body: "")


GARBAGE = (
    {"usage": {"prompt_tokens": 10**400, "completion_tokens": 1, "total_tokens": 1}},
    {"usage": {"prompt_tokens": -5, "completion_tokens": True, "total_tokens": 1}},
    {"usage": "x"},
    {"choices": "x"},
    {"choices": [{"message": 1}]},
    {"choices": [{"message": {"content": 5}}]},
    {"model": 5, "id": [], "created": "x"},
)


@pytest.mark.parametrize("changes", GARBAGE, ids=str)
def test_whatever_a_provider_sends_is_a_reply_of_known_types_or_a_judge_error(
    changes: Mapping[str, Any],
) -> None:
    """A count of tokens beyond any float ended in a trace."""
    try:
        reply, _ = asked(servers.sends(200, {**servers.body("{}"), **changes}))
    except JudgeError:
        return
    assert isinstance(reply.stop, str)
    assert isinstance(reply.text, str)
    assert 0 <= reply.usage.prompt < 2**53
