"""Settings: flag over GRADE_* variable over grade.toml or [tool.grade] over default."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from grader.config import values
from grader.config.file import find
from grader.errors import InputError
from grader.judges import discovery
from grader.types import Lang

Mode = Literal["live", "auto", "record", "replay"]
Strategy = Literal["auto", "joint", "pointwise", "decision"]
Unverified = Literal["flag", "review", "credit_none"]
Reference = Literal["on", "off"]
Client = Literal["auto", "litellm"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a user can set, each with what reads it from a flag, a variable or the config file.

    `looks` is auto, off, or the model that looks again.
    `origin` says where each name that was set was set: `--model`, `GRADE_MODEL`, `grade.toml`.
    `check` is the [check] table as it stands, `file` the config file that was read.
    """

    model: Annotated[str, values.model] = ""
    api_base: Annotated[str, values.text] = ""
    client: Annotated[Client, values.one_of(get_args(Client))] = "auto"
    strategy: Annotated[Strategy, values.one_of(get_args(Strategy))] = "auto"
    cassette: Annotated[Path | None, values.path] = None
    mode: Annotated[Mode, values.one_of(get_args(Mode))] = "live"
    min: Annotated[float | None, values.number(0, 1, "a score from 0 to 1")] = None
    concurrency: Annotated[int, values.whole(1, 1000, "a whole number from 1 to 1000")] = 8
    max_cost: Annotated[float | None, values.number(0, 1e9, "a sum in USD, 0 or more")] = None
    requests_per_minute: Annotated[int | None, values.whole(1, 10**9, "a whole number over 0")] = None
    tokens_per_minute: Annotated[int | None, values.whole(1, 10**12, "a whole number over 0")] = None
    lang: Annotated[Lang | None, values.one_of(get_args(Lang))] = None
    unverified: Annotated[Unverified | None, values.one_of(get_args(Unverified))] = None
    calibration: Annotated[Path | Literal["off"] | None, values.path_or_off] = None
    seed: Annotated[int, values.whole(0, 2**31 - 1, "a whole number, 0 or more")] = 0
    samples: Annotated[int, values.whole(1, 20, "a whole number from 1 to 20")] = 1
    jury: Annotated[tuple[str, ...], values.models] = ()
    looks: Annotated[str, values.model] = "off"
    examples: Annotated[Path | None, values.path] = None
    reference: Annotated[Reference, values.one_of(get_args(Reference))] = "on"
    bank: Annotated[Path | None, values.path] = None
    timeout: Annotated[float, values.number(0.1, 86400, "seconds, 0.1 or more")] = 120.0
    tries: Annotated[int, values.whole(1, 20, "a whole number from 1 to 20")] = 5
    check: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def looker(self) -> str:
        """The other model that looks again, "" when there is none."""
        return "" if self.looks in ("auto", "off") else self.looks


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The model that will judge and a line that says why; `endpoint` is set where recordings decided."""

    model: str
    why: str
    endpoint: str = ""


def load(flags: Mapping[str, object], *, cwd: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in force. A flag that is None was not given. InputError names place, name and fix."""
    file, table = find(cwd)
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    if file is not None:
        _check_names(table, file)
        for name, raw in table.items():
            name = name.replace("-", "_")
            values[name] = _parse(name, raw, f"{file.name}: {name} = {raw!r}", file.parent)
            origin[name] = file.name
    for name in _PARSERS:
        variable = f"GRADE_{name.upper()}"
        if environ.get(variable, "") != "":
            values[name] = _parse(name, environ[variable], f"{variable}={environ[variable]}", cwd)
            origin[name] = variable
        if flags.get(name) is not None:
            flag = "--" + name.replace("_", "-")
            values[name] = _parse(name, flags[name], f"{flag} {flags[name]}", cwd)
            origin[name] = flag
    return _with_mode(Settings(**values, file=file, origin=origin))


def choose_model(
    settings: Settings,
    environ: Mapping[str, str],
    probe: Callable[[Mapping[str, str]], str | None] = discovery.ollama_model,
) -> Choice:
    """Which model judges, the first that fits: the one that was set, in replay the recordings' own, that of
    a provider whose key is there, of an Ollama server on this machine (`probe` names it), the embedded one.
    """
    if settings.model:
        return Choice(model=settings.model, why=f"set by {settings.origin.get('model', 'the caller')}")
    if settings.mode == "replay" and settings.cassette is not None:
        return _recorded_choice(settings.cassette)
    if settings.api_base:
        place = settings.origin.get("api_base", "api_base")
        raise InputError(
            f"{place} names an endpoint but no model", "add --model NAME as that server calls it"
        )
    for variable, model in discovery.PROVIDER_MODELS.items():
        if environ.get(variable):
            return Choice(model=model, why=f"{variable} is set")
    if found := probe(environ):
        return Choice(model=found, why=f"an Ollama server runs at {discovery.ollama_address(environ)}")
    return Choice(model="embedded", why="no model is set, no provider key and no Ollama server were found")


def _recorded_choice(folder: Path) -> Choice:
    from grader import cassette

    pairs = cassette.models(folder)
    if len(pairs) == 1:
        ((model, endpoint),) = pairs
        return Choice(model=model, endpoint=endpoint, why=f"all recordings in {folder} are of it")
    return Choice(model="embedded", why=f"no model is set, and {folder} does not hold recordings of just one")


def _check_names(table: Mapping[str, Any], file: Path) -> None:
    for name in table:
        if name.replace("-", "_") not in _PARSERS and name != "check":
            near = difflib.get_close_matches(name.replace("-", "_"), (*_PARSERS, "check"), n=2)
            known = "known are: " + ", ".join((*_PARSERS, "check"))
            hint = f"did you mean {' or '.join(near)}?" if near else known
            raise InputError(f"{file}: {name} is not a setting", hint)


def _parse(name: str, raw: object, where: str, start: Path) -> object:
    if name == "check":
        if not isinstance(raw, dict):
            raise InputError(f"{where}: check is a table", "write [check] and its settings below it")
        return raw
    try:
        value = _PARSERS[name](raw)
    except ValueError as error:
        from grader.judges.failures import blotted, secrets_in

        # an address in the wrong place may hold a password
        shown = blotted(re.sub(r"(?<=//).*@", "***@", where), secrets_in(os.environ))
        raise InputError(f"{shown}: {error}", "correct it there, or leave it out") from None
    return start / value if isinstance(value, Path) else value


def _with_mode(settings: Settings) -> Settings:
    if settings.mode != "live" and settings.cassette is None:
        place = settings.origin.get("mode", "mode")
        raise InputError(f"{place} {settings.mode} needs a cassette", "add --cassette DIR")
    if settings.cassette is not None and "mode" not in settings.origin:
        return replace(settings, mode="auto")
    return settings


_PARSERS: Mapping[str, Callable[[object], Any]] = {
    name: kind.__metadata__[0]
    for name, kind in get_type_hints(Settings, include_extras=True).items()
    if get_origin(kind) is Annotated
}
