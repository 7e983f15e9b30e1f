"""A model that is none: one small HTTP server with one verdict rule for every tool that is measured.

    python benchmarks/stub.py --latency 0.05 [--bench DIR] [--faults 0.2 --log FILE --seed 1]

A point is covered when half of its words (of four letters or more) stand in the answer. Prompts of this
project are answered here; those of other tools by `stub.py` in --bench, whose rule is the same. The port is
printed. GET /stats counts requests; --faults is the share that goes wrong, --log gets a line for each.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib.util
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER = re.compile(r"<answer-(\w+)>\n?(.*?)\n?</answer-\1>", re.DOTALL)
FAULTS = ("429", "429 with Retry-After", "500", "reset", "hang", "bad JSON", "truncation")
REASONS = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error"}


def words(text: str) -> set[str]:
    """Words of four letters or more; of Chinese text each character."""
    return set(re.findall(r"[A-Za-z0-9_]{4,}|[\u4e00-\u9fff]", text.lower()))


def covered(point: str, answer: str) -> bool:
    """The verdict rule."""
    wanted = words(point)
    return bool(wanted) and len(wanted & words(answer)) * 2 >= len(wanted)


def own_reply(body: dict[str, Any]) -> str | None:
    """The reply in this project's schema, None for another tool's prompt."""
    user = next((one["content"] for one in body.get("messages", []) if one["role"] == "user"), "")
    found = ANSWER.search(user) if isinstance(user, str) else None
    shape = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    if found is None or "required" not in shape:
        return None
    verdicts = {}
    quote = found[2].strip()[:40].partition("\n")[0]
    for identifier in shape["required"]:
        point = re.search(rf"^{re.escape(identifier)} (.*)$", user, re.MULTILINE)
        yes = covered(point[1] if point else "", found[2])
        verdicts[identifier] = {
            "reason": "stub", "quotes": [quote] if yes else [], "coverage": "covered" if yes else "missing",
            "contradicted": False,
        }  # fmt: skip
    return json.dumps(verdicts, ensure_ascii=False)


class Stub:
    """Counts and faults of one server."""

    def __init__(self, options: argparse.Namespace, others: Callable[[dict[str, Any]], str] | None) -> None:
        self.options = options
        self.others = others
        self.random = random.Random(options.seed)
        self.log = options.log.open("a", encoding="utf-8", buffering=1) if options.log else None
        self.reset()

    def reset(self) -> None:
        self.stats = {
            "requests": 0,
            "prompt_chars": 0,
            "response_chars": 0,
            "inflight": 0,
            "peak": 0,
            "served": 0,
        }
        self.faults = dict.fromkeys(FAULTS, 0)

    def fault(self) -> str:
        """Which fault this request has, "" for none."""
        return self.random.choice(FAULTS) if self.random.random() < self.options.faults else ""

    def text(self, body: dict[str, Any]) -> str:
        own = own_reply(body)
        if own is None:
            own = self.others(body) if self.others else "{}"
        self.stats["response_chars"] += len(own)
        return own

    def note(self, body: dict[str, Any], status: int, fault: str) -> None:
        """A line in the log: what was asked, and what it got."""
        if self.log:
            mark = hashlib.sha256(json.dumps(body.get("messages"), sort_keys=True).encode()).hexdigest()[:16]
            self.log.write(
                json.dumps({"t": time.time(), "request": mark, "status": status, "fault": fault}) + "\n"
            )


class Connection(asyncio.Protocol):
    """HTTP/1.1, one request after the other on a kept connection."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.buffer = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).decode("latin-1")
            length = re.search(r"(?im)^content-length:\s*(\d+)", head)
            size = int(length[1]) if length else 0
            if len(self.buffer) < end + 4 + size:
                return
            raw = bytes(self.buffer[end + 4 : end + 4 + size])
            del self.buffer[: end + 4 + size]
            self.answer(head, raw)

    def answer(self, head: str, raw: bytes) -> None:
        method, path, _ = head.split(" ", 2)
        stats = self.stub.stats
        if method == "GET":
            if path == "/reset":
                self.stub.reset()
            shape = (
                {"data": [{"id": "stub"}]}
                if path.endswith("/models")
                else {**stats, "faults": self.stub.faults}
            )
            self.send(200, json.dumps(shape).encode())
            return
        body = json.loads(raw)
        stats["requests"] += 1
        stats["inflight"] += 1
        stats["peak"] = max(stats["peak"], stats["inflight"])
        asyncio.get_running_loop().call_later(self.stub.options.latency, self.reply, body)

    def reply(self, body: dict[str, Any]) -> None:
        stub, fault = self.stub, self.stub.fault()
        stub.stats["inflight"] -= 1
        if self.transport.is_closing():
            stub.note(body, 0, "client gone")
            return
        if fault:
            stub.faults[fault] += 1
        if fault in ("429", "429 with Retry-After", "500"):
            status = int(fault[:3])
            extra = "Retry-After: 0.3\r\n" if "Retry" in fault else ""
            stub.note(body, status, fault)
            self.send(status, b'{"error": {"message": "stub"}}', extra)
        elif fault == "reset":
            stub.note(body, 0, fault)
            self.transport.abort()
        elif fault == "hang":
            stub.note(body, 0, fault)
        else:
            self.serve(body, fault)

    def serve(self, body: dict[str, Any], fault: str) -> None:
        chars = sum(_length(one.get("content")) for one in body.get("messages", []))
        self.stub.stats["prompt_chars"] += chars
        text, stop = self.stub.text(body), "stop"
        if fault == "bad JSON":
            text = "Here is my verdict: {" + text[2:]
        elif fault == "truncation":
            text, stop = text[: len(text) // 2], "length"
        self.stub.stats["served"] += 1
        self.stub.note(body, 200, fault)
        message = {"role": "assistant", "content": text}
        whole = {
            "id": "stub",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body.get("model", "stub"),
            "choices": [{"index": 0, "message": message, "finish_reason": stop}],
            "usage": {"prompt_tokens": chars // 4, "completion_tokens": len(text) // 4, "total_tokens": 0},
        }
        self.send(200, json.dumps(whole).encode())

    def send(self, status: int, body: bytes, extra: str = "") -> None:
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n{extra}"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def _length(content: object) -> int:
    if isinstance(content, list):
        return sum(len(one.get("text", "")) for one in content)
    return len(content) if isinstance(content, str) else 0


def other_tools(folder: Path | None) -> Callable[[dict[str, Any]], str] | None:
    """`reply_text` of the stub in that folder."""
    if folder is None:
        return None
    spec = importlib.util.spec_from_file_location("other_stub", folder / "stub.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.CFG.update(verdict="auto")
    return module.reply_text  # type: ignore[no-any-return]


@contextmanager
def started(*options: object) -> Iterator[str]:
    """The stub in a process of its own; its address."""
    command = [sys.executable, __file__, *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()
            process.wait()


async def serve(options: argparse.Namespace) -> None:
    stub = Stub(options, other_tools(options.bench))
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(stub), "127.0.0.1", options.port, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(serve(parser.parse_args(argv)))


if __name__ == "__main__":
    main(sys.argv[1:])
