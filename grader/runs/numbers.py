"""A map of 64-bit numbers in a sixth of the memory of a dict: what a batch remembers of 100,000 answers."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, MutableMapping
from typing import Any

_GONE = 2**64 - 1


class Numbers(MutableMapping[int, int]):
    """Keys are hashes from 1 to 2**64 - 1, values from 0 to 2**64 - 2. Open addressing in two arrays."""

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * 1024))
        self._values = array("Q", bytes(8 * 1024))
        self._used = 0
        self._gone = 0

    def __getitem__(self, key: int) -> int:
        slot = self._slot(key)
        value = self._values[slot]
        if self._keys[slot] == 0 or value == _GONE:
            raise KeyError(key)
        return value

    def get(self, key: int, default: Any = None) -> Any:
        """As of every mapping, without an exception for what is not there."""
        slot = self._slot(key)
        value = self._values[slot]
        return default if self._keys[slot] == 0 or value == _GONE else value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, int) and self.get(key) is not None

    def __setitem__(self, key: int, value: int) -> None:
        slot = self._slot(key)
        if self._keys[slot] == 0:
            self._keys[slot] = key
            self._used += 1
        elif self._values[slot] == _GONE:
            self._gone -= 1
        self._values[slot] = value
        if self._used * 3 > len(self._keys) * 2:
            self._grow()

    def __delitem__(self, key: int) -> None:
        self[key]  # KeyError when it is not there
        self._values[self._slot(key)] = _GONE
        self._gone += 1

    def __iter__(self) -> Iterator[int]:
        for key, value in zip(self._keys, self._values, strict=True):
            if key and value != _GONE:
                yield key

    def __len__(self) -> int:
        return self._used - self._gone

    def _slot(self, key: int) -> int:
        """Where the key is, or where it would go."""
        keys, mask = self._keys, len(self._keys) - 1
        slot = key & mask
        while keys[slot] not in (0, key):
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._keys, self._values, strict=True)
        size = 2 * len(self._keys)
        self._keys, self._values = array("Q", bytes(8 * size)), array("Q", bytes(8 * size))
        self._used = self._gone = 0
        for key, value in old:
            if key and value != _GONE:
                slot = self._slot(key)
                self._keys[slot], self._values[slot] = key, value
                self._used += 1
