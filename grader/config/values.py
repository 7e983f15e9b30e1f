"""One setting's value, from a flag, a variable or TOML; ValueError in plain words. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path


def text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("should be text")
    return raw.strip()


def model(raw: object) -> str:
    """A judge's name; LiteLLM would send a provider's key to an address in it."""
    name = text(raw)
    if "://" in name:
        raise ValueError("a model's name holds no address; --api-base does")
    return name


def path(raw: object) -> Path:
    if not isinstance(raw, str | Path) or not str(raw).strip() or "\0" in str(raw):
        raise ValueError("should be a path")
    try:
        return Path(raw).expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no such home folder ({error})") from None


def path_or_off(raw: object) -> Path | str:
    return "off" if raw == "off" else path(raw)


def number(low: float, high: float, words: str) -> Callable[[object], float]:
    def parse(raw: object) -> float:
        try:
            value = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
        except (ValueError, OverflowError):
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f"should be {words}")
        return value

    return parse


def whole(low: int, high: int, words: str) -> Callable[[object], int]:
    fraction = number(low, high, words)

    def parse(raw: object) -> int:
        value = fraction(raw)
        if value != int(value):
            raise ValueError(f"should be {words}")
        return int(value)

    return parse


def one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def parse(raw: object) -> str:
        if raw not in choices:
            near = difflib.get_close_matches(str(raw), choices, n=1)
            raise ValueError(
                f"should be {', '.join(choices)}" + (f" (did you mean {near[0]}?)" if near else "")
            )
        return str(raw)

    return parse


def models(raw: object) -> tuple[str, ...]:
    """Names of judges between commas, or a list of them."""
    listed = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise ValueError("should be names between commas")
    return tuple(map(model, dict.fromkeys(one.strip() for one in listed if one.strip())))
