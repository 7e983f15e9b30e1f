"""A map of 64-bit numbers in a sixth of the memory of a dict: what a batch remembers of 100,000 answers."""

from __future__ import annotations

import secrets
from array import array
from typing import Any

_SALT = secrets.randbits(64) | 1
"""Unknown to whoever wrote the keys into a run: none can be chosen to fall into one place."""
_BITS = 64


class Numbers:
    """Keys are hashes from 1 to 2**64 - 1, values from 0 on. Open addressing in two arrays."""

    def __init__(self, size: int = 1024) -> None:
        self._keys, self._values = array("Q", bytes(8 * size)), array("Q", bytes(8 * size))
        self._used = 0

    def get(self, key: int, default: Any = None) -> Any:
        """As of a dict."""
        slot = self._slot(key)
        return self._values[slot] if self._keys[slot] else default

    def __contains__(self, key: int) -> bool:
        return self._keys[self._slot(key)] != 0

    def __setitem__(self, key: int, value: int) -> None:
        slot = self._slot(key)
        self._used += self._keys[slot] == 0
        self._keys[slot], self._values[slot] = key, value
        if self._used * 3 > len(self._keys) * 2:
            larger = Numbers(2 * len(self._keys))
            for one, its in zip(self._keys, self._values, strict=True):
                if one:
                    larger[one] = its
            self._keys, self._values = larger._keys, larger._values

    def __len__(self) -> int:
        return self._used

    def _slot(self, key: int) -> int:
        """Where the key is, or where it would go."""
        keys, mask = self._keys, len(self._keys) - 1
        slot = (key * _SALT & (1 << _BITS) - 1) >> _BITS - mask.bit_length()
        while keys[slot] not in (0, key):
            slot = slot + 1 & mask
        return slot
