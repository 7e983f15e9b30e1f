"""One process at a time writes a run. The operating system drops the lock of a process that died."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import InputError
from grader.links import unlinked

_FAR = 1 << 30  # Windows locks bytes for reading too: one far behind the process id that the file holds


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The lock on that file; InputError naming the process that holds it."""
    fd = os.open(unlinked(path), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(fd)
        except OSError as error:
            holder = os.read(fd, 100).decode("ascii", "replace").strip()
            raise InputError(
                f"{path.parent}: another process ({holder or 'unknown'}) is writing this run",
                "wait until it is done, stop it, or choose another --out",
            ) from error
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(fd)


if sys.platform == "win32":

    def _lock(fd: int) -> None:
        import msvcrt

        os.lseek(fd, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(fd, 0, os.SEEK_SET)

else:

    def _lock(fd: int) -> None:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
