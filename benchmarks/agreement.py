"""Agreement of the embedded judge with labels, one table over all sets: word overlap, plain yes or no, ours.

python benchmarks/agreement.py [--gold DIR] [--features DIR] [--sets interview_dev,khan]

Every figure is for questions that the fit did not see: interview_dev and le_zh by a fit on the training sets
alone, the training sets by fits on their other questions. le_zh has one score an answer: its error is of
that, and its correlation stands at the end of the row. raters: mean kappa with each single rater / of their
pairs; met: share at least partly covered, by the judge / by the labels.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import features
import gold
import numpy as np
import table as tables
from figures import beside_raters, figures, on_scores
from fitting import Ints, Ridge
from table import SETUPS

from grader.judges.weights import cache_folder
from grader.types import Lang

JUDGES = {"word overlap": tables.OVERLAP, "yes or no": tables.YES_NO, "ours": tables.Setup()}
ROW = "{:<16}{:<14}{:>9}  {:<20}{:<20}{:<13}{:<13}{:>5}  {}"

HEADS = (
    "set", "judge", "criteria", "weighted kappa", "kappa, any credit", "raters", "met", "error",
    "judged (labels)",
)  # fmt: skip


def judged(
    table: tables.Table, kernels: Mapping[str, Ridge | None], setup: tables.Setup, name: str
) -> tuple[Ints, Ints]:
    """Rows of the set with their levels, by a fit or fits that saw none of their questions."""
    test = np.flatnonzero(table["set"] == name)
    lang: Lang = table["lang"][test[0]]
    setup = replace(SETUPS[lang], blocks=setup.blocks, signals=setup.signals)
    kern = kernels[lang] if setup.blocks else None
    if name in setup.train:
        rows, _, levels = tables.crossed(table, kern, setup, name)
        return rows, levels
    train = np.flatnonzero(np.isin(table["set"], setup.train))
    _, levels, _ = tables.judge(table, kern, train, test, setup)
    return test, levels


def spread(value: float, ends: list[float]) -> str:
    return f"{value:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"


def both(judge: float | None, people: float | None) -> str:
    return "-" if judge is None or people is None else f"{judge:.2f} / {people:.2f}"


def row(table: tables.Table, name: str, judge: str, where: Ints, levels: Ints) -> str:
    """A line of the table."""
    if table["score"][where[0]] is not None:
        scored = on_scores(table, where, levels)
        error = spread(scored["mean_error"], scored["mean_error_95"])
        along = f"correlation {spread(scored['pearson'], scored['pearson_95'])}, error {error}"
        means = f"judged {scored['judged']:.2f} ({scored['people']:.2f})"
        off = f"{scored['mean_error']:.2f}"
        return ROW.format(name, judge, scored["answers"], "-", "-", "-", "-", off, f"{along}, {means}")
    found = figures(table, where, levels)
    kinds = [f"{kind} {one['judged']:.2f} ({one['labels']:.2f})" for kind, one in found["by_kind"].items()]
    weighted = spread(found["weighted_kappa"], found["weighted_kappa_95"])
    binary = spread(found["kappa"], found["kappa_95"])
    error = f"{found['mean_error']:.2f}"
    raters, met = both(*beside_raters(table, where, levels)), both(found["met"][1], found["met"][0])
    return ROW.format(name, judge, found["criteria"], weighted, binary, raters, met, error, ", ".join(kinds))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gold", type=Path, default=gold.GOLD, help="folder with the labelled sets")
    parser.add_argument(
        "--features", type=Path, default=cache_folder() / "features", help="where states are kept"
    )
    parser.add_argument("--sets", default=",".join(gold.SETS), help="which sets, with commas between")
    parser.add_argument("--kept", action="store_true", help="use the answers already read, read no others")
    chosen = parser.parse_args()
    wanted = dict.fromkeys([*tables.OWN, *tables.PUBLIC, *chosen.sets.split(",")])
    rows = [one for name in wanted for one in gold.read(name, chosen.gold)]
    if not chosen.kept:
        features.extract(rows, chosen.features)
    table = tables.build(rows, chosen.features)
    kernels = {lang: tables.ridge(table, setup, lang) for lang, setup in SETUPS.items()}
    print(ROW.format(*HEADS))
    for name in chosen.sets.split(","):
        if not (table["set"] == name).any():
            print(f"{name:<16}no answers: the set is not in --gold, or --kept was given and none is read yet")
            continue
        for judge, setup in JUDGES.items():
            print(row(table, name, judge, *judged(table, kernels, setup, name)))


if __name__ == "__main__":
    main()
