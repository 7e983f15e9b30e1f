"""The options that mean the same in every command, as Annotated types. None means: not given here."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from typer import Option

F = TypeVar("F", bound=Callable[..., int])

JUDGE = "The judge"
SHOWN = "What comes out"
REPEAT = "Recordings"
GIVEN = "What is graded"

Model = Annotated[
    str | None,
    Option("--model", help="Any LiteLLM name, or `embedded`.", metavar="NAME", rich_help_panel=JUDGE),
]
ApiBase = Annotated[
    str | None,
    Option(
        "--api-base", help="Address of an OpenAI-compatible server.", metavar="URL", rich_help_panel=JUDGE
    ),
]
Client = Annotated[
    Literal["auto", "litellm"] | None,
    Option("--client", help="litellm: use it even with --api-base.", rich_help_panel=JUDGE),
]
Strategy = Annotated[
    Literal["auto", "joint", "pointwise", "decision"] | None,
    Option(
        "--strategy",
        help="One call an answer, one a criterion, or a decision model's.",
        rich_help_panel=JUDGE,
    ),
]
Looks = Annotated[
    str | None,
    Option(
        "--looks",
        help="auto: ask once more what is doubtful; MODEL: ask that one.",
        metavar="auto|off|MODEL",
        rich_help_panel=JUDGE,
    ),
]
Examples = Annotated[
    Path | None,
    Option("--examples", help="Labelled answers to show the judge.", metavar="LABELS", rich_help_panel=JUDGE),
]
Samples = Annotated[
    int | None,
    Option("--samples", help="First calls an answer; they vote.", metavar="N", min=1, rich_help_panel=JUDGE),
]
Jury = Annotated[
    str | None,
    Option("--jury", help="More models, between commas; all vote.", metavar="A,B", rich_help_panel=JUDGE),
]
Timeout = Annotated[
    float | None,
    Option("--timeout", help="Seconds to wait for one reply.", metavar="S", min=0.1, rich_help_panel=JUDGE),
]
Concurrency = Annotated[
    int | None,
    Option("--concurrency", help="Calls at the same time.", metavar="N", min=1, rich_help_panel=JUDGE),
]
MaxCost = Annotated[
    float | None,
    Option("--max-cost", help="Stop before this is passed.", metavar="USD", min=0.0, rich_help_panel=JUDGE),
]
Seed = Annotated[
    int | None, Option("--seed", help="For judges that take one.", metavar="N", rich_help_panel=JUDGE)
]
Lang = Annotated[
    Literal["zh", "en"] | None,
    Option("--lang", help="Language of the prompt; else the question's.", rich_help_panel=JUDGE),
]
Calibration = Annotated[
    str | None,
    Option("--calibration", help="One that was fitted, or `off`.", metavar="FILE", rich_help_panel=JUDGE),
]
Cassette = Annotated[
    Path | None,
    Option("--cassette", help="Folder of recorded replies.", metavar="DIR", rich_help_panel=REPEAT),
]
Mode = Annotated[
    Literal["live", "auto", "record", "replay"] | None,
    Option(
        "--mode",
        help="live: never read; auto: read, else ask and keep; record: ask, keep; replay: a miss fails.",
        rich_help_panel=REPEAT,
    ),
]
Json = Annotated[bool, Option("--json", help="JSON on standard output.", rich_help_panel=SHOWN)]
Min = Annotated[
    float | None,
    Option(
        "--min", help="Exit 1 under this score.", metavar="SCORE", min=0.0, max=1.0, rich_help_panel=SHOWN
    ),
]
DryRun = Annotated[
    bool,
    Option("--dry-run", help="Show what would be asked, and ask nobody.", rich_help_panel=SHOWN),
]
Bank = Annotated[
    Path | None,
    Option("--bank", help="Your own folder of rubrics.", metavar="DIR", rich_help_panel=GIVEN),
]
Question = Annotated[
    str | None,
    Option(
        "--q",
        help="Question id; else from the front matter or file name.",
        metavar="ID",
        rich_help_panel=GIVEN,
    ),
]
SETTINGS: dict[str, Any] = {
    "bank": Bank, "model": Model, "api_base": ApiBase, "client": Client, "strategy": Strategy,
    "looks": Looks, "samples": Samples, "jury": Jury, "examples": Examples, "calibration": Calibration,
    "concurrency": Concurrency, "max_cost": MaxCost, "timeout": Timeout, "seed": Seed, "lang": Lang,
    "cassette": Cassette, "mode": Mode, "min": Min,
}  # fmt: skip


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
