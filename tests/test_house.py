"""How the code is written, measured: sizes, first lines, names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "grader").rglob("*.py"))
NEVER = frozenset(
    ("eval", "metric", "metrics", "result", "results", "data", "item", "items", "manager", "handler",
     "util", "utils", "helper", "helpers")
)  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    return (one for one in ast.walk(tree(path)) if isinstance(one, Function))


def lines(function: Function) -> int:
    """Of its body, signature and docstring left out: a command's options are no code."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return max(one.end_lineno or 0 for one in function.body) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_is_short_and_opens_with_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    assert not text.strip() or ast.get_docstring(tree(path))
    assert {one.name: lines(one) for one in functions(path) if lines(one) > 30} == {}


def test_nothing_is_called_by_a_word_that_says_nothing() -> None:
    named = [(path.stem, path.name) for path in MODULES]
    for path in MODULES:
        kinds = (one for one in ast.walk(tree(path)) if isinstance(one, Function | ast.ClassDef))
        named += [(one.name, path.name) for one in kinds]
    words = {pair: {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", pair[0])} for pair in named}
    assert [pair for pair, parts in words.items() if parts & NEVER] == []


def test_every_module_has_its_place_on_the_map() -> None:
    places = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| step |")[2]
    own = [one.stem for one in (ROOT / "grader").glob("[!_]*.py")]
    assert [one for one in own if f"`{one}`" not in places] == []
