"""`grade calibrate LABELS...`: how far a judge agrees with people; its card; a fit; a check against drift."""

from __future__ import annotations

import json as plain_json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument

from grader import runs
from grader.agreement.differences import Difference, difference
from grader.bank import labels as label_files
from grader.bank import load
from grader.bank.labels import Labelled
from grader.calibration import card as cards
from grader.calibration.card import Card
from grader.calibration.joining import Joined, join
from grader.cli import asking, fitting, options, trouble
from grader.cli.chosen import settings_of
from grader.cli.console import note, put_json, stdout_console
from grader.cli.options import option
from grader.config import Settings
from grader.errors import InputError, JudgeError
from grader.links import naming
from grader.links import page as page_at
from grader.report import card as pages
from grader.report.card_words import compared, left_out
from grader.report.escape import markdown as escaped

Differences = Sequence[tuple[str, Difference]]
"""Each with the name of what is compared with."""
MEASURE, FITTING = "What is measured", "A fit"
Labels = Annotated[
    list[Path],
    Argument(
        help="JSONL files with labels, or runs that people labelled.", metavar="LABELS...", show_default=False
    ),
]
Run = Annotated[Path | None, option("--run", "RUN", "Measure this run's grades; nobody is asked.", MEASURE)]
Against = Annotated[
    Path | None, option("--against", "PATH", "Compare with another judge: its CARD.json or RUN.", MEASURE)
]
Drift = Annotated[
    Path | None,
    option("--drift", "CARD.json", "Exit 1 where it agrees less than on this card, beyond noise.", MEASURE),
]
Cards = Annotated[list[Path] | None, option("--card", "FILE", "Write the judge card: .md, .html or .json.")]
Fit = Annotated[bool, option("--fit", "", "Fit a calibration; `grade` then uses it.", FITTING)]
Out = Annotated[Path | None, option("--out", "FILE", "Where the fit goes; else below .grade/.", FITTING)]
Rate = Annotated[
    float,
    option(
        "--right-rate",
        "SHARE",
        "Share of right ones among verdicts that need no review.",
        FITTING,
        min=0.5,
        max=0.999,
    ),
]


@options.settings(
    "bank model api_base client strategy looks samples jury examples reference calibration concurrency "
    "max_cost timeout seed lang cassette mode"
)
def calibrate(
    labels: Labels,
    run: Run = None,
    card: Cards = None,
    against: Against = None,
    drift: Drift = None,
    fit: Fit = False,
    out: Out = None,
    right_rate: Rate = 0.9,
    *,
    json: options.Json = False,
    dry_run: options.DryRun = False,
    **flags: object,
) -> int:
    """Measure how far a judge agrees with people's labels; fit a calibration for it."""
    calibration = flags["calibration"] or "off"
    settings = settings_of(flags | {"calibration": calibration})
    check_files(card or (), fit=fit, out=out, calibration=calibration)
    held = [one for one in (*labels, against, drift, settings.calibration) if isinstance(one, Path)]
    for file in (*(card or ()), *filter(None, [out])):
        page_at(file, held)
    labelled = label_files.read(labels, load(settings.bank))
    labelled = fitting.unseen(labelled, run, settings)
    earlier = cards.saved_pairs(drift) if drift is not None else None
    folder = run or asking.folder(labels)
    if run is None and (code := asking.ask(labelled, settings, folder, dry_run=dry_run)) is not None:
        return code
    labelled, rows = fitting.judged_alike(labelled, runs.read(folder), settings)
    joined = join(labelled, rows)
    made = measured(labelled, joined, labels, settings)
    more: list[str] = []
    if fit:
        made, more = fitting.fit(made, labelled, joined, out, right_rate=right_rate, seed=settings.seed)
    other = cards.other_pairs(against, labelled) if against is not None else None
    differences = [
        (name, difference(made.pairs, pairs, seed=settings.seed))
        for name, pairs in (one for one in (other, earlier) if one is not None)
    ]
    write(made, more, differences, card or ())
    show(made, more, differences, json)
    return fallen(differences[-1][1]) if drift is not None else 0


def measured(
    labelled: Sequence[Labelled], joined: Joined, sources: Sequence[Path], settings: Settings
) -> Card:
    """The card; JudgeError when no labelled answer was graded."""
    made = cards.make(
        labelled, joined, [one.name for one in sources], version=trouble.version(), seed=settings.seed
    )
    if made.ungraded or made.absent or made.silent:
        note(left_out(made))
    for attempt, why in list(made.ungraded.items())[:5]:
        note(f"ungraded: {attempt}: {why}")
    if not made.pairs and not joined.scored:
        raise JudgeError(
            "nothing to measure: no labelled answer has a grade", "`grade doctor` tries the judge"
        )
    return made


def check_files(files: Sequence[Path], *, fit: bool, out: Path | None, calibration: object) -> None:
    """InputError for options that don't go together and cards of unknown kind, before anything is asked."""
    if out is not None and not fit:
        raise InputError("--out says where a fit goes", "add --fit; --card keeps what was measured")
    if fit and calibration != "off":
        raise InputError("--fit and --calibration don't go together", "a fit starts from the judge as it is")
    for one in files:
        if one.suffix.lower() not in (".md", ".html", ".json"):
            raise InputError(f"--card {one}: not a kind of card", "name it .md, .html or .json")


def write(made: Card, more: Sequence[str], differences: Differences, files: Sequence[Path]) -> None:
    """Each card into its file."""
    for one in files:
        kind = one.suffix.lower()
        if kind == ".json":
            text = plain_json.dumps(cards.to_json(made), ensure_ascii=False, indent=1)
        else:
            page, named = (pages.markdown, escaped) if kind == ".md" else (pages.html, str)
            text = page(made, [*more, *against_others(differences, named)])
        put(one, text)


def against_others(differences: Differences, named: Callable[[str], str] = str) -> list[str]:
    """The comparisons in words; `named` makes a name safe where it is shown."""
    return [said for name, found in differences for said in compared(found, named(name))]


def put(path: Path, text: str) -> None:
    """One card."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        page_at(path).write_bytes(text.encode("utf-8", "backslashreplace"))
    note(f"wrote {path}")


def show(made: Card, more: Sequence[str], differences: Differences, json: bool) -> None:
    """On standard output."""
    if json:
        against = [{"judge": name, **vars(found), "falls": found.falls} for name, found in differences]
        put_json({**cards.to_json(made), "against": against})
    else:
        pages.terminal(made, [*more, *against_others(differences)], stdout_console())


def fallen(found: Difference) -> int:
    """1 and a word when agreement fell beyond noise."""
    if not found.falls:
        return 0
    note(f"agreement fell: weighted kappa {found.weighted_kappa:+.2f} against the card, beyond noise")
    return 1
