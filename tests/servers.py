"""A server of ours that speaks OpenAI's chat protocol, well or badly, as each request is told to."""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

Behaviour = Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Server:
    """Where it listens and what it saw."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)

    @property
    def api_base(self) -> str:
        return f"{self.url}/v1"


@asynccontextmanager
async def serving(
    behave: Callable[[Seen], Behaviour], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A server on a free port of this machine; `behave` chooses the behaviour for each request."""
    known = Server()
    open_writers: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            while (one := await _request(reader)) is not None and not writer.is_closing():
                known.seen.append(one)
                await behave(one)(one, writer)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    known.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield known
    finally:
        server.close()
        for writer in tuple(open_writers):
            writer.transport.abort()
        await asyncio.sleep(0)


@contextmanager
def elsewhere(server: AbstractAsyncContextManager[Server]) -> Iterator[Server]:
    """The server in a thread of its own, for clients that block their loop or run in another process."""
    ready: Future[Server] = Future()
    stop = threading.Event()

    async def whole() -> None:
        async with server as known:
            ready.set_result(known)
            while not stop.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(whole()), daemon=True)
    thread.start()
    try:
        yield ready.result(timeout=10)
    finally:
        stop.set()
        thread.join(timeout=10)


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, path, _ = head[0].split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:] if one)
    }
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, json.loads(raw) if raw else None)


def one_after_the_other(behaviours: Iterable[Behaviour]) -> Callable[[Seen], Behaviour]:
    """Each request gets the next behaviour, the last one again and again."""
    waiting = list(behaviours)
    return lambda seen: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def body(content: object, *, stop: str = "stop", **message: Any) -> dict[str, Any]:
    """A whole chat completion around `content`."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "stub",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **message},
                "finish_reason": stop,
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 10,
            "total_tokens": 110,
            "prompt_tokens_details": {"cached_tokens": 64},
        },
    }


def says(content: object, **more: Any) -> Behaviour:
    """A proper reply."""
    return sends(200, body(content, **more))


def sends(status: int, whole: object, **headers: str) -> Behaviour:
    """Any status with a body: bytes as they are, else as JSON."""
    raw = whole if isinstance(whole, bytes) else json.dumps(whole).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return raw_bytes(head.encode() + b"\r\n" + raw)


def raw_bytes(raw: bytes, *, then_close: bool = False) -> Behaviour:
    """These bytes and nothing else."""

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if then_close:
            writer.close()

    return behave


async def resets(_: Seen, writer: asyncio.StreamWriter) -> None:
    """The connection is reset in the middle of it."""
    import socket

    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def hangs(_: Seen, writer: asyncio.StreamWriter) -> None:
    """No answer, ever."""
    await asyncio.sleep(3600)


async def half_a_reply(_: Seen, writer: asyncio.StreamWriter) -> None:
    """The body ends before its announced length."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b'{"choices": [')
    writer.close()
