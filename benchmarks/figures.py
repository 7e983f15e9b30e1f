"""Agreement of levels with labels: kappas with bootstrap intervals by question, means by kind of answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from fitting import Ints, interval, kappa
from table import Table

from grader.agreement import kappas
from grader.agreement.measured import raters
from grader.agreement.pairs import NAMES, QUESTIONS, Pair

KINDS = ("full", "partial", "fluent_wrong", "keywords", "beyond", "attack")


def groups(table: Table, where: Ints) -> list[str]:
    """What a bootstrap draws: whole questions, or answers where there are few questions."""
    questions = list(table["question"][where])
    return questions if len(set(questions)) >= QUESTIONS else list(table["attempt"][where])


def figures(table: Table, where: Ints, given: Ints) -> dict[str, Any]:
    """weighted_kappa and kappa (at least partial) with 95 % intervals, and the mean coverage by kind."""
    true, kind, drawn = table["level"][where], table["kind"][where], groups(table, where)

    def weighted(rows: Ints) -> float:
        return kappa(true[rows], given[rows])

    def binary(rows: Ints) -> float:
        return kappa(np.minimum(true[rows], 1), np.minimum(given[rows], 1), 0)

    every = np.arange(len(where))
    return {
        "criteria": len(where),
        "weighted_kappa": round(weighted(every), 3),
        "weighted_kappa_95": [round(one, 3) for one in interval(drawn, weighted)],
        "kappa": round(binary(every), 3),
        "kappa_95": [round(one, 3) for one in interval(drawn, binary)],
        "mean_error": round(float(np.abs(true - given).mean() / 2), 3),
        "met": kappas.met_rates(kappas.table(zip(true.tolist(), given.tolist(), strict=True))),
        "by_kind": {
            name: {
                "labels": round(float(true[kind == name].mean() / 2), 3),
                "judged": round(float(given[kind == name].mean() / 2), 3),
            }
            for name in KINDS
            if (kind == name).any()
        },
    }


def beside_raters(table: Table, where: Ints, given: Ints) -> tuple[float | None, float | None]:
    """Mean kappa of the judge with each single rater, and the raters' own; None without raters."""
    found = raters(
        [
            Pair(
                question="", attempt="", criterion="", label=NAMES[level], judged=NAMES[judged],
                raters=tuple(None if one is None else NAMES[one] for one in said),
            )
            for level, judged, said in zip(table["level"][where], given, table["raters"][where], strict=True)
        ]
    )  # fmt: skip
    return found.judge, found.people


def on_scores(table: Table, where: Ints, given: Ints) -> dict[str, Any]:
    """Whole scores against the credit of their one criterion: Pearson and mean error, with 95 % intervals."""
    true, drawn = table["score"][where].astype(np.float64), groups(table, where)
    judged = given / 2

    def pearson(rows: Ints) -> float:
        one, other = true[rows] - true[rows].mean(), judged[rows] - judged[rows].mean()
        scale = np.sqrt((one @ one) * (other @ other))
        return float(one @ other / scale) if scale else 0.0

    def off(rows: Ints) -> float:
        return float(np.abs(true[rows] - judged[rows]).mean())

    every = np.arange(len(where))
    return {
        "answers": len(where),
        "pearson": pearson(every),
        "pearson_95": interval(drawn, pearson),
        "mean_error": off(every),
        "mean_error_95": interval(drawn, off),
        "people": float(true.mean()),
        "judged": float(judged.mean()),
    }
