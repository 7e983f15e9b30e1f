"""The prompt templates: find, hash and fill them."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from grader.resources import folder

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def prompt_hash(*names: str) -> str:
    """`sha256:` and the hex digest of the text of these templates, whatever the line ends on disk."""
    return "sha256:" + hashlib.sha256("\0".join(map(_text, names)).encode()).hexdigest()


def fill(name: str, block: str = "", **words: Any) -> str:
    """A template, or one block of it, filled; jinja2.UndefinedError when a word for it is missing."""
    return _filled(name, block, words) if words else _bare(name, block)


@cache
def _bare(name: str, block: str) -> str:
    return _filled(name, block, {})


def _filled(name: str, block: str, words: dict[str, Any]) -> str:
    template = _template(name)
    if not block:
        return template.render(words).strip()
    return "".join(template.blocks[block](template.new_context(words))).strip()


@cache
def _text(name: str) -> str:
    return (folder("prompts") / f"{name}.j2").read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined  # a replayed report needs no templates

    words = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return words.from_string(_text(name))
