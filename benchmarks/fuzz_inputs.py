"""Seeds that the fuzz loop starts from, and the ways in which it spoils them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 60_000

TOKENS = tuple(
    one if isinstance(one, bytes) else one.encode("utf-8")
    for one in (
        b"\x00", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x80", b"\xed\xa0\x80", b"\xd6\xd0",
        b"\x1b[31m", "\u202e", "\u2066", "\ufeff", "\u2028", "\x85", "\x0b", "\r", "\n", "\r\n", "\t", "中",
        "𠀀", "ß", "İ", "---\n", "```", "# ", "## Q43\n", "**Q1: a**\n", "- ", "&a ", "*a", "<<: ",
        "!!python/object:os.system ", "!!binary ", "!!timestamp 2001-01-01", "? ", ": ", "[", "]", "{", "}",
        '"', "'", "\\", "\\ud800", ",",
        "null", "true", "NaN", "-Infinity", "1e999", "1" * 5000, "-1", "0", "0.1", "9" * 30, "1_0", "0x7f",
        "[" * 200, "{\"a\":" * 100, "[" * 3000, "(" * 300, "<think>", "</think>", "...", "…", "key",
        "q: Q43\n", "CON", "../../etc/passwd", "/dev/zero", "~nobody-at-all/x", "%s", "{}", "{{ 1 }}", "=1+1",
        "\x7f", "=" * 90,
    )
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e308, -0.0, float("nan"), float("inf"), 10**30, 10**400, "", " ", "x",
    "Q43", "covered", "\ud800", "a\nb", "\x00", [], {}, [[]], [None], {"": None}, ["a", 1], {"a": {"b": []}},
    "9" * 400,
)  # fmt: skip


def spoiled(seed: bytes, others: tuple[bytes, ...], rng: random.Random) -> bytes:
    """A changed copy: now and then whole values of its JSON, else bytes, tokens and stretches."""
    if rng.random() < 0.45 and (changed := _json_spoiled(seed, rng)) is not None:
        seed = changed
        if rng.random() < 0.7:
            return seed
    raw = bytearray(seed[:LONGEST])
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        rng.choice(_WAYS)(raw, others, rng)
    return bytes(raw[:LONGEST])


def _json_spoiled(seed: bytes, rng: random.Random) -> bytes | None:
    """JSON or JSON lines with a value, a key or a member changed."""
    lines = seed.split(b"\n")
    try:
        shapes = [json.loads(seed)]
    except (ValueError, RecursionError):
        try:
            shapes = [json.loads(one) for one in lines if one.strip()]
        except (ValueError, RecursionError):
            return None
    for _ in range(rng.choice((1, 1, 2, 4))):
        if shapes:
            at = rng.randrange(len(shapes))
            shapes[at] = _value_spoiled(shapes[at], rng)
    text = "\n".join(json.dumps(one, ensure_ascii=rng.random() < 0.5) for one in shapes) + "\n"
    return text.encode("utf-8", "surrogatepass")


def _value_spoiled(value: Any, rng: random.Random) -> Any:
    if rng.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return rng.choice(ODD)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [*value[:at], _value_spoiled(value[at], rng), *value[at + rng.choice((0, 1, 1, 1)) :]]
    key = rng.choice(list(value))
    changed = dict(value)
    if rng.random() < 0.2:
        changed[rng.choice(("", "id", "x" * 300, "__class__", "self", key + " "))] = changed.pop(key)
        return changed
    if rng.random() < 0.15:
        del changed[key]
        return changed
    changed[key] = _value_spoiled(value[key], rng)
    return changed


def _flip(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    if raw:
        raw[rng.randrange(len(raw))] = rng.randrange(256)


def _put(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    at = rng.randrange(len(raw) + 1)
    raw[at:at] = rng.choice(TOKENS) * rng.choice((1, 1, 1, 2, 50))


def _cut(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    at = rng.randrange(len(raw) + 1)
    del raw[at : at + rng.choice((1, 2, 10, 100, len(raw)))]


def _twice(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    at = rng.randrange(len(raw) + 1)
    part = raw[at : at + rng.choice((1, 5, 40, 300))]
    raw[at:at] = part * rng.choice((1, 2, 20))


def _splice(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    other = rng.choice(others)
    at, start = rng.randrange(len(raw) + 1), rng.randrange(len(other) + 1)
    raw[at : at + rng.choice((0, 10, 1000))] = other[start : start + rng.choice((5, 50, 1000))]


def _again(raw: bytearray, others: tuple[bytes, ...], rng: random.Random) -> None:
    """In another encoding."""
    text = bytes(raw).decode("utf-8", "ignore")
    raw[:] = text.encode(rng.choice(("utf-16", "gb18030", "utf-16-le", "utf-8-sig", "latin-1")), "ignore")


_WAYS = (_flip, _flip, _put, _put, _put, _cut, _twice, _splice, _splice, _again)


def rubric_seeds() -> tuple[bytes, ...]:
    """Two rubric files, cut to what fits."""
    return tuple((ROOT / "rubrics" / f"{one}.yaml").read_bytes() for one in ("Q43", "Q21"))


def reply_seeds() -> tuple[bytes, ...]:
    """What judges say, tidy and not."""
    one = {"reason": "r", "quotes": ["keeps keys and values"], "coverage": "covered", "contradicted": False}
    whole = json.dumps({"Q1.1": one, "Q1.2": {**one, "coverage": "partial"}})
    return tuple(
        text.encode()
        for text in (
            whole,
            f"<think>{whole[:40]}</think>\n```json\n{whole}\n```",
            whole.replace('"', "'").replace("}", ",}"),
            json.dumps([{"criterion": "Q1.1", **one}, {"criterion": "Q1.2", **one}]),
        )
    )


def decision_seed() -> bytes:
    """What a decision endpoint says of two points."""
    level = {"probabilities": {"missing": 0.1, "partial": 0.2, "covered": 0.7}}
    said = {f"Q1.{n}/coverage": level for n in (1, 2)} | {
        f"Q1.{n}/contradicted": {"probability": 0.1} for n in (1, 2)
    }
    return json.dumps({"answers": said, "usage": {"prompt_tokens": 9, "completion_tokens": 2}}).encode()


def label_seed() -> bytes:
    """Labels of questions in the bank and outside it."""
    rows: list[dict[str, Any]] = [
        {"question": "Q43", "attempt": "a", "answer": "KV", "labels": {"Q43.1": "covered", "Q43.2": None}},
        {"question": "own", "answer": "text", "labels": {"own.1": "partial"}, "contradicted": ["own.1"],
         "question_text": "What?", "criteria": [{"id": "own.1", "text": "says it", "weight": 2}],
         "raters": [{"own.1": "covered"}], "lang": "en", "kind": "x"},
    ]  # fmt: skip
    return "\n".join(map(json.dumps, rows)).encode()


def card_seed() -> bytes:
    """A judge card with the part that is read again."""
    pairs = [
        ["Q43", "a", "Q43.1", "covered", "partial", 0.5],
        ["Q43", "b", "Q43.1", "missing", "missing", None],
    ]
    shape = {
        "card": "judge",
        "format": 1,
        "model": "m",
        "strategy": "joint",
        "at": "2026-01-01",
        "pairs": pairs,
    }
    return json.dumps(shape).encode()


def calibration_seed(width: int, signals: tuple[str, ...]) -> bytes:
    """A calibration that was fitted on nothing."""
    shape = {
        "calibration": "judge", "format": 1, "model": "m", "strategy": "joint", "prompts": ["sha256:p"],
        "rubrics": {"Q43": "sha256:r"}, "signals": signals, "partial": [0.1] * width,
        "covered": [0.2] * width,
        "moves": True, "mends": True, "review": 0.5, "held_out": {}, "labels": "sha256:l", "fitted_on": ["a"],
        "version": "1", "at": "2026-01-01",
    }  # fmt: skip
    return json.dumps(shape).encode()


CONFIG = b"""model = "gpt-4o-mini"
min = 0.5
seed = 3
concurrency = 4
cassette = "recordings"
mode = "replay"
lang = "en"
[check]
files = ["answers/**/*.md"]
bars = { Q43 = 0.7, "tag:DPO" = 0.6, "stars:5" = 0.5 }
scores = "scores.json"
ungraded = "ignore"
"""
TABLE = b"""question,answer,attempt,person,criteria
Q43,"It keeps keys, and values",a,anna,
own,text,b,,"[{""text"": ""says it"", ""weight"": 2}]"
"""
ANSWER = "---\nq: Q43\nperson: 安娜\n---\nThe cache keeps keys and values. 缓存 K 和 V。\n".encode()
ROUND = "intro\n\n## Q43 KV cache\n\nIt keeps keys.\n\n```\n## Q21\n```\n\n## 第21题\n\n位置编码。\n".encode()
