"""Agreement of levels with labels: kappas with bootstrap intervals by question, means by kind of answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from fitting import F64, Ints, interval, kappa
from table import Table

KINDS = ("full", "partial", "fluent_wrong", "keywords", "beyond", "attack")


def figures(table: Table, where: Ints, chances: F64, given: Ints) -> dict[str, Any]:
    """weighted_kappa and kappa (at least partial) with 95 % intervals, and the mean coverage by kind."""
    true, kind, question = table["level"][where], table["kind"][where], list(table["question"][where])

    def weighted(rows: Ints) -> float:
        return kappa(true[rows], given[rows])

    def binary(rows: Ints) -> float:
        return kappa(np.minimum(true[rows], 1), np.minimum(given[rows], 1), 0)

    every = np.arange(len(where))
    return {
        "criteria": len(where),
        "weighted_kappa": round(weighted(every), 3),
        "weighted_kappa_95": [round(one, 3) for one in interval(question, weighted)],
        "kappa": round(binary(every), 3),
        "kappa_95": [round(one, 3) for one in interval(question, binary)],
        "mean_error": round(float(np.abs(true - given).mean() / 2), 3),
        "by_kind": {
            name: {
                "labels": round(float(true[kind == name].mean() / 2), 3),
                "judged": round(float(given[kind == name].mean() / 2), 3),
            }
            for name in KINDS
            if (kind == name).any()
        },
    }
