"""Turn whatever a command raises into a message and an exit code; a bug also into a log file."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import time
import traceback
from asyncio import CancelledError
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from typer import Abort, Exit
from typer.exceptions import TyperException

from grader.cli import console
from grader.errors import GraderError

BUG = GraderError.exit_code
INTERRUPTED = 130
PIPE_CLOSED = 141  # what a shell reports for a program that SIGPIPE ended
DISK = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EFBIG, errno.EIO, errno.ENOENT),
    *(errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE, errno.EDQUOT),
}  # the machine's trouble, not a bug of ours


def version() -> str:
    """The installed version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("grade-answers")
    except PackageNotFoundError:
        return "from a checkout"


def guarded(command: Callable[[], object]) -> int:
    """Run a command; its exit code, whatever happens. Messages go to stderr."""
    try:
        code = command()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BaseException as error:  # noqa: BLE001  the only place where an exception becomes a message
        return explained(first_cause(error))


def first_cause(error: BaseException) -> BaseException:
    """What a task group hides: an interruption or an error made for people first, else the first one."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [first_cause(one) for one in error.exceptions]
    for kind in (KeyboardInterrupt, GraderError):
        for cause in causes:
            if isinstance(cause, kind):
                return cause
    return causes[0]


def explained(error: BaseException) -> int:
    """Say what is wrong and what to do; the exit code."""
    if isinstance(error, Exit):
        return error.exit_code
    if isinstance(error, SystemExit):  # only rich and typer raise it, when the pipe is closed
        return pipe_closed()
    if isinstance(error, (KeyboardInterrupt, CancelledError, Abort)):
        say("interrupted")
        return INTERRUPTED
    if isinstance(error, GraderError):
        say(error.message, error.hint)
        return error.exit_code
    if isinstance(error, TyperException):
        return misused(error)
    if isinstance(error, OSError):
        if error.errno == errno.EPIPE:
            return pipe_closed()
        if error.errno in DISK:
            say(
                f"{error.filename or 'the output'}: {error.strerror}",
                "check the permissions and the free space",
            )
            if error.filename is None:
                drop_output()
            return 2
    return bug(error)


def say(message: str, hint: str = "") -> None:
    """`error: ...`, a blank line and `hint: ...` on stderr."""
    console.note(f"error: {message}" + (f"\n\nhint: {hint}" if hint else ""))


def misused(error: TyperException) -> int:
    """A wrong option or argument. A group without arguments has printed its help already."""
    if type(error).__name__ != "NoArgsIsHelpError":
        context = getattr(error, "ctx", None)
        path = context.command_path.strip() if context else "grade"
        words = error.format_message().replace("Value error, ", "").rstrip(".")
        say(words, f"`{path} --help` shows what it takes")
    return error.exit_code


def pipe_closed() -> int:
    """The reader of our output went away (`grade ... | head`): nothing to say, and nothing more to flush."""
    drop_output()
    return PIPE_CLOSED


def drop_output() -> None:
    """Let what is still held back go nowhere: Python writes it out at its end, and would end with 120."""
    with suppress(OSError, ValueError):  # closed, or none
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def bug(error: BaseException) -> int:
    """Keep the traceback in a file that the message names."""
    about = _unlocked(f"{type(error).__name__}: {error}".strip().splitlines()[0])
    path = write_log(error)
    where = (
        f"the details are in {path}; please send that file with a report"
        if path
        else "no log could be written"
    )
    say(f"this is a bug in grade, not in what you typed ({about})", where)
    return BUG


def write_log(error: BaseException) -> Path | None:
    """A new file in the user's log folder, else in the temporary one; None where neither can be written."""
    from platformdirs import user_log_path

    lines = [
        f"grade {version()}, Python {platform.python_version()}, {platform.platform()}",
        f"command: {sys.argv[1:]}",
        "".join(traceback.format_exception(error)),
    ]
    name = f"grade-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (user_log_path("grade", appauthor=False), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(
                    _unlocked("\n".join(lines))
                )  # "x": in /tmp somebody else's link could wait under that name
        except OSError:
            continue
        return folder / name
    return None


def _unlocked(text: str) -> str:
    """Without any key: the log is sent around."""
    from grader.judges.failures import blotted, secrets_in

    return blotted(text, secrets_in(os.environ))
