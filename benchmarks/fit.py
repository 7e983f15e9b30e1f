"""Fits the embedded judge: labelled answers -> grader/fits/*.json, one a wording, with its agreement.

python benchmarks/fit.py [--gold DIR] [--features DIR] [--lang zh] [--nulls]
"""

from __future__ import annotations

import argparse
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import features
import gold
import numpy as np
import table as tables
from figures import figures
from fitting import Stacked

from grader import bank
from grader.judges.weights import QWEN, cache_folder
from grader.strategies import pointwise, stack
from grader.strategies.prompts import prompt_hash
from grader.types import Attempt, Lang, digest

OUT = gold.ROOT / "grader" / "fits"
REPORTED = "interview_dev"


def pack(matrix: Any) -> dict[str, Any]:
    """A (heads, width) matrix as half floats with one scale a head."""
    scale = np.abs(matrix).max(axis=1) + 1e-12
    raw = (matrix / scale[:, None]).astype("<f2").tobytes()
    return {"scale": [float(f"{one:.6g}") for one in scale], "data": base64.b64encode(raw).decode("ascii")}


def stacked(fitted: Stacked, setup: tables.Setup) -> dict[str, Any]:
    """The stack as its file has it."""

    def head(beta: Any) -> dict[str, Any]:
        return {"intercept": _short(beta[0]), "coefficients": [_short(one) for one in beta[1:]]}

    return {
        "signals": list(setup.signals),
        "groups": [tables.GROUPS.get(name, "model") for name in setup.signals],
        "mean": [_short(one) for one in fitted.mean],
        "scale": [_short(one) for one in fitted.scale],
        "partial": head(fitted.some),
        "covered": head(fitted.full),
        "thresholds": [_short(one) for one in fitted.thresholds],
    }


def _short(number: float) -> float:
    return round(float(number), 6)


def about(table: tables.Table, lang: Lang, agreement: dict[str, Any], setup: tables.Setup) -> dict[str, Any]:
    """What the fit was made on and for."""
    return {
        "note": "The embedded judge's probe (kernel ridge) and stack (two logistics), by benchmarks/fit.py.",
        "made": datetime.now(UTC).date().isoformat(),
        "fitted_on": {
            name: {"answers": len(set(table["attempt"][own])), "labels": int(own.sum())}
            for name, own in ((name, table["set"] == name) for name in setup.train)
            if own.any()
        },
        "weights": QWEN.sha256,
        "lang": lang,
        "other_language_counts": tables.SHARE,
        "prompt": prompt_hash(f"pointwise.{lang}"),
        "rubrics": digest(sorted(set(table["rubric"][np.isin(table["set"], setup.train)]))),
        "agreement": agreement,
    }


def agreement(table: tables.Table, kern: Any, lang: Lang, setup: tables.Setup) -> dict[str, Any]:
    """On interview_dev; for English on the public sets, each question by a fit that did not see it."""
    if lang == "zh":
        train = np.flatnonzero(np.isin(table["set"], setup.train))
        test = np.flatnonzero(table["set"] == REPORTED)
        _, levels, _ = tables.judge(table, kern, train, test, setup)
        return {"set": REPORTED, **figures(table, test, levels)}
    public = [name for name in setup.train if (table["lang"][table["set"] == name] == lang).any()]
    parts = [tables.crossed(table, kern, setup, name) for name in public]
    rows, _, levels = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"set": ", ".join(public), **figures(table, rows, levels)}


def fitted(table: tables.Table, lang: Lang, setup: tables.Setup) -> dict[str, Any]:
    """A language's file."""
    kern = tables.ridge(table, setup, lang)
    assert kern is not None
    train = np.flatnonzero(np.isin(table["set"], setup.train))
    made = tables.fit(table, kern, train, lang, setup)
    return {
        "about": about(table, lang, agreement(table, kern, lang, setup), setup),
        "stack": stacked(made, setup),
        "contradicted": _short(tables.contradiction(table, kern)),
        "probe": tables.probe(table, kern, setup, pack),
    }


def nulls(out: Path) -> None:
    """What every packaged rubric brings for an empty answer, so that a first grade needs no pass for it."""
    from grader.judges.embedded import threads
    from grader.judges.embedded_decision import Decider, emptied, null_key
    from grader.judges.fetch import obtain
    from grader.judges.llama import Llama
    from grader.judges.probe import Probe

    probe = Probe(stack.load(stack.named("zh")).probe)
    decider = Decider(Llama(obtain(note=print), threads=threads()), cache_folder() / "nulls")
    found = {}
    for question in bank.load().questions():
        attempt = Attempt(id="", question=question.id, text="")
        [asked] = pointwise.requests(question.rubric, attempt, features.PLAN)
        found[null_key(emptied(asked))] = {
            name: {head: round(value, 5) for head, value in one.items()}
            for name, one in decider.null(asked, probe).items()
        }
        print(question.id, flush=True)
    lines = [f"{json.dumps(key)}: {json.dumps(one)}" for key, one in sorted(found.items())]
    out.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gold", type=Path, default=gold.GOLD, help="folder with the labelled sets")
    parser.add_argument(
        "--features", type=Path, default=cache_folder() / "features", help="where states are kept"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--nulls", action="store_true", help="only what rubrics bring for an empty answer")
    parser.add_argument("--lang", choices=list(tables.SETUPS), help="only the fit for this wording")
    parser.add_argument("--kept", action="store_true", help="use the answers already read, read no others")
    chosen = parser.parse_args()
    if chosen.nulls:
        nulls(chosen.out / "nulls.json")
        return
    some = [setup for lang, setup in tables.SETUPS.items() if chosen.lang in (None, lang)]
    names = dict.fromkeys((*(name for setup in some for name in setup.train), REPORTED))
    rows = [one for name in names for one in gold.read(name, chosen.gold)]
    if not chosen.kept:
        features.extract(rows, chosen.features)
    table = tables.build(rows, chosen.features)
    for lang, setup in tables.SETUPS.items():
        if chosen.lang not in (None, lang):
            continue
        document = fitted(table, lang, setup)
        place = chosen.out / f"{stack.named(lang)}.json"
        place.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(json.dumps(document["about"], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
