"""Text that people wrote, made safe for Markdown, spreadsheets, workflow commands and XML. Pure."""

from __future__ import annotations

import re
import unicodedata

from grader.report.plain import ESCAPES, plain

line = plain

PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~=^$])")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")

AFTER = re.compile(r"(?<=[;\t\n])(?=\s{0,20}[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula would begin in a spreadsheet that takes these for the ends of cells."""


def markdown(text: str) -> str:
    """One line of Markdown, also in a table's cell, that shows just these characters."""
    text = PUNCTUATION.sub(r"\\\1", line(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(?i)\b(https?|ftp)(?=:)", r"\1&#8203;", text).replace("@", "&#64;")


def cell(text: str) -> str:
    """A spreadsheet's cell: no formula, no control characters, a line break stays."""
    text = "".join(
        one for one in ESCAPES.sub("", text) if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs")
    )
    text = AFTER.sub("'", text)
    return "'" + text if text.lstrip(" \n").startswith(FORMULA) else text


def command(text: str) -> str:
    """The message of a workflow command (`::error::message`)."""
    return line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property of a workflow command (`file=...`)."""
    return command(text).replace(":", "%3A").replace(",", "%2C")


def xml(text: str) -> str:
    """Text without the characters that no XML file may hold, and without terminal escapes."""
    return NOT_XML.sub("\ufffd", ESCAPES.sub("", text))
