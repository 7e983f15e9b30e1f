"""The lean client: what it sends, what it makes of replies, and what each failure becomes."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import InputError, JudgeError, Overloaded, TimedOut
from grader.judges import openai_compatible
from grader.types import JudgeReply, JudgeRequest, Usage
from tests import servers

KEY = "secret-key-123456"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("socket_enabled", "_forgetful")]


@pytest.fixture
def _forgetful() -> None:
    openai_compatible.forget()


def request(**changes: object) -> JudgeRequest:
    fields: dict[str, object] = {
        "model": "stub",
        "endpoint": "openai_compatible http://x",
        "messages": ({"role": "user", "content": "说 hello"},),
        "schema": SCHEMA,
        "params": {"temperature": 0, "max_tokens": 50},
    }
    return JudgeRequest(**{**fields, **changes})  # type: ignore[arg-type]


def asked(
    *behaviours: servers.Behaviour, timeout: float = 5.0, times: int = 1, base: str = ""
) -> tuple[list[JudgeReply], list[servers.Seen]]:
    """What the client says to these behaviours, and what the server saw."""

    async def whole() -> tuple[list[JudgeReply], list[servers.Seen]]:
        async with servers.serving(servers.one_after_the_other(behaviours)) as server:
            place = base or server.api_base
            async with openai_compatible.connect(place, "stub", key=KEY, timeout=timeout) as judge:
                return [await judge(request()) for _ in range(times)], server.seen

    return asyncio.run(whole())


def failure(*behaviours: servers.Behaviour, timeout: float = 5.0) -> JudgeError:
    with pytest.raises(JudgeError) as caught:
        asked(*behaviours, timeout=timeout)
    assert KEY not in caught.value.message + caught.value.hint
    return caught.value


def test_a_question_goes_out_as_the_protocol_has_it_and_the_reply_comes_back_with_its_usage() -> None:
    replies, seen = asked(servers.says("yes"))
    assert replies == [JudgeReply(text="yes", stop="stop", usage=Usage(prompt=100, completion=10, cached=64))]
    assert (seen[0].method, seen[0].path) == ("POST", "/v1/chat/completions")
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert seen[0].body == {
        "model": "stub",
        "messages": [{"role": "user", "content": "说 hello"}],
        "temperature": 0,
        "max_tokens": 50,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "verdicts", "strict": True, "schema": SCHEMA},
        },
    }


def test_calls_share_a_connection() -> None:
    connections: set[object] = set()

    def behave(seen: servers.Seen) -> servers.Behaviour:
        async def note(one: servers.Seen, writer: asyncio.StreamWriter) -> None:
            connections.add(writer.get_extra_info("peername"))
            await servers.says("ok")(one, writer)

        return note

    async def whole() -> None:
        async with (
            servers.serving(behave) as server,
            openai_compatible.connect(server.api_base, "stub") as judge,
        ):
            for _ in range(3):
                await judge(request())

    asyncio.run(whole())
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("behaviour", "text", "stop"),
    [
        (servers.says(None), "", "stop"),
        (servers.says(""), "", "stop"),
        (servers.says("cut", stop="length"), "cut", "length"),
        (servers.says("answer", reasoning_content="thoughts"), "answer", "stop"),
        (servers.says(None, refusal="I can't"), "", "refusal"),
        (servers.says([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", "stop"),
        (servers.says(17), "", "stop"),
    ],
)
def test_whatever_stands_for_content_becomes_text_or_no_text(
    behaviour: servers.Behaviour, text: str, stop: str
) -> None:
    replies, _ = asked(behaviour)
    assert (replies[0].text, replies[0].stop) == (text, stop)


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (servers.sends(401, {"error": {"message": f"bad key {KEY}"}}), JudgeError, "refused the key"),
        (servers.sends(403, b"no"), JudgeError, "refused the key"),
        (servers.sends(404, {"error": {"message": "no model"}}), JudgeError, "no such model or address"),
        (servers.sends(402, b""), JudgeError, "no credit is left"),
        (servers.sends(429, {"error": {"code": "insufficient_quota"}}), JudgeError, "no credit is left"),
        (servers.sends(429, b"slow down"), Overloaded, "slow down"),
        (servers.sends(408, b""), TimedOut, "gave up waiting"),
        (servers.sends(500, b"<html>oops</html>"), Overloaded, "failed (500)"),
        (servers.sends(503, {"detail": "warming up"}), Overloaded, "warming up"),
        (servers.sends(302, b"", Location="http://elsewhere.example/"), JudgeError, "redirects elsewhere"),
        (servers.sends(400, {"error": {"message": "context length exceeded"}}), JudgeError, "context length"),
        (servers.sends(200, b"<html>a login page</html>"), JudgeError, "not JSON"),
        (servers.sends(200, b'data: {"choices": []}\n\n'), JudgeError, "a stream"),
        (servers.sends(200, b"[" * 100_000), JudgeError, "not JSON"),
        (servers.sends(200, {}), JudgeError, "without choices"),
        (servers.sends(200, {"choices": []}), JudgeError, "without choices"),
        (servers.sends(200, [1]), JudgeError, "without choices"),
        (servers.sends(200, {"error": {"message": "upstream", "code": 502}}), Overloaded, "upstream"),
        (servers.resets, Overloaded, "broke the connection off"),
        (servers.half_a_reply, Overloaded, "broke the connection off"),
        (servers.raw_bytes(b"\x00\xff not HTTP at all\r\n\r\n", then_close=True), JudgeError, "speak HTTP"),
    ],
)
def test_each_failure_becomes_the_error_that_says_whether_asking_again_helps(
    behaviour: servers.Behaviour, kind: type[JudgeError], words: str
) -> None:
    error = failure(behaviour)
    assert type(error) is kind
    assert words in error.message


def test_a_server_that_hangs_is_not_waited_for_longer_than_the_timeout() -> None:
    assert type(failure(servers.hangs, timeout=0.2)) is TimedOut


def test_a_server_that_drips_is_not_waited_for_longer_than_the_timeout() -> None:
    async def drips(_: servers.Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert type(failure(drips, timeout=0.5)) is TimedOut


def test_a_reply_that_is_small_only_when_packed_is_cut_off() -> None:
    packed = servers.sends(200, gzip.compress(bytes(40_000_000), 1), Content_Encoding="gzip")
    assert "more than 20 MB" in failure(packed).message


def test_a_reply_without_end_is_cut_off() -> None:
    async def floods(_: servers.Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" " * 2**20)
            await writer.drain()

    assert "more than 20 MB" in failure(floods).message


def test_the_seconds_that_a_server_asks_for_are_passed_on() -> None:
    error = failure(servers.sends(429, b"", Retry_After="7"))
    assert isinstance(error, Overloaded)
    assert error.retry_after == 7.0


def test_nobody_listening_is_said_as_such() -> None:
    async def whole() -> None:
        async with openai_compatible.connect("http://127.0.0.1:9/v1", "stub", timeout=2) as judge:
            await judge(request())

    with pytest.raises(JudgeError, match="nothing answers") as caught:
        asyncio.run(whole())
    assert "is the server running" in caught.value.hint


def unreachable(base: str) -> JudgeError:
    async def whole() -> None:
        async with openai_compatible.connect(base, "stub", timeout=5) as judge:
            await judge(request())

    with pytest.raises(JudgeError) as caught:
        asyncio.run(whole())
    assert type(caught.value) is JudgeError
    return caught.value


def test_a_name_that_nobody_has_is_said_as_such() -> None:
    assert "the name of http://nowhere.invalid" in unreachable("http://nowhere.invalid/v1").message


def test_a_proxy_that_fails_is_named_and_this_machine_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    error = unreachable("http://somewhere.invalid/v1")
    assert "the proxy" in error.message
    assert "HTTPS_PROXY" in error.hint
    assert asked(servers.says("yes"))[0][0].text == "yes"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_server_without_a_trusted_certificate_is_not_talked_to(tmp_path: Path) -> None:
    made = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 1"
    subprocess.run(["openssl", *made.split()], cwd=tmp_path, check=True, capture_output=True)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with servers.elsewhere(servers.serving(lambda seen: servers.says("yes"), own)) as server:
        error = unreachable(server.api_base)
        assert server.seen == []
    assert "no trusted TLS connection" in error.message
    assert "SSL_CERT_FILE" in error.hint


def picky(takes: Callable[[dict[str, object]], str]) -> Callable[[servers.Seen], servers.Behaviour]:
    """A server that refuses with the words of `takes` as long as there are some."""

    def behave(seen: servers.Seen) -> servers.Behaviour:
        words = takes(seen.body)
        return servers.sends(400, {"error": {"message": words}}) if words else servers.says("{}")

    return behave


@pytest.mark.parametrize(
    ("refusal", "formats"),
    [
        ("json_schema", ["json_schema", "json_object", "json_object"]),
        ("json", ["json_schema", "json_object", None, None]),
    ],
)
def test_a_schema_that_a_server_refuses_is_asked_for_more_weakly_once_and_for_all(
    refusal: str, formats: list[str | None], caplog: pytest.LogCaptureFixture
) -> None:
    def takes(body: dict[str, object]) -> str:
        wanted = json.dumps(body.get("response_format", ""))
        return "response_format: not supported" if refusal in wanted else ""

    async def whole() -> list[servers.Seen]:
        async with (
            servers.serving(picky(takes)) as server,
            openai_compatible.connect(server.api_base, "stub") as judge,
        ):
            await judge(request())
            await judge(request())
            return server.seen

    seen = asyncio.run(whole())
    assert [one.body.get("response_format", {}).get("type") for one in seen] == formats
    assert "does not take json_schema" in caplog.text


def test_parameters_that_a_model_refuses_are_renamed_or_left_out() -> None:
    def takes(body: dict[str, object]) -> str:
        if "max_tokens" in body:
            return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return "Unsupported value: 'temperature' does not support 0" if "temperature" in body else ""

    async def whole() -> servers.Seen:
        async with (
            servers.serving(picky(takes)) as server,
            openai_compatible.connect(server.api_base, "stub") as judge,
        ):
            await judge(request())
            return server.seen[-1]

    last = asyncio.run(whole()).body
    assert last["max_completion_tokens"] == 50
    assert "temperature" not in last


@pytest.mark.parametrize(
    "base", ["", "127.0.0.1:8000", "ftp://x/v1", "http://", "http://user:pw@x/v1", "http://x:99999"]
)
def test_an_address_that_can_not_be_used_is_refused_with_an_example(base: str) -> None:
    with pytest.raises(InputError) as caught:
        openai_compatible.address(base)
    assert "pw" not in caught.value.message


def test_what_is_recorded_of_an_address_is_its_plain_form() -> None:
    assert openai_compatible.address("http://x:1/v1/?key=abc") == "http://x:1/v1"
    assert openai_compatible.address("http://x:1/v1/chat/completions") == "http://x:1/v1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "error", "usage", "code", "finish_reason", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    JSON,
    st.sampled_from(
        [
            lambda one: one,
            lambda one: {"choices": [one]},
            lambda one: {"choices": [{"message": one}]},
            lambda one: {"choices": [{"message": {"content": one}, "finish_reason": one}], "usage": one},
            lambda one: {"error": one},
            lambda one: {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens_details": one}},
        ]
    ),
)
def test_whatever_json_a_server_sends_is_a_reply_or_a_judge_error(
    one: object, around: Callable[[object], object]
) -> None:
    raw = json.dumps(around(one)).encode()
    try:
        reply = openai_compatible.read_reply(raw, where="w", model="m")
    except JudgeError:
        return
    assert isinstance(reply.text, str)
    assert isinstance(reply.stop, str)
    assert reply.usage.prompt >= 0
