"""A file of JSON lines that is only appended to and survives being cut off anywhere."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.errors import InputError
from grader.links import unlinked

CHUNK = 1 << 20
LONGEST = 1 << 26
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Journal:
    """Open for appending. A line is with the operating system when `append` returns, so that killing the
    process loses none; `sync` puts it on the disk, so that a power cut doesn't either."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; a torn last line is cut off, `dropped` says how many bytes."""
        self.path = path
        self.dropped = _cut_torn_line(path)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags, 0o644)
        self.size = os.fstat(self._fd).st_size
        self._dirty = False

    def append(self, shape: dict[str, Any]) -> int:
        """Write one line; where it begins. OSError when the disk is full, with nothing half written left."""
        line = _written(shape).encode("utf-8", "surrogatepass")
        start, rest = self.size, memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            os.ftruncate(self._fd, start)
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        self.size = start + len(line) + 1
        self._dirty = True
        return start

    def line_at(self, start: int) -> Any:
        """The line that begins there."""
        os.lseek(self._fd, start, os.SEEK_SET)
        parts: list[bytes] = []
        while not parts or b"\n" not in parts[-1]:
            more = os.read(self._fd, CHUNK if parts else 1 << 14)
            if not more:
                break
            parts.append(more)
        return parse(b"".join(parts).partition(b"\n")[0])

    async def sync(self) -> None:
        """All lines so far are on the disk; the loop goes on meanwhile."""
        if self._dirty:
            self._dirty = False
            await asyncio.to_thread(os.fsync, self._fd)

    def close(self) -> None:
        """Put the rest on the disk and close."""
        os.fsync(self._fd)
        os.close(self._fd)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each whole line with the offset at which it begins, without a torn last one; no file is no lines.

    One that is too long for the memory is a damaged one."""
    if not path.is_file():
        return
    start, size = 0, 0
    with path.open("rb", buffering=CHUNK) as file:
        while line := file.readline(LONGEST):
            size += len(line)
            if line.endswith(b"\n"):
                yield start, line if size == len(line) else b"\n"
                start, size = start + size, 0


def parse(line: bytes) -> Any:
    """The object of a line, or None when the line is damaged."""
    try:
        shape = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return shape if isinstance(shape, dict) else None


def _cut_torn_line(path: Path) -> int:
    """How many bytes after the last line end were cut off."""
    if not unlinked(path).exists():
        return 0
    if not path.is_file():
        raise InputError(f"{path} is no file but a folder or a pipe", "choose another --out")
    with path.open("r+b") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - CHUNK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            file.truncate(end)
        return size - end
