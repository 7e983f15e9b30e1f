"""Chats with the embedded model: llama.cpp's own server code in this process, without HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from grader.errors import JudgeError
from grader.types import JudgeReply, JudgeRequest, Usage

ROOMS = (4_096, 8_192, 16_384)
_CONTROL = re.compile(r"<(?=\|)")


class Chat:
    """A server of one slot; its context is as large as the largest request so far needed."""

    def __init__(self, weights: Path, threads: int) -> None:
        self._weights, self._threads = weights, threads
        self._room = 0
        self._server: Any = None

    def reply(self, request: JudgeRequest) -> JudgeReply:
        """JudgeError when the request is longer than the model is given room for, or the model fails."""
        self._make_room(room(request))
        said = self._server.handle_chat_completions(body(request))
        return parsed(said if isinstance(said, dict) else json.loads(said))

    def _make_room(self, tokens: int) -> None:
        if tokens <= self._room:
            return
        import xllamacpp

        self._server = None  # or both would lie in memory while the new one loads
        params = xllamacpp.CommonParams()
        params.model.path = str(self._weights)
        params.n_ctx, params.n_gpu_layers, params.n_parallel = tokens, 0, 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.warmup, params.verbosity = False, -1
        self._server, self._room = xllamacpp.Server(params), tokens


def room(request: JudgeRequest) -> int:
    """The context that a request needs, two bytes a token; the largest one where even that is too small."""
    words = sum(len(one["content"].encode("utf-8", "replace")) for one in request.messages)
    tokens = words // 2 + int(request.params.get("max_tokens", 1024))
    return next((size for size in ROOMS if tokens <= size), ROOMS[-1])


def body(request: JudgeRequest) -> dict[str, Any]:
    """The request as the server takes it. No message can hold a control token of the chat template."""
    messages = [{**one, "content": _CONTROL.sub("＜", one["content"])} for one in request.messages]
    asked: dict[str, Any] = {"messages": messages, **request.params}
    if request.schema is not None:
        asked["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": dict(request.schema)},
        }
    return asked


def parsed(said: dict[str, Any]) -> JudgeReply:
    """The server's words as a reply; JudgeError for an error of its."""
    if "choices" not in said:
        error = said.get("error", said)
        message = error.get("message", error) if isinstance(error, dict) else error
        raise JudgeError(f"the embedded model gave no reply: {message}", "choose another judge with --model")
    [choice] = said["choices"]
    usage = said.get("usage", {})
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return JudgeReply(
        text=choice["message"].get("content") or "",
        stop=choice.get("finish_reason") or "",
        usage=Usage(
            prompt=usage.get("prompt_tokens", 0),
            completion=usage.get("completion_tokens", 0),
            cached=cached,
            cost_usd=0.0,
        ),
    )
