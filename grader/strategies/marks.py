"""The attempt as a prompt holds it: harmless to chat templates, between marks that it cannot contain."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_TOKENS = re.compile(
    r"<(?=\s*(?:[|｜]|/?\s*(?:s|bos|eos|pad|unk|think|thinking|start_of_turn|end_of_turn|eot|system|user|"
    r"assistant|tool_call|tool_response|function_call|role|sop|eop|eo[ahm]|reserved_\d+|seed:\w+|"
    r"(?:beginning|end)_of_sentence|(?:answer|example)-[0-9a-f]*)\s*>|<\s*/?\s*SYS))"
    r"|\[(?=\s*/?\s*(?:INST|SYS(?:TEM_PROMPT)?|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK|"
    r"[|｜]\s*\w+\s*[|｜])\s*\])|\](?=~!?b[\]\[])",
    re.IGNORECASE,
)
_WIDE = {"<": "＜", "[": "［", "]": "］"}
_KEPT = "\n\t\r\u200c\u200d"
_ODD = re.compile(r"[^\n\t\r\x20-\x7e\u3000-\u303f\u4e00-\u9fff\uff01-\uffe6]")  # may not be as it should


def shown(text: str) -> str:
    """The attempt as a judge sees it, each character at its old offset.

    Control tokens of chat templates get a full-width first character; controls, direction marks and tag
    characters become spaces. Matching folds both, so quotes are still found in the attempt itself.
    """
    return _TOKENS.sub(lambda found: _WIDE[found[0]], _ODD.sub(lambda found: _plain(found[0]), text))


def _plain(character: str) -> str:
    if character < "\x7f":
        return character if character >= " " or character in _KEPT else " "
    if character in _KEPT or unicodedata.category(character) not in ("Cc", "Cf", "Cs"):
        return character
    return " "


def nonce(text: str) -> str:
    """Eight hex digits that the text does not hold, the same ones for the same text."""
    low, count = text.lower(), 0
    while True:
        found = hashlib.sha256(f"{count}:{text}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        if found not in low:
            return found
        count += 1
