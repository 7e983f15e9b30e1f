"""The options that mean the same in every command, as Annotated types. None means: not given here."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

from typer import Option

from grader.config import Client, Mode, Reference, Strategy
from grader.types import Lang

F = TypeVar("F", bound=Callable[..., int])

JUDGE = "The judge"
SHOWN = "What comes out"
REPEAT = "Recordings"
GIVEN = "What is graded"


def option(name: str, metavar: str | None, help: str, panel: str = SHOWN, **more: Any) -> Any:
    """What stands beside the type of a command's own option; metavar "" for one that takes no value."""
    return Option(name, help=help, metavar=metavar, rich_help_panel=panel, **more)


Question = Annotated[
    str | None, option("--q", "ID", "Question id; else from the front matter or file name.", GIVEN)
]
Bank = Annotated[Path | None, option("--bank", "DIR", "Your own folder of rubrics.", GIVEN)]
Json = Annotated[bool, option("--json", "", "JSON on standard output.")]
DryRun = Annotated[bool, option("--dry-run", "", "Show what would be asked, and ask nobody.")]


def _set(kind: Any, metavar: str | None, help: str, panel: str = JUDGE, **more: Any) -> Any:
    """An option with the name of its setting."""
    return Annotated[kind | None, Option(help=help, metavar=metavar, rich_help_panel=panel, **more)]


SETTINGS = {
    "bank": Bank,
    "model": _set(str, "NAME", "Any LiteLLM name, or `embedded`."),
    "api_base": _set(str, "URL", "Address of an OpenAI-compatible server."),
    "client": _set(Client, None, "litellm: use it even with --api-base."),
    "strategy": _set(
        Strategy,
        "HOW",
        "auto: what fits; joint: a call an answer; pointwise: one a criterion; decision: a decision model.",
    ),
    "looks": _set(
        str, "auto|off|MODEL", "auto: ask again about what is doubtful; MODEL: ask that one; off: never."
    ),
    "samples": _set(int, "N", "First calls for each answer; they vote.", min=1),
    "jury": _set(str, "A,B", "More models, with commas between; all vote."),
    "examples": _set(Path, "LABELS", "Labelled answers to show the judge."),
    "reference": _set(Reference, None, "off: without the rubrics' references."),
    "calibration": _set(str, "FILE", "A fitted calibration, or `off`."),
    "concurrency": _set(int, "N", "Calls at the same time.", min=1),
    "max_cost": _set(float, "USD", "Stop before the cost passes this.", min=0.0),
    "timeout": _set(float, "S", "Seconds to wait for one reply.", min=0.1),
    "seed": _set(int, "N", "A seed, for judges that take one."),
    "lang": _set(Lang, None, "Language of the prompt; else the question's."),
    "cassette": _set(Path, "DIR", "Folder of recorded replies.", REPEAT),
    "mode": _set(
        Mode,
        None,
        "live: never read; auto: read, else ask and keep; record: ask, keep; replay: a miss fails.",
        REPEAT,
    ),
    "min": _set(float, "SCORE", "Exit 1 under this score.", SHOWN, min=0.0, max=1.0),
}


def settings(names: str) -> Callable[[F], F]:
    """The command takes the options of these settings as `**flags`, in its help before its own after `*`."""

    def add(command: F) -> F:
        own = [
            one
            for one in signature(command, eval_str=True).parameters.values()
            if one.kind is not Parameter.VAR_KEYWORD
        ]
        more = [
            Parameter(one, Parameter.KEYWORD_ONLY, default=None, annotation=SETTINGS[one])
            for one in names.split()
        ]
        first = [one for one in own if one.kind is not Parameter.KEYWORD_ONLY]
        command.__signature__ = Signature([*first, *more, *own[len(first) :]])  # type: ignore[attr-defined]
        return command

    return add
