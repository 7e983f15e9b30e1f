"""Labelled criteria as a table, a row each: signals, states, labels; probe and stack are fitted on rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import features
import numpy as np
from fitting import F64, Ints, Ridge, Stacked, fit_stack, folds, standardise
from gold import Labelled

from grader import signals
from grader.types import Lang

OWN = ("interview_train", "interview_more", "interview_hands")
PUBLIC = ("khan", "kqa", "physics", "realsumm_lite")
HEADS = ("partial", "covered", "contradicted")
BLOCKS = tuple(f"{kind}-{layer}" for kind in ("claim", "tail") for layer in features.LAYERS)
WORDS = ("overlap", "overlap_parts", "terms", "short", "overlap_short", "similarity_short")
PROBE = ("probe_partial", "probe_covered", "probe_contradicted", "others_contradicted")
GROUPS = {
    "others_contradicted": "others",
    "yes_no": "yes_no",
    "overlap": "overlap",
    "overlap_parts": "overlap",
    "terms": "overlap",
    "short": "overlap",
    "overlap_short": "overlap",
    "similarity_short": "similarity",
}
MOST = 240
"""As many labels of a public set as count in full: a larger one must not outweigh the sets of answers."""
SHARE = 0.2
"""What a label counts in the fit for the other language's wording."""


@dataclass(frozen=True)
class Setup:
    """What can be varied: blocks of states, signals beside the probe's, and how hard both are held back.

    `train` holds the sets that the probe is fitted on, `stacked` what a label of those of them counts that
    the stack is, `missing` the share of missing points that it is fitted for; None: as they come.
    """

    blocks: tuple[str, ...] = BLOCKS
    signals: tuple[str, ...] = (*PROBE, "yes_no", *WORDS)
    ridge: float = 1.0
    penalty: float = 10.0
    train: tuple[str, ...] = (OWN[0], *PUBLIC)
    stacked: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys((OWN[0], *PUBLIC), 1.0))
    missing: float | None = None


SETUPS: Mapping[Lang, Setup] = {
    "zh": Setup(train=OWN, stacked=dict.fromkeys(OWN, 1.0), missing=0.6),
    "en": Setup(),
}
"""What the fit for a language's wording is made with."""
OVERLAP = Setup(blocks=(), signals=("overlap",))
YES_NO = Setup(blocks=(), signals=("yes_no",))


@dataclass(frozen=True)
class Table:
    """Columns by name, one entry a criterion of an answer; `blocks` (rows, width)."""

    columns: Mapping[str, Any]
    blocks: Mapping[str, F64]

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]


def build(answers: Sequence[Labelled], folder: Path, blocks: Sequence[str] = BLOCKS) -> Table:
    """From answers whose features are kept in the folder; the others are left out."""
    rows: list[dict[str, Any]] = []
    states: dict[str, list[Any]] = {name: [] for name in blocks}
    for one in answers:
        kept = features.stored(one, folder)
        if kept is None:
            continue
        for index, criterion in enumerate(one.rubric.criteria):
            rows.append(_row(one, index, float(kept["log_odds"][index] - kept["null_log_odds"][index])))
            words = signals.words(criterion, one.attempt.text)
            rows[-1] |= {**words, "similarity_short": float(kept["similarity"][index]) * words["short"]}
        for name in blocks:
            states[name] += list(kept[name].astype(np.float64))
    columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
    return Table(columns, {name: np.array(found) for name, found in states.items()})


def _column(values: list[Any]) -> Any:
    """An array, of objects where the entries are tuples."""
    if not isinstance(values[0], tuple):
        return np.array(values)
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _row(one: Labelled, index: int, yes_no: float) -> dict[str, Any]:
    return {
        "set": one.set,
        "lang": one.rubric.lang,
        "question": one.rubric.question,
        "rubric": one.rubric.hash,
        "attempt": one.name,
        "kind": one.kind,
        "level": one.levels[index],
        "score": one.score,
        "raters": tuple(each[index] for each in one.raters),
        "contradicted": float(one.contradicted[index]),
        "yes_no": yes_no,
    }


def targets(table: Table) -> F64:
    """(rows, heads): what the probe's heads are fitted to."""
    level = table["level"]
    return np.column_stack([level > 0, level > 1, table["contradicted"]]).astype(np.float64)


def weights(table: Table, lang: Lang) -> F64:
    """What a row counts in the fit for a language's wording."""
    names, counts = np.unique(table["set"], return_counts=True)
    full = {
        name: 1.0 if name in OWN else min(1.0, MOST / count)
        for name, count in zip(names, counts, strict=True)
    }
    share = np.where(table["lang"] == lang, 1.0, SHARE)
    return share * np.array([full[name] for name in table["set"]])


def ridge(table: Table, setup: Setup, lang: Lang) -> Ridge | None:
    """The probe for a language's wording on the training sets; its kernel is the mean of the blocks' linear
    ones, standardised on them. None without blocks."""
    if not setup.blocks:
        return None
    within = np.isin(table["set"], setup.train)
    total = np.zeros((len(within), len(within)))
    for name in setup.blocks:
        z = standardise(table.blocks[name], within.astype(np.float64))[0].astype(np.float32)
        total += z @ z.T / len(setup.blocks)
    return Ridge(total, targets(table), weights(table, lang), setup.ridge, np.flatnonzero(within))


def values(table: Table, rows: Ints, scores: F64 | None, setup: Setup) -> F64:
    """(rows, signals): what the stack sees; `scores` are the probe's heads."""
    made: dict[str, Any] = {}
    if scores is not None:
        made = {f"probe_{head}": scores[:, i] for i, head in enumerate(HEADS)}
        made["others_contradicted"] = np.zeros(len(rows))
        attempt = table["attempt"][rows]
        for name in np.unique(attempt):
            own = attempt == name
            made["others_contradicted"][own] = signals.others(list(scores[own, HEADS.index("contradicted")]))
    return np.column_stack([made[name] if name in made else table[name][rows] for name in setup.signals])


def fit(table: Table, kern: Ridge | None, train: Ints, lang: Lang, setup: Setup) -> Stacked:
    """The stack for a language's wording, on the probe's scores out of fold."""
    own = None
    stacked = np.isin(table["set"][train], list(setup.stacked))
    if kern is not None:
        own = kern.out_of_fold(train, folds(list(table["question"][train]), 9, 0))[stacked]
    rows = train[stacked]
    level = table["level"][rows]
    counts = weights(table, lang)[rows] * np.array([setup.stacked[name] for name in table["set"][rows]])
    even = balanced(counts, level, setup.missing)
    return fit_stack(values(table, rows, own, setup), level, even, setup.penalty)


def balanced(weight: F64, level: Ints, missing: float | None) -> F64:
    """The weights with that share on missing points, the same in all."""
    if missing is None:
        return weight
    nothing, total = level == 0, weight.sum()
    share = weight[nothing].sum() / total
    return weight * np.where(nothing, missing / share, (1 - missing) / (1 - share))


def judge(
    table: Table, kern: Ridge | None, train: Ints, test: Ints, setup: Setup
) -> tuple[F64, Ints, Stacked]:
    """Chances and levels of `test`, all of one language, by a fit on `train`; and its stack."""
    [lang] = set(table["lang"][test])
    stack = fit(table, kern, train, lang, setup)
    fresh = None if kern is None else kern.predict(train, test)
    seen = values(table, test, fresh, setup)
    return stack.chances(seen), stack.verdicts(seen), stack


def crossed(
    table: Table, kern: Ridge | None, setup: Setup, name: str, count: int = 9
) -> tuple[Ints, F64, Ints]:
    """One set judged by fits that saw none of the question, in no set: its rows, their chances and levels."""
    where = np.flatnonzero(table["set"] == name)
    pool = np.flatnonzero(np.isin(table["set"], setup.train))
    split = folds(list(table["question"][where]), count, 10)
    chances, levels = np.zeros((len(where), 2)), np.zeros(len(where), dtype=np.int64)
    for number in np.unique(split):
        held = split == number
        rest = pool[~np.isin(table["question"][pool], np.unique(table["question"][where[held]]))]
        chances[held], levels[held], _ = judge(table, kern, rest, where[held], setup)
    return where, chances, levels


def contradiction(table: Table, kern: Ridge) -> float:
    """The score of the head above which a point is contradicted: best F1 on scores out of fold."""
    scores = kern.out_of_fold(kern.rows, folds(list(table["question"][kern.rows]), 9, 0))
    scores = scores[:, HEADS.index("contradicted")]
    true = table["contradicted"][kern.rows] > 0
    f1 = {
        at: 2 * (true & (scores > at)).sum() / ((scores > at).sum() + true.sum())
        for at in np.linspace(0.2, 0.7, 26)
    }
    return float(max(f1, key=lambda at: f1[at]))


def probe(table: Table, kern: Ridge, setup: Setup, pack: Any) -> dict[str, Any]:
    """The probe fitted on all training rows, packed: heads, bias, and per block a vector a head."""
    alpha, bias = kern.dual(kern.rows)
    within = np.isin(table["set"], setup.train).astype(np.float64)
    packed = {}
    for name in setup.blocks:
        z, mean, scale = standardise(table.blocks[name], within)
        vectors = (z[kern.rows].T @ alpha / len(setup.blocks)) / scale[:, None]
        bias = bias - mean @ vectors
        packed[name] = pack(vectors.T.astype(np.float32))
    return {"heads": list(HEADS), "bias": [round(float(one), 6) for one in bias], "weights": packed}
