"""Recorded request -> reply, a JSON file each: cache, test fixture and CI lock file are this one thing."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from grader import misses
from grader.errors import CassetteMiss, InputError, JudgeError
from grader.types import Judge, JudgeReply, JudgeRequest, Usage, digest

LARGEST = 32_000_000
EXPLAINED = 50
"""Misses for which the nearest recording is looked for: each reads the whole cassette."""
Mode = Literal["live", "auto", "record", "replay"]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One file of a cassette. `request` is the canonical request, `key` its hash."""

    path: Path
    key: str
    request: Mapping[str, Any]
    reply: JudgeReply


@dataclass(frozen=True)
class Cassette:
    """A folder of recordings. `played` hears the key of each that is used.

    live: never read or written; auto: read, else ask and keep; record: ask and keep; replay: read, a miss
    is an error.
    """

    folder: Path
    mode: Mode
    played: Callable[[str], object] = str

    def wrap(self, judge: Judge | None) -> Judge:
        """`judge` behind this cassette; None in replay. Raises CassetteMiss, and InputError for bad files."""
        missed = count()

        async def ask(request: JudgeRequest) -> JudgeReply:
            found = self.find(request) if self.mode in ("auto", "replay") else None
            if found is not None:
                self.played(request.key)
                return found.reply
            if self.mode == "replay" or judge is None:
                raise self._miss(request, next(missed) < EXPLAINED)
            reply = await judge(request)
            if self.mode != "live" and not reply.recorded:
                self.keep(request, reply)
                self.played(request.key)
            return reply

        if judge is None and self.mode != "replay":
            raise JudgeError(f"the cassette {self.folder} has no judge to ask in mode {self.mode}")
        return ask

    def find(self, request: JudgeRequest) -> Recording | None:
        """The recording of exactly this request, None when there is none."""
        path = self.folder / name(request.key)
        try:
            recording = read(path)
        except FileNotFoundError:
            return None
        if recording.key != request.key:
            raise InputError(
                f"{path}: is named like another request's recording", "delete the file and record again"
            )
        return recording

    def keep(self, request: JudgeRequest, reply: JudgeReply) -> Path:
        """Writes the recording so that a reader sees the old file or the new one, never half of one."""
        path = self.folder / name(request.key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(written(request, reply))
                Path(temporary).chmod(0o644)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        return path

    def _miss(self, request: JudgeRequest, explained: bool) -> CassetteMiss:
        message = f"no recording fits this request to {request.model} in {self.folder}"
        asked = request.canonical()
        recorded = ((one.path.name, one.request) for one in usable(self.folder)) if explained else ()
        near = misses.nearest(asked, recorded)
        if near is not None:
            message += f"\n{misses.difference(near[1], asked, near[0])}"
        elif explained:
            message += "; it holds no usable recordings"
        hint = (
            f"run the same with --cassette {self.folder} --mode auto: it asks the judge and keeps the reply"
        )
        return CassetteMiss(message, hint + "; then commit the new file")


def name(key: str) -> str:
    """The file name for a key."""
    return key.removeprefix("sha256:")[:16] + ".json"


def paths(folder: Path) -> tuple[Path, ...]:
    """The files of a cassette in a fixed order. InputError when there is no such folder."""
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder of recordings", "give the folder that --cassette wrote to")
    return tuple(sorted(folder.glob("*.json")))


def usable(folder: Path) -> Iterator[Recording]:
    """Every recording that can be read; the others are passed over."""
    for path in paths(folder) if folder.is_dir() else ():
        try:
            yield read(path)
        except InputError:
            continue


def models(folder: Path) -> frozenset[tuple[str, str]]:
    """The pairs of model and endpoint that the recordings in `folder` are of."""
    return frozenset((str(one.request["model"]), str(one.request["endpoint"])) for one in usable(folder))


def read(path: Path) -> Recording:
    """One recording. FileNotFoundError when it is not there, InputError when damaged or edited by hand."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no file")
        with path.open("rb") as file:
            raw = file.read(min(found.st_size, LARGEST) + 1)  # what is asked for is taken at once
        if len(raw) > LARGEST:
            raise ValueError("it is larger than 32 MB")
        whole = json.loads(raw)
        request = _joined(whole["request"])
        key, reply = str(whole["key"]), _reply(whole["reply"])
    except FileNotFoundError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, OSError) as error:
        raise InputError(f"{path}: is not a usable recording ({error!r:.80})", _AGAIN) from None
    if digest(request) != key or name(key) != path.name:
        raise InputError(f"{path}: its request does not have the key that it is filed under", _AGAIN)
    return Recording(path=path, key=key, request=request, reply=reply)


_AGAIN = "it was damaged or edited by hand: delete it and record it again with --mode auto"


def written(request: JudgeRequest, reply: JudgeReply) -> bytes:
    """The bytes of a recording: texts as lists of lines, so that a diff shows the line that changed."""
    shown = request.canonical()
    shown["messages"] = [{**one, "content": one["content"].split("\n")} for one in shown.get("messages", ())]
    if request.kind == "decision":
        del shown["messages"]
        shown["input"] = shown["input"].split("\n")
    whole = {
        "key": request.key,
        "request": shown,
        "reply": {
            "text": reply.text.split("\n"),
            **({"answers": {key: dict(one) for key, one in reply.answers.items()}} if reply.answers else {}),
            "stop": reply.stop,
            "usage": vars(reply.usage),
        },
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")


def _joined(shown: Mapping[str, Any]) -> dict[str, Any]:
    request = dict(shown)
    for name in ("model", "endpoint"):
        _a(str, request, name)
    if "messages" in request:
        request["messages"] = [{**one, "content": _text(one, "content")} for one in request["messages"]]
    if "input" in request:
        request["input"] = _text(request, "input")
    return request


def _reply(shown: Mapping[str, Any]) -> JudgeReply:
    usage, answers = shown["usage"], shown.get("answers", {})
    counts = {name: _a(int, usage, name) for name in ("prompt", "completion", "cached")}
    cost = None if usage["cost_usd"] is None else float(_a(int | float, usage, "cost_usd"))
    if min(*counts.values(), cost or 0) < 0:
        raise ValueError("usage: less than nothing")
    return JudgeReply(
        text=_text(shown, "text"),
        answers={
            key: {one: float(_a(int | float, told, one)) for one in told} for key, told in answers.items()
        },
        stop=_a(str, shown, "stop"),
        usage=Usage(**counts, cost_usd=cost),
        recorded=True,
    )


def _a(kind: Any, shown: Mapping[str, Any], name: str) -> Any:
    """The field, if it is of that kind: nothing is guessed from what was edited."""
    value = shown[name]
    if not isinstance(value, kind) or isinstance(value, bool) or (kind is not str and not abs(value) < 2**63):
        raise TypeError(f"{name}: {value!r:.30}")
    return value


def _text(shown: Mapping[str, Any], name: str) -> str:
    lines = shown[name]
    if not isinstance(lines, list) or not all(isinstance(one, str) for one in lines):
        raise TypeError(f"{name}: not a list of lines")
    return "\n".join(lines)
