"""What text that speaks to the grader does to scores, and what the defence does to honest answers, by family.

python benchmarks/attacks.py [--model NAME] [--api-base URL] [--cassette DIR] [--step N] [--layers]
                             [--pairs FILE ...] [--honest FILE ...]

`grade doctor --attacks` does the same with the pairs of the package. FILE of --pairs holds JSON lines with
question (or qid), family (or attack_kind), text or injected, and genuine, or attempt: a labelled answer's id.
FILE of --honest holds rows with text: which are flagged or suspicious is told without a judge. Drift is
measured on the honest answers of interview_dev, and on those of these rows that have a question.
--layers: no defence, each layer alone, and both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gold

from grader import addressed, api, bank, config, defence, judges
from grader.cli.attacks import text
from grader.strategies import LAYERS, Layer
from grader.trials import attacking
from grader.trials.attacking import Answer


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def pairs_of(path: Path, known: dict[str, str]) -> Iterator[Answer]:
    for row in rows(path):
        genuine = row.get("genuine") or known[row["attempt"]]
        attacked = row.get("text") or f"{genuine}\n\n{row['injected']}"
        rubric = bank.load().question(row.get("question") or row["qid"]).rubric
        yield Answer(row.get("family") or row["attack_kind"], rubric, genuine, attacked)


def honest_of(path: Path) -> str:
    """Which honest texts are flagged whatever a judge says, and which would be judged twice."""
    found = [addressed.look(row["text"]) for row in rows(path)]
    sure, doubted = sum(bool(one.sure) for one in found), sum(bool(one.suspicious) for one in found)
    return f"{path.name}: {len(found)} honest texts, {sure} flagged, {doubted} suspicious"


def found_in(pairs: list[Answer]) -> str:
    """How many are flagged whatever a judge says, how many others judged twice, and how many neither."""
    seen = [defence.shown(one.rubric, one.attacked, LAYERS) for one in pairs]
    sure = sum(bool(one.flags) for one in seen)
    doubted = sum(len(one.texts) > 1 and not one.flags for one in seen)
    return f"{len(seen)} attacks: {sure} flagged, {doubted} judged twice, {len(seen) - sure - doubted} unseen"


def clean(paths: Sequence[Path]) -> list[Answer]:
    """Honest answers: those of interview_dev by kind, and of the files."""
    dev = [one for one in rows(gold.OWN / "interview_dev.jsonl") if one["kind"] != "attack"]
    told = [(one["kind"], one["question"], one["answer"]) for one in dev]
    told += [
        (path.stem, one["question"], one["text"]) for path in paths for one in rows(path) if "question" in one
    ]
    return [Answer(kind, bank.load().question(question).rubric, said) for kind, question, said in told]


async def run(given: argparse.Namespace) -> None:
    flags = {"model": given.model, "api_base": given.api_base, "cassette": given.cassette, "mode": given.mode}
    settings = config.load(flags, cwd=Path.cwd(), environ=os.environ)
    choice = config.choose_model(settings, os.environ)
    known = {row["attempt"]: row["answer"] for path in gold.OWN.glob("*.jsonl") for row in rows(path)}
    pairs = [one for path in given.pairs for one in pairs_of(path, known)]
    pairs = (pairs or [one for one in attacking.suite(bank.load()) if one.attacked])[:: given.step]
    plan = api.plan_for(settings, choice)
    choices: list[tuple[Layer, ...]] = [(), *((one,) for one in LAYERS), LAYERS] if given.layers else [LAYERS]
    workers = settings.concurrency
    print(found_in(pairs), *map(honest_of, given.honest), sep="\n", flush=True)
    async with judges.connect(settings, choice) as judge:
        asked = attacking.remembered(judge)
        for layers in choices:
            with_layers = replace(plan, layers=layers)
            name = " + ".join(layers) or "no defence"
            found = await attacking.attacks(pairs, asked, with_layers, workers=workers)
            print(text(f"attacks, {name}", attacking.lines(found)), flush=True)
            if layers:
                moved = await attacking.drift(clean(given.honest), asked, with_layers, workers=workers)
                print(text(f"honest answers, {name}", attacking.lines(moved)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--api-base", default=None)
    parser.add_argument("--cassette", type=Path, default=None)
    parser.add_argument("--mode", default=None)
    parser.add_argument("--step", type=int, default=1, help="every so many of the pairs")
    parser.add_argument("--layers", action="store_true")
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--honest", type=Path, nargs="*", default=[])
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
