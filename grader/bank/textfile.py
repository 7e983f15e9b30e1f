"""Read a text file as people have them: UTF-8, a BOM, UTF-16 or GBK, any line ends, never binary or huge."""

from __future__ import annotations

import codecs
import difflib
import re
from pathlib import Path

from grader.errors import InputError

KNOWN_BINARY = {
    b"PK\x03\x04": "a Word document or a zip archive",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a compressed file",
}
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)  # styles or turns a terminal's text
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u2010-\u2026]")


def read_text(path: Path, *, limit: int) -> str:
    """The text of a file of at most `limit` bytes, with `\\n` line ends, without a BOM; else InputError."""
    return decode(read_bytes(path, limit=limit), str(path))


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The bytes of a file of at most `limit` bytes; InputError that says what to do otherwise."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder", "name a file")
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file", nearest(path)) from error
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it", "change its permissions") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: can't be read: {error}", "check the path") from error
    if len(raw) > limit:
        raise InputError(
            f"{path} is larger than {size(limit)}", "split it, or check that it is the right file"
        )
    return raw


def decode(raw: bytes, name: str) -> str:
    """Bytes as text; InputError naming `name` when they are no text in a known encoding."""
    for magic, what in KNOWN_BINARY.items():
        if raw.startswith(magic):
            raise InputError(f"{name} is {what}, not text", "save it as plain text or Markdown in UTF-8")
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # the first begins with UTF-16's own mark
        text = _decoded(raw, "utf-32", name)
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decoded(raw, "utf-16", name)
    elif b"\0" in raw:
        raise _binary(name)
    else:
        text = _utf8_or_gbk(raw, name)
    if "\0" in text:
        raise _binary(name)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def size(count: int) -> str:
    """1 MB, 256 kB: bytes for people."""
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1000} kB"


def _utf8_or_gbk(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded(raw, "gb18030", name)
    wide = [char for char in text if ord(char) > 127]
    if sum(bool(CHINESE.match(char)) for char in wide) < 0.8 * len(wide):  # GBK decodes nearly anything
        raise _unknown_encoding(name)
    return text


def _decoded(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unknown_encoding(name) from error


def _binary(name: str) -> InputError:
    return InputError(f"{name} is binary, not text", "save it as plain text or Markdown in UTF-8")


def _unknown_encoding(name: str) -> InputError:
    return InputError(f"{name} is neither UTF-8 nor GBK text", "save it in UTF-8")


def nearest(path: Path) -> str:
    """What to say of a path that is not there: the file that was meant, perhaps."""
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return f"the folder {path.parent} is not there either"
    close = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {path.parent / close[0]}?" if close else "check the path"
