"""What is found without being named, over real HTTP to a shim of Ollama."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from grader.judges import discovery
from tests import ollama_shim, servers

T = TypeVar("T")
loopback = [pytest.mark.loopback, pytest.mark.usefixtures("socket_enabled")]


def beside(models: Sequence[Mapping[str, Any]], look: Callable[[Mapping[str, str]], T]) -> T:
    """What `look` finds while an Ollama with these models runs."""

    async def whole() -> T:
        async with ollama_shim.ollama(lambda body: "", models) as server:
            return await asyncio.to_thread(look, {"OLLAMA_HOST": server.url})

    return asyncio.run(whole())


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("models", "found"),
    [
        ([("small:1b", 1, ["completion"]), ("large:8b", 8, ["completion", "tools"])], "large:8b"),
        ([("b", 5, ["completion"]), ("a", 5, ["completion"])], "a"),
        ([("large", 9, ["embedding"]), ("small", 1, ["completion"])], "small"),
        ([("nomic-embed-text", 9, ["completion"])], None),
        ([("gpt-oss:120b-cloud", 9, ["completion"])], None),
    ],
)
def test_the_largest_model_that_can_chat_on_this_machine_is_found(
    models: list[tuple[str, int, list[str]]], found: str | None
) -> None:
    shown = [ollama_shim.model(name, size, can) for name, size, can in models]
    assert beside(shown, discovery.ollama_model) == (found and f"ollama_chat/{found}")


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_its_version_is_told() -> None:
    assert beside([], discovery.ollama_version) == "0.13.0"


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    "behaviour",
    [
        servers.sends(404, b"404 page not found"),
        servers.sends(200, b"<html>"),
        servers.sends(200, {"models": None}),
        servers.sends(200, {"models": [17]}),
        servers.sends(200, []),
        servers.resets,
        servers.hangs,
        servers.raw_bytes(b"\x00\x01 nonsense\r\n\r\n", then_close=True),
    ],
)
def test_whatever_else_answers_at_its_port_is_no_ollama(behaviour: servers.Behaviour) -> None:
    async def whole() -> str | None:
        async with servers.serving(lambda seen: behaviour) as server:
            return await asyncio.to_thread(discovery.ollama_model, {"OLLAMA_HOST": server.url})

    assert asyncio.run(whole()) is None


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_nobody_there_is_no_ollama() -> None:
    assert discovery.ollama_model({"OLLAMA_HOST": "127.0.0.1:9"}) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("box.local", "http://box.local:11434"),
        ("https://box.example", "https://box.example:443"),
        ("http://box.example:1", "http://box.example:1"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("host:nonsense", "http://host:11434"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(host: str, address: str) -> None:
    assert discovery.ollama_address({"OLLAMA_HOST": host}) == address
