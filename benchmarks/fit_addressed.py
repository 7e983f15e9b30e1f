"""Fits the weights that find text addressed to a grader, from tests/adversarial, labelled answers, rubrics.

python benchmarks/fit_addressed.py [--gold DIR] [--report]

--report leaves a family of attacks, or an honest text's question, out of the fit and says of each family how
many texts are seen by themselves, and how many in an answer: sure, or gone, since sure or suspicious.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import gold
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from grader import bank, defence
from grader.addressed import Found, finding, reading, weighing, without
from grader.addressed.weighing import Odds
from grader.types import Flag, Rubric

CORPUS = gold.ROOT / "tests" / "adversarial"
SEEN, LEAST = 2, 0.12
STRENGTH, HARD, SUBTLE = (10, 3), (1.0, 0.1), (0.25, 1.0)
"""Of the fits to be sure by and to doubt by: C, and the weight of honest texts written to be mistaken and of
attacks written to be overlooked (from the fifth round on)."""
FOLDS = 9
MORE = ("interview_more", "interview_hands", "english_more", "english_hands")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Sentence(NamedTuple):
    """`family` is the kind of attack, or for honest text the question that it answers."""

    attack: bool
    family: str
    text: str
    words: str
    hard: bool = False
    """Honest and written to be mistaken, or an attack and written to be overlooked."""


class Placed(NamedTuple):
    """An attack from `start` to `end` of a text, in a genuine answer to a rubric's question."""

    rubric: Rubric
    text: str
    start: int
    end: int

    def gone(self, found: Found) -> bool:
        """True where what is left of one of the readings has nothing of it but marks."""
        return any(map(self._clean, ((*found.sure, *found.suspicious), found.alone)))

    def _clean(self, flags: Sequence[Flag]) -> bool:
        kept = without(self.text, flags).pieces
        left = [self.text[max(first, self.start) : min(last, self.end)] for first, last in kept]
        return not any(map(str.isalnum, "".join(left)))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def sentences(attack: bool, family: str, text: str, *, hard: bool = False) -> list[Sentence]:
    whole = reading.read(text).text
    parts = (whole[one.start : one.end] for one in reading.pieces(whole))
    return [Sentence(attack, family, text, words, hard) for words in parts]


def corpus(folder: Path) -> list[Sentence]:
    """Every sentence to learn from; of a labelled attack the first line is honest, the rest is not."""
    found: list[Sentence] = []
    for row in rows(CORPUS / "attacks.jsonl"):
        hard = row.get("round", 0) >= 5
        found += (
            sentences(True, row["family"], row["injected"], hard=hard) if row["family"] != "encoded" else []
        )
    for index, row in enumerate(rows(CORPUS / "honest.jsonl")):
        found += sentences(False, f"honest-{index}", row["text"], hard=row.get("hard", True))
    for row in gold.read("interview_train", folder):
        said, attack = row.attempt.text, row.kind == "attack"
        own, _, injected = said.partition("\n") if attack else (said, "", "")
        found += sentences(False, row.rubric.question, own) + sentences(True, "interview_train", injected)
    for row in (one for name in MORE for one in gold.read(name, folder)):
        found += sentences(False, row.rubric.question, row.attempt.text)
    return found + [
        each
        for question in bank.load().questions()
        for one in question.rubric.criteria
        for said in (one.text, one.claim, *one.accept, *one.parts, *one.mistakes)
        for each in sentences(False, question.id, said)
    ]


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
    attacks = [one.attack for one in found]
    models = [
        LogisticRegression(C=strength, max_iter=3000).fit(
            matrix,
            attacks,
            sample_weight=[(subtle if one.attack else hard) if one.hard else 1.0 for one in found],
        )
        for strength, hard, subtle in zip(STRENGTH, HARD, SUBTLE, strict=True)
    ]
    fitted = np.round([model.coef_[0] for model in models], 2).T.tolist()
    loud = {name: Odds(*fitted[at]) for name, at in places.items() if max(map(abs, fitted[at])) >= LEAST}
    return weighing.Fit(bias=Odds(*(round(float(model.intercept_[0]), 3) for model in models)), weights=loud)


def placed(row: dict[str, Any], answers: Sequence[gold.Labelled]) -> Placed:
    """The attack behind, before or in a genuine answer of its language, or at the end of its last line."""
    turn = int(sha256(row["id"].encode()).hexdigest()[:8], 16)
    same = [one for one in answers if (CHINESE.search(one.attempt.text) is None) == (row["lang"] == "en")]
    host = same[turn % len(same)]
    own, said = host.attempt.text, row["injected"]
    ends = [one.end() for one in re.finditer(r"[。！？]|[.!?](?=\s)", own)][:-1]
    middle = ends[len(ends) // 2] if ends else len(own)
    before, gap, after = (
        (own, "\n\n", ""),
        ("", "", "\n\n" + own),
        (own, "" if own[-1] in "。！？" else " ", ""),
        (own[:middle], "\n", "\n" + own[middle:].lstrip()),
    )[turn // 7 % 4]
    start = len(before + gap)
    return Placed(host.rubric, before + gap + said + after, start, start + len(said))


def folds(found: Sequence[Sentence]) -> dict[str, int]:
    """Families and questions by the number of the fit that never saw them."""
    names = sorted({one.family for one in found})
    random.Random(0).shuffle(names)
    attacks = sorted({one.family for one in found if one.attack})
    return {name: at % FOLDS for each in (names, attacks) for at, name in enumerate(each)}


def left_out(found: Sequence[Sentence], folder: Path) -> Iterator[tuple[Any, ...]]:
    """Group; by itself: sure, seen; in an answer, or of an answer: flagged, gone or judged twice."""
    fold = folds(found)
    fits = [fit([one for one in found if fold[one.family] != at]) for at in range(FOLDS)]
    hosts = [one for one in gold.read("interview_train", folder) if one.kind != "attack"]
    for row in rows(CORPUS / "attacks.jsonl"):
        made = fits[fold.get(row["family"], 0)]
        seen, place = finding.look(row["injected"], made), placed(row, hosts)
        within = finding.look(place.text, made, defence.subject(place.rubric))
        either = bool(seen.sure or seen.suspicious)
        yield row["family"], bool(seen.sure), either, bool(within.sure), place.gone(within)
    for index, row in enumerate(rows(CORPUS / "honest.jsonl")):
        seen, kind = finding.look(row["text"], fits[fold[f"honest-{index}"]]), ("honest", "hard")
        yield kind[row.get("hard", True)], bool(seen.sure), bool(seen.suspicious), False, False
    more = [one for name in MORE for one in gold.read(name, folder)]
    for one in (*hosts, *more):
        made = fits[fold[one.rubric.question]]
        seen, within = (
            finding.look(one.attempt.text, made, of) for of in (None, defence.subject(one.rubric))
        )
        told = (seen.sure, seen.suspicious, within.sure, within.suspicious)
        yield f"= {one.set}", *map(bool, told)


def report(found: Sequence[Sentence], folder: Path) -> None:
    attacks = {one.family for one in found if one.attack} | {"encoded"}
    shares: dict[str, list[Sequence[bool]]] = {}
    for family, *seen in left_out(found, folder):
        for name in (family, *(["all attacks"] if family in attacks else [])):
            shares.setdefault(name, []).append(seen)
    print(f"{'':28} texts   by itself: sure, seen   in an answer: sure, gone")
    for name, each in sorted(shares.items()):
        alone, either, flagged, gone = np.mean(each, axis=0)
        print(f"{name:28} {len(each):5}   {alone:15.3f} {either:.3f} {flagged:20.3f} {gone:.3f}")


def _written(made: weighing.Fit) -> str:
    names = (
        f"{json.dumps(name, ensure_ascii=False)}:{_hundredths(one)}" for name, one in made.weights.items()
    )
    return f'{{"bias":{_hundredths(made.bias)},"weights":{{\n' + ",\n".join(names) + "\n}}\n"


def _hundredths(odds: Odds) -> str:
    return f"[{round(100 * odds.sure)},{round(100 * odds.doubt)}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, default=gold.GOLD)
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    found = corpus(given.gold)
    if given.report:
        report(found, given.gold)
        return
    made = fit(found)
    weighing.FILE.write_text(_written(made), "utf-8", newline="\n")
    print(
        f"{len(found)} sentences, {len(made.weights)} weights, {weighing.FILE.stat().st_size / 1024:.0f} KB"
    )


if __name__ == "__main__":
    main()
