"""Ollama's API as far as it is used (version, tags, show, chat) in front of a callable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests import servers

Answer = Callable[[Mapping[str, Any]], str]
"""The body of a chat request -> the text of the reply."""


def model(
    name: str, size: int = 10**9, capabilities: Sequence[str] = ("completion",), **more: Any
) -> dict[str, Any]:
    """A model as /api/tags lists it; `capabilities` are what /api/show says of it."""
    details = {"format": "gguf", "family": "qwen2", "parameter_size": "1.5B", "quantization_level": "Q4_K_M"}
    return {
        "name": name,
        "model": name,
        "size": size,
        "digest": "0" * 64,
        "details": details,
        "capabilities": list(capabilities),
        **more,
    }


@asynccontextmanager
async def ollama(answer: Answer, models: Sequence[Mapping[str, Any]] = ()) -> AsyncIterator[servers.Server]:
    """The shim on a free port. `answer` runs in a thread, so that it may be a slow model."""
    held = {one["name"]: one for one in (models or (model("judge:latest"),))}

    def behave(seen: servers.Seen) -> servers.Behaviour:
        if seen.path == "/api/version":
            return servers.sends(200, {"version": "0.13.0"})
        if seen.path == "/api/tags":
            hidden = ("capabilities",)
            listed = [{k: v for k, v in one.items() if k not in hidden} for one in held.values()]
            return servers.sends(200, {"models": listed})
        name = (seen.body or {}).get("model", "")
        if name not in held and f"{name}:latest" in held:
            name += ":latest"
        if name not in held:
            return servers.sends(404, {"error": f"model '{name}' not found"})
        if seen.path == "/api/show":
            known = {
                "capabilities": held[name]["capabilities"],
                "details": held[name]["details"],
                "model_info": {},
            }
            return servers.sends(200, known)
        return _chats(answer) if seen.path == "/api/chat" else servers.sends(404, b"404 page not found")

    async with servers.serving(behave) as server:
        yield server


def _chats(answer: Answer) -> servers.Behaviour:
    async def behave(seen: servers.Seen, writer: asyncio.StreamWriter) -> None:
        text = await asyncio.to_thread(answer, seen.body)
        whole = {
            "model": seen.body["model"],
            "created_at": "2026-11-23T00:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": "stop",
            "total_duration": 1,
            "prompt_eval_count": len(json.dumps(seen.body["messages"])) // 4,
            "eval_count": max(1, len(text) // 4),
        }
        await servers.sends(200, whole)(seen, writer)

    return behave
