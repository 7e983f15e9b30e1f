"""Ctrl-C in a batch: the first finishes what is in flight, the second ends at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grader.cli.console import note
from grader.engines.local import Stop
from grader.report.words import counted

INTERRUPTED = "interrupted"


@contextmanager
def listening(stop: Stop, flying: Callable[[], int]) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `stop`. Works where the loop can't watch signals (Windows) too."""
    loop, main = asyncio.get_running_loop(), asyncio.current_task()

    def asked() -> None:
        if stop.why == INTERRUPTED and main is not None:
            main.cancel()
            return
        stop.why = INTERRUPTED
        note(f"finishing and writing {counted(flying(), 'call')} in flight; Ctrl-C again ends at once")

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked))
        except ValueError:  # not in the main thread: whoever runs us there owns its signals
            continue
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
