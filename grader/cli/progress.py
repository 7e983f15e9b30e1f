"""How far a batch is: a bar on a terminal, a line now and then elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from grader.cli.console import note

EVERY = 5.0


class Progress:
    """Counts; `shown` draws it. `retried` hears of tries that are repeated."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.count = 0
        self.cost: float | None = None
        self.repeated = 0
        self.trouble = ""
        self.started = time.monotonic()

    def retried(self, error: Exception) -> None:
        """A try failed and is repeated."""
        self.repeated += 1
        self.trouble = str(error)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / max(1e-9, time.monotonic() - self.started)

    def left(self) -> str:
        """Time left as 1:02:03, or ?."""
        if not self.count:
            return "?"
        return clock((self.total - self.count) / self.rate)

    def line(self) -> str:
        """`120/2000 (6 %), 32.1/s, 0.0123 USD, 0:59 left, 3 tries repeated`."""
        percent = 100 * self.count // max(1, self.total)
        parts = [f"{self.count}/{self.total} ({percent} %)", f"{self.rate:.1f}/s"]
        if self.cost is not None:
            parts.append(f"{self.cost:.4f} USD")
        parts.append(f"{self.left()} left")
        if self.repeated:
            parts.append(f"{self.repeated} tries repeated")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as 0:59 or 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


class _Lines:
    """A plain line at most every few seconds."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.next = time.monotonic() + EVERY

    def tick(self) -> None:
        now = time.monotonic()
        if now >= self.next:
            self.next = now + EVERY
            note(self.progress.line())


class _Bar:
    """A bar that rich redraws ten times a second."""

    def __init__(self, progress: Progress) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Rich

        self.progress = progress
        console = Console(file=sys.stderr, highlight=False, emoji=False)
        columns = (BarColumn(bar_width=None), TextColumn("{task.fields[words]}", markup=False))
        self.rich = Rich(*columns, console=console, transient=True)
        self.task = self.rich.add_task("", total=max(1, progress.total), words=progress.line())
        self.rich.start()
        self.next = 0.0

    def tick(self) -> None:
        now = time.monotonic()
        if now >= self.next:
            self.next = now + 0.1
            self.rich.update(self.task, completed=self.progress.count, words=self.progress.line())


@contextmanager
def shown(progress: Progress) -> Iterator[_Lines | _Bar]:
    """Draws `progress`; call `tick` when it has changed."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _Lines(progress)
        return
    bar = _Bar(progress)
    try:
        yield bar
    finally:
        bar.rich.stop()
