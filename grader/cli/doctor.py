"""`grade doctor`: what would judge here, is everything there that it needs, and what to do if not."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from grader.cli import console, options
from grader.cli.chosen import Chosen, choose, settings_of
from grader.cli.trouble import version
from grader.report.plain import wrapped
from grader.report.words import counted

if TYPE_CHECKING:
    from grader.cli.attacks import Tables
    from grader.trials.preflight import Preflight

State = Literal["ok", "warn", "fail", "skip"]
Attacks = Annotated[
    bool, Option("--attacks", help="Also: what does text that speaks to the grader win?", metavar="")
]


@dataclass(frozen=True)
class Check:
    """One line of the table. `todo`: what to do when it is not ok."""

    name: str
    state: State
    said: str
    todo: str = ""


@options.settings("model api_base client strategy timeout cassette mode")
def doctor(*, json: options.Json = False, attacks: Attacks = False, **flags: object) -> int:
    """Is everything there (model, key, endpoint, weights, schema, price), and can the judge judge?"""
    chosen = choose(settings_of(flags))
    checks = tuple(checked(chosen, os.environ))
    tables: Tables = {}
    if attacks:
        from grader.cli.attacks import checked as attacked

        check, tables = attacked(chosen, checks[-1])
        checks = (*checks, check)
    healthy = not any(one.state == "fail" for one in checks)
    if json:
        told = {title: [asdict(one) for one in lines] for title, lines in tables.items()}
        console.put_json(
            {"ok": healthy, "checks": [asdict(one) for one in checks], **({"attacks": told} if told else {})},
            indent=2,
        )
    else:
        show(checks, tables)
    return 0 if healthy else 3


def checked(chosen: Chosen, environ: Mapping[str, str]) -> Iterator[Check]:
    """Every check in the order of the table; the preflight comes last and only where the rest allows it."""
    settings, choice = chosen.settings, chosen.choice
    yield Check("version", "ok", f"grade {version()}, Python {platform.python_version()}")
    yield Check("config", "ok", str(settings.file or "no grade.toml and no [tool.grade]"))
    yield Check("model", "ok", f"{choice.model}: {choice.why}")
    yield Check("endpoint", "ok", f"{chosen.plan.endpoint}, strategy {chosen.plan.strategy}")
    if settings.cassette is not None:
        yield recordings(chosen)
    if settings.mode == "replay":
        yield Check("preflight", "skip", "in replay nobody is asked")
        return
    needs = (key(chosen, environ), server(chosen, environ), weights(chosen, environ))
    yield from (one for one in needs if one is not None)
    yield schema(chosen)
    yield price(choice.model)
    stopped = next((one for one in needs if one is not None and one.state in ("fail", "skip")), None)
    if stopped is not None:
        yield Check("preflight", "skip", f"not tried: see {stopped.name}")
    else:
        yield preflight(chosen)


def recordings(chosen: Chosen) -> Check:
    """How many recordings the cassette holds, and how many of them can't be played."""
    from grader import cassette

    folder = chosen.settings.cassette
    assert folder is not None
    there = len(tuple(folder.glob("*.json"))) if folder.is_dir() else 0
    fine = sum(1 for _ in cassette.usable(folder))
    said = f"{folder}, mode {chosen.settings.mode}: {counted(fine, 'recording')}"
    if there > fine:
        todo = f"`grade cassette list {folder}` names the files that can't be played; delete them"
        return Check("cassette", "warn", f"{said}, {there - fine} unusable", todo)
    return Check("cassette", "ok", said)


def key(chosen: Chosen, environ: Mapping[str, str]) -> Check | None:
    """Which variable holds the key; never the key."""
    from grader import judges

    settings, choice = chosen.settings, chosen.choice
    if choice.model == "embedded":
        return None
    if environ.get("GRADE_API_KEY"):
        if settings.api_base:
            judges.key_for(settings, environ)
        return Check("key", "ok", "GRADE_API_KEY is set")
    if judges.client(settings, choice) == "openai_compatible":
        if judges.key_for(settings, environ):
            return Check("key", "ok", "OPENAI_API_KEY is set")
        todo = "if the server wants a key, set GRADE_API_KEY"
        if environ.get("OPENAI_API_KEY"):
            todo += " (OPENAI_API_KEY goes only where --api-base or GRADE_API_BASE says)"
        return Check("key", "ok", f"none is sent; {todo}")
    from grader.judges import litellm

    missing = litellm.missing_keys(choice.model)
    if missing:
        return Check("key", "fail", f"not set: {', '.join(missing)}", f"set {missing[0]} or GRADE_API_KEY")
    return Check("key", "ok", "none is needed" if "ollama" in choice.model else "the provider's is set")


def server(chosen: Chosen, environ: Mapping[str, str]) -> Check | None:
    """Whether something listens where an address is known."""
    from grader.judges import discovery

    model, base = chosen.choice.model, chosen.settings.api_base
    if model.startswith(("ollama/", "ollama_chat/")) and not base:
        place = discovery.ollama_address(environ)
        running = discovery.ollama_version(environ, timeout=3.0)
        if running is None:
            todo = "start it with `ollama serve`, or set OLLAMA_HOST"
            return Check("server", "fail", f"no Ollama answers at {place}", todo)
        return Check("server", "ok", f"Ollama {running} at {place}")
    if not base or model == "embedded":
        return None
    trouble = discovery.unreachable(base)
    if trouble:
        todo = f"is the server running at {base}?"
        return Check("server", "fail", f"{base} can't be reached: {trouble}", todo)
    return Check("server", "ok", f"{base} can be reached")


def weights(chosen: Chosen, environ: Mapping[str, str]) -> Check | None:
    """Whether the embedded judge's weights are on this machine; doctor does not fetch a gigabyte unasked."""
    from grader.judges.weights import QWEN, cache_folder, find, genuine

    if chosen.choice.model != "embedded":
        return None
    found = find(environ=environ)
    if found is not None and not genuine(found, QWEN, cache_folder(environ), full=True):
        return Check("weights", "fail", f"{found} is damaged", "delete it: it is fetched again")
    if found is not None:
        return Check("weights", "ok", f"{QWEN.name}, every byte checked, at {found}")
    todo = f"grade any answer once: it fetches {QWEN.size / 1e9:.1f} GB, checked by their hash"
    return Check("weights", "skip", "not on this machine yet", todo)


def schema(chosen: Chosen) -> Check:
    """Whether the reply's schema can be asked for."""
    from grader import judges

    which = judges.client(chosen.settings, chosen.choice)
    if which == "embedded" or chosen.plan.strategy == "decision":
        return Check("schema", "ok", "not needed: probabilities are read, not text")
    if which == "openai_compatible":
        return Check("schema", "ok", "asked for; a server that refuses it is asked more weakly")
    from grader.judges import litellm

    if litellm.takes_schema(chosen.choice.model):
        return Check("schema", "ok", "the model takes one")
    said = "not known to be taken; replies are asked for as JSON and read with care"
    return Check("schema", "warn", said)


def price(model: str) -> Check:
    """Whether costs can be told beforehand."""
    from grader.judges import prices

    known = prices.price(model)
    if known is None:
        todo = "--max-cost can't hold for this model"
        return Check("price", "warn", "not in litellm's list, costs are not known", todo)
    if known.prompt == known.completion == 0:
        return Check("price", "ok", "free, it runs on your machines")
    said = f"{known.prompt * 1e6:.2f} USD a million prompt tokens, {known.completion * 1e6:.2f} of reply"
    return Check("price", "ok", said)


def preflight(chosen: Chosen) -> Check:
    """Eight small answers with known labels, graded for real: a judge that misses too many is unfit."""
    from grader.trials.preflight import MOST

    began = time.monotonic()
    flown = asyncio.run(_flown(chosen))
    took = f"{time.monotonic() - began:.1f} s, {flown.usage.prompt} prompt tokens"
    said = f"missed {flown.missed:g} of {flown.points} points, at most {MOST:g} may be missed; {took}"
    if flown.ungraded:
        wrong = [f"{counted(flown.ungraded, 'answer')} ungraded: {'; '.join(flown.problems)}"]
    else:
        about = {"too much credit in": flown.given, "too little in": flown.refused}
        wrong = [f"{what}: {', '.join(names)}" for what, names in about.items() if names]
    said = "; ".join([said, *wrong])
    if flown.fit:
        return Check("preflight", "ok", said)
    todo = "this judge is unfit: choose a larger one with --model, or prove it with `grade calibrate LABELS`"
    if flown.ungraded:
        todo = "as it says there; --model chooses another judge"
    return Check("preflight", "fail", f"unfit: {said}", todo)


async def _flown(chosen: Chosen) -> Preflight:
    from grader.judges import connect
    from grader.trials.preflight import fly

    settings = replace(chosen.settings, cassette=None, mode="live", tries=1)
    async with connect(settings, chosen.choice) as judge:
        return await fly(judge, chosen.plan, workers=settings.concurrency)


def show(checks: tuple[Check, ...], tables: Tables) -> None:
    """The table, those of attacks, and below them what to do."""
    from rich.table import Column, Table

    shown = console.stdout_console()
    table = Table.grid(Column(), Column(), Column(overflow="fold"), padding=(0, 2))
    for one in checks:
        table.add_row(one.state, one.name, one.said)
    shown.print(table)
    if tables:
        from grader.cli.attacks import text

        console.put("\n" + "\n".join(text(title, lines) for title, lines in tables.items()))
    said = (f"{one.name}: {one.todo}" for one in checks if one.todo)
    todo = [wrapped(one, shown.width - 4, shown.encoding) for one in said]
    if todo:
        console.put("\nWhat to do:\n" + "\n".join("  " + "\n    ".join(lines) for lines in todo))
    elif checks[-1].state == "ok":
        console.put("\nEverything is there: grade away.")
