"""Standard output for what was asked for, standard error for messages; both safe on a gbk console."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from grader.bank.textfile import HIDDEN
from grader.errors import GraderError
from grader.report.plain import ESCAPES, carried, plain

if TYPE_CHECKING:
    from rich.console import Console

OBEYED = re.compile(r"(?m)^([^\S\n]*):(?=:)|(##\w*)\[")
"""What GitHub, Azure and TeamCity take for a command, wherever it is printed: `::error::`, `##vso[...]`."""
DRIVES = re.compile(rf"(?!\r\n){HIDDEN.pattern}")  # a CSV file's lines end in both


def prepare_streams() -> None:
    """Let nothing about the streams end the program: a character that a console lacks is shown as an escape,
    one that is closed (`>&-`) or that isn't there (pythonw) is nothing, a console without width has 80."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  for as long as we run
            setattr(sys, name, nothing)
    if os.environ.get("COLUMNS", "").strip("0") == "":
        os.environ.pop("COLUMNS", None)  # rich would show nothing at all
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_utf8(stream: object) -> bool:
    """Whether a stream takes every character."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") in ("utf8", "cp65001")


def note(text: str) -> None:
    """A message for people on stderr; there may be no stderr at all (pythonw).

    Names of files and words of answers in it can't style or turn the terminal.
    """
    command(unheard(HIDDEN.sub("", ESCAPES.sub("", text))))


def command(text: str) -> None:
    """A line on stderr as it is: our own commands to the CI system."""
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def unheard(text: str) -> str:
    """Text that no CI system obeys; elsewhere as it is."""
    if not any(os.environ.get(one) for one in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")):
        return text
    return OBEYED.sub(lambda found: f"{found[1] or found[2] or ''}\\u{ord(found[0][-1]):04x}", text)


def retried(error: GraderError) -> None:
    """Say that a call is tried again, so that waiting is not silence."""
    note(f"trying again: {plain(error.message)}")


def put(text: str) -> None:
    """Text on stdout; what could drive the terminal is written as in JSON, so that JSON stays JSON."""
    sys.stdout.write(_inert(text))


def _inert(text: str) -> str:
    text = unheard(DRIVES.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    return text if text.endswith("\n") else text + "\n"


def put_page(page: str) -> None:
    """A file for another program on stdout: in UTF-8, as such files say of themselves, unless it is shown."""
    if is_utf8(sys.stdout) or sys.stdout.isatty():
        put(page)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(_inert(page).encode("utf-8", "backslashreplace"))


def put_json(value: object, indent: int | None = None) -> None:
    """JSON on stdout, in ASCII where the stream could not carry the rest."""
    put(json.dumps(value, ensure_ascii=not is_utf8(sys.stdout), indent=indent))


class Unheard:
    """Standard output for rich, with nothing in it that a CI system obeys."""

    def write(self, text: str) -> int:
        return sys.stdout.write(unheard(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


def stdout_console() -> Console:
    """A rich console on stdout; no text in it styles or turns the terminal, whoever wrote it.

    rich itself heeds NO_COLOR, FORCE_COLOR, TERM and COLUMNS.
    """
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment
    from rich.text import Text

    class Inert(Console):
        def render_str(self, text: str, **how: Any) -> Text:
            # before it is wrapped: an escape is wider than the character that the stream lacks
            return super().render_str(carried(HIDDEN.sub("", text), self.encoding), **how)

        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for one in super().render(renderable, options):
                yield one if one.control else one._replace(text=HIDDEN.sub("", one.text))

    return Inert(file=cast(IO[str], Unheard()), highlight=False, markup=False, emoji=False)
