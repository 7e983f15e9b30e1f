"""Linear heads on the model's hidden states: the part of a fit that needs numpy."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grader.judges.llama import Floats


@dataclass(frozen=True)
class Trace:
    """What one pass leaves at one question: log-odds of yes against no, and states by block.

    Blocks: `claim-18` and `tail-18`, the mean over the claim's and the following tokens after layer 18;
    `last-18`, the last token's; `last-final`, the last token's after the final norm.
    """

    log_odds: float
    blocks: Mapping[str, Floats]


class Probe:
    """A fit's probe. Linear, so what an empty answer gives can be kept as one number a head."""

    def __init__(self, packed: Mapping[str, Any]) -> None:
        heads = packed.get("heads", [])
        self.bias: dict[str, float] = dict(zip(heads, packed.get("bias", []), strict=True))
        self._weights = {name: _unpack(one, len(heads)) for name, one in packed.get("weights", {}).items()}

    @cached_property
    def mean_layers(self) -> tuple[int, ...]:
        """Layers whose means over claim and tail are read."""
        return self._layers("claim", "tail")

    @cached_property
    def last_layers(self) -> tuple[int, ...]:
        """Layers whose last token is read."""
        return self._layers("last")

    def _layers(self, *kinds: str) -> tuple[int, ...]:
        named = (name.split("-") for name in self._weights)
        return tuple(sorted({int(layer) for kind, layer in named if kind in kinds and layer.isdigit()}))

    def project(self, seen: Trace) -> dict[str, float]:
        """`log_odds` and each head before its bias."""
        total = np.zeros(len(self.bias), np.float32)
        for name in sorted(self._weights):
            total = total + self._weights[name] @ seen.blocks[name]
        return {
            "log_odds": seen.log_odds,
            **{name: float(v) for name, v in zip(self.bias, total, strict=True)},
        }


def _unpack(packed: Mapping[str, Any], heads: int) -> Floats:
    """(head, width): half floats with one scale a head."""
    flat = np.frombuffer(base64.b64decode(packed["data"]), dtype="<f2").astype(np.float32)
    scale = np.asarray(packed["scale"], dtype=np.float32)[:, None]
    return np.asarray(flat.reshape(heads, -1) * scale, dtype=np.float32)
