"""Where a batch keeps replies: in the user's cassette, or else in the run itself."""

from __future__ import annotations

from collections.abc import Callable

from grader.cassette import name
from grader.config import Settings
from grader.runs import Run
from grader.types import Judge, JudgeRequest


def wrap(judge: Judge, settings: Settings, run: Run) -> Judge:
    """`judge` behind the run's own replies; one with a cassette has its recordings already."""
    return judge if settings.cassette is not None else run.replies.wrap(judge)


def known(settings: Settings, run: Run | None) -> Callable[[JudgeRequest], bool] | None:
    """Says whether a request has its reply already; None when no request has."""
    folder = settings.cassette
    if folder is not None:
        reads = settings.mode in ("auto", "replay") and folder.is_dir()
        return (lambda request: (folder / name(request.key)).is_file()) if reads else None
    return run.replies.__contains__ if run is not None and len(run.replies) else None


def forget(settings: Settings, run: Run) -> Callable[[JudgeRequest], None] | None:
    """Drops a reply that led to no grade, so that resuming asks again. Replay changes nothing."""
    folder = settings.cassette
    if folder is None:
        return run.replies.forget
    if settings.mode not in ("auto", "record"):
        return None
    return lambda request: (folder / name(request.key)).unlink(missing_ok=True)
