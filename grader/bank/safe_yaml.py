"""YAML without its traps: no aliases, no repeated keys, no depth, and the line of every value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from grader.bank.textfile import HIDDEN
from grader.errors import InputError

Place = tuple[str | int, ...]
DEPTH = 12
SURELY_FLAT = 200
LONGEST_NUMBER = 30
"""Characters. A hexadecimal number of thousands has more digits than Python writes out."""
_INDENTED = re.compile(r"(?:^|[\n\r\x85\u2028\u2029])[ \t?:-]*")
_UNREADABLE = (RecursionError, ValueError, OverflowError, AttributeError, TypeError, LookupError)
"""What PyYAML lets out for `!!timestamp x`, `!!bool x`, `!!int ""` and their like."""


@dataclass(frozen=True)
class Loaded:
    """A plain value, and the line at which each part of it stands, by path."""

    value: Any
    lines: Mapping[Place, int]


def load(text: str, name: str, *, first_line: int = 1) -> Loaded:
    """Plain dicts, lists, strings, numbers, booleans and None. InputError names file and line."""
    kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _refuse_depth(text, kind, name, first_line)
    loader = kind(text)
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return Loaded(None, {(): first_line})
        _look(node, (), lines, set(), name, first_line)
        return Loaded(loader.construct_document(node), lines)
    except yaml.YAMLError as error:
        raise _unreadable(error, name, first_line) from error
    except _UNREADABLE as error:
        raise InputError(f"{name}: not readable as YAML: {error}", "put values in quotes") from error
    finally:
        loader.dispose()


def _refuse_depth(text: str, kind: Any, name: str, first_line: int) -> None:
    """InputError before the C loader, which recurses without a bound, meets thousands of levels.

    No text is deeper than its brackets and the marks and spaces that its lines begin with.
    """
    if text.count("[") + text.count("{") + 2 * max(map(len, _INDENTED.findall(text))) < SURELY_FLAT:
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=kind):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > SURELY_FLAT:
                line = event.start_mark.line if event.start_mark else 0
                raise InputError(f"{name}:{line + first_line}: nested too deeply", "a rubric has four levels")
    except yaml.YAMLError as error:
        raise _unreadable(error, name, first_line) from error


def _look(
    node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int], name: str, first_line: int
) -> None:
    """Notes lines; refuses aliases (a node met twice), repeated keys and depth."""
    line = node.start_mark.line + first_line
    if id(node) in seen:
        raise InputError(f"{name}:{line}: aliases (*name) are not allowed", "write the value out")
    if len(place) > DEPTH:
        raise InputError(f"{name}:{line}: nested too deeply", "a rubric has four levels")
    seen.add(id(node))
    lines[place] = line
    if isinstance(node, yaml.ScalarNode) and HIDDEN.search(node.value):
        raise InputError(f"{name}:{line}: a control character in the text", "delete it")
    if node.tag == "tag:yaml.org,2002:int" and len(node.value) > LONGEST_NUMBER:
        raise InputError(f"{name}:{line}: a number of {len(node.value)} characters", "put a text in quotes")
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _look(child, (*place, index), lines, seen, name, first_line)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            where = key.start_mark.line + first_line
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise InputError(f"{name}:{where}: a field's name must be plain text", "write name: value")
            if (*place, key.value) in lines:
                raise InputError(f"{name}:{where}: {key.value} stands twice", "keep one of them")
            _look(child, (*place, key.value), lines, seen, name, first_line)
            lines[(*place, key.value)] = where


def _unreadable(error: yaml.YAMLError, name: str, first_line: int) -> InputError:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + first_line}" if mark else name
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    hint = (
        "use spaces, not tabs"
        if "\\t" in problem
        else "put texts that hold ': ' or '#' or begin with a mark in quotes"
    )
    return InputError(f"{where}: not readable as YAML: {problem}", hint)
