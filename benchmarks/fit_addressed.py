"""Fits the weights that find text addressed to a grader, from tests/adversarial, labelled answers, rubrics.

python benchmarks/fit_addressed.py [--gold DIR] [--report]

--report leaves a family of attacks out of the fit and says how many of its texts are sure, or suspicious.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gold
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from grader import bank
from grader.addressed import reading, weighing

CORPUS = gold.ROOT / "tests" / "adversarial"
STRENGTH, SEEN, LEAST = 5, 2, 0.14
FOLDS = 9


class Sentence(NamedTuple):
    """`family` is the kind of attack, or for honest text the question that it answers."""

    attack: bool
    family: str
    text: str
    words: str


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def sentences(attack: bool, family: str, text: str) -> list[Sentence]:
    whole = reading.read(text).text
    return [Sentence(attack, family, text, whole[one.start : one.end]) for one in reading.pieces(whole)]


def corpus(folder: Path) -> list[Sentence]:
    """Every sentence to learn from; of a labelled attack the first line is honest, the rest is not."""
    found: list[Sentence] = []
    for row in rows(CORPUS / "attacks.jsonl"):
        found += sentences(True, row["family"], row["injected"]) if row["family"] != "encoded" else []
    for index, row in enumerate(rows(CORPUS / "honest.jsonl")):
        found += sentences(False, f"honest-{index}", row["text"])
    for row in rows(folder / "interview_train.jsonl"):
        own, _, injected = (
            row["answer"].partition("\n") if row["kind"] == "attack" else (row["answer"], "", "")
        )
        found += sentences(False, row["question"], own) + sentences(True, "interview_train", injected)
    for question in bank.load().questions():
        for one in question.rubric.criteria:
            found += sentences(False, question.id, one.text) + sentences(False, question.id, one.claim)
    return found


def fit(found: Sequence[Sentence]) -> weighing.Fit:
    signs = [weighing.shows(one.words) for one in found]
    counted = Counter(name for each in signs for name in each)
    places = {name: at for at, name in enumerate(sorted(name for name, n in counted.items() if n >= SEEN))}
    cells = [
        (size, row, places[name])
        for row, each in enumerate(signs)
        for name, size in each.items()
        if name in places
    ]
    sizes, down, across = zip(*cells, strict=True)
    matrix = csr_matrix((sizes, (down, across)), shape=(len(found), len(places)))
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(matrix, [one.attack for one in found])
    weights = {name: round(float(model.coef_[0][at]), 2) for name, at in places.items()}
    loud = {name: weight for name, weight in weights.items() if abs(weight) >= LEAST}
    return weighing.Fit(bias=round(float(model.intercept_[0]), 3), weights=loud)


def left_out(found: Sequence[Sentence]) -> None:
    """Prints the share found by weights that never saw the family, and honest texts flagged."""
    from grader.addressed import finding

    names = sorted({one.family for one in found})
    random.Random(0).shuffle(names)
    attacks = sorted({one.family for one in found if one.attack})
    fold = {name: at % FOLDS for each in (names, attacks) for at, name in enumerate(each)}
    caught: dict[str, list[tuple[bool, bool]]] = {}
    for at in range(FOLDS):
        made = fit([one for one in found if fold[one.family] != at])
        texts = {(one.attack, one.family, one.text): None for one in found if fold[one.family] == at}
        for attack, family, text in texts:
            name = family if attack else "honest" if family.startswith("honest") else "answers"
            seen = finding.look(text, made)
            caught.setdefault(name, []).append((bool(seen.sure), bool(seen.sure or seen.suspicious)))
    every = [one for name in attacks for one in caught[name]]
    for family, found_in in [*sorted(caught.items()), ("all attacks", every)]:
        sure, either = np.mean(found_in, axis=0)
        print(f"{family:24} {len(found_in):4} texts, sure {sure:.3f}, sure or suspicious {either:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=gold.GOLD)
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    found = corpus(given.gold)
    if given.report:
        left_out(found)
        return
    made = fit(found)
    text = json.dumps({"bias": made.bias, "weights": dict(made.weights)}, ensure_ascii=False, indent=0)
    weighing.FILE.write_text(text + "\n", "utf-8", newline="\n")
    print(
        f"{len(found)} sentences, {len(made.weights)} weights, {weighing.FILE.stat().st_size / 1024:.0f} KB"
    )


if __name__ == "__main__":
    main()
