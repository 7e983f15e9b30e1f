"""The judge's replies of one run, kept before they are graded, so that none is paid for twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.judges.once import once
from grader.runs.journal import Journal, lines
from grader.runs.numbers import Numbers
from grader.types import Judge, JudgeReply, JudgeRequest

_HEAD = b'{"key":"sha256:'


class Replies:
    """Around a judge: what was replied is read, what is in flight waited for, the rest asked and kept."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._starts = _index(path)

    def __len__(self) -> int:
        return len(self._starts)

    def __contains__(self, request: JudgeRequest) -> bool:
        return bool(self._starts.get(_short(request.key)))

    def wrap(self, judge: Judge) -> Judge:
        """`judge` that asks each request once."""

        async def keeping(request: JudgeRequest) -> JudgeReply:
            reply = await judge(request)
            if not reply.recorded:
                start = self._journal.append(
                    {"key": request.key, "reply": {**vars(reply), "usage": vars(reply.usage)}}
                )
                self._starts[_short(request.key)] = start + 1
            return reply

        asked = once(keeping)

        async def ask(request: JudgeRequest) -> JudgeReply:
            place = self._starts.get(_short(request.key))
            kept = self._kept(place - 1) if place else None
            if kept is not None:
                return kept
            return await asked(request)

        return ask

    def forget(self, request: JudgeRequest) -> None:
        """Ask again next time: the reply was of no use."""
        if request in self:
            self._starts[_short(request.key)] = 0
            self._journal.append({"key": request.key, "reply": None})

    async def sync(self) -> None:
        """All replies so far are on the disk."""
        await self._journal.sync()

    def close(self) -> None:
        """Put the rest on the disk and close."""
        self._journal.close()

    def _kept(self, start: int) -> JudgeReply | None:
        from grader.runs import typed

        shape = self._journal.line_at(start)
        reply = typed.reply(shape.get("reply")) if shape else None
        return replace(reply, recorded=True) if reply else None


def _short(key: str) -> int:
    return int(key[7:23], 16) or 1


def _index(path: Path) -> Numbers:
    """Where each kept reply begins, counted from 1, 0 for a forgotten one; 64 bits of the key find it."""
    starts = Numbers()
    for start, line in lines(path):
        if not line.startswith(_HEAD) or not line.endswith(b"}\n"):
            continue
        try:
            short = abs(int(line[len(_HEAD) : len(_HEAD) + 16], 16)) or 1
        except ValueError:
            continue  # damaged: it is asked for again
        starts[short] = 0 if line.endswith(b'"reply":null}\n') else start + 1
    return starts
