"""What a fetch shows on stderr: a bar on a terminal, else a line each tenth."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown(size: int) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """A function to tell how many of `size` bytes are here, and one for a line of words."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if not console.is_terminal:
        yield _lines(size), lambda line: print(line, file=sys.stderr, flush=True)  # noqa: T201 - stderr
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=size, visible=False)
        yield lambda here: bar.update(task, completed=here, visible=True), console.print


def _lines(size: int) -> Callable[[int], None]:
    said = 0

    def tell(here: int) -> None:
        nonlocal said
        tenth = here * 10 // size
        if tenth > said:
            said = tenth
            print(f"  {tenth * 10} % of {size / 1e9:.2f} GB", file=sys.stderr, flush=True)  # noqa: T201 - stderr

    return tell
