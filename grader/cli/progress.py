"""How far a batch is: a bar on a terminal, a line now and then elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from grader.cli.console import note
from grader.report.words import counted

EVERY = 5.0


@dataclass
class Progress:
    """Counts; `shown` draws it. `retried` hears of tries that are repeated."""

    total: int
    count: int = 0
    cost: float | None = None
    repeated: int = 0
    trouble: str = ""
    started: float = field(default_factory=time.monotonic)

    def retried(self, error: Exception) -> None:
        """A try failed and is repeated."""
        self.repeated += 1
        self.trouble = str(error)

    def line(self) -> str:
        """`120/2000 (6 %), 32.1/s, 0.0123 USD, 0:59 left, 3 tries repeated`."""
        rate = self.count / max(1e-9, time.monotonic() - self.started)
        left = clock((self.total - self.count) / rate) if self.count else "?"
        cost = "" if self.cost is None else f", {self.cost:.4f} USD"
        repeated = f", {counted(self.repeated, 'try', 'tries')} repeated" if self.repeated else ""
        percent = 100 * self.count // max(1, self.total)
        return f"{self.count}/{self.total} ({percent} %), {rate:.1f}/s{cost}, {left} left{repeated}"


def clock(seconds: float) -> str:
    """Seconds as 0:59 or 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


@contextmanager
def shown(progress: Progress) -> Iterator[Callable[[], None]]:
    """Draws `progress`; call what it gives when it has changed, as often as you like."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _at_most(EVERY, lambda: note(progress.line()), time.monotonic() + EVERY)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Rich

    console = Console(file=sys.stderr, highlight=False, emoji=False)
    columns = (BarColumn(bar_width=None), TextColumn("{task.fields[words]}", markup=False))
    with Rich(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=max(1, progress.total), words=progress.line())
        yield _at_most(0.1, lambda: bar.update(task, completed=progress.count, words=progress.line()), 0.0)


def _at_most(every: float, draw: Callable[[], None], first: float) -> Callable[[], None]:
    """Draws again when so many seconds have gone by, from the time `first` on."""

    def tick() -> None:
        nonlocal first
        if (now := time.monotonic()) >= first:
            first = now + every
            draw()

    return tick
