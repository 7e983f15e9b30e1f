"""Linear heads on the model's hidden states: the part of a fit that needs numpy."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.judges.llama import Floats


@dataclass(frozen=True)
class Trace:
    """What one pass leaves at one question: log-odds of yes against no, and states by block.

    Blocks: `claim-18` and `tail-18`, the mean over the claim's tokens and over those after it, at layer 18.
    """

    log_odds: float
    blocks: Mapping[str, Floats]


class Probe:
    """A fit's probe. Linear, so what an empty answer gives can be kept as one number a head."""

    def __init__(self, packed: Mapping[str, Any]) -> None:
        heads = [f"probe_{head}" for head in packed["heads"]]
        self.bias: dict[str, float] = dict(zip(heads, packed["bias"], strict=True))
        self._weights = {name: _unpack(one, len(heads)) for name, one in packed["weights"].items()}
        self.layers = tuple(sorted({int(name.split("-")[1]) for name in self._weights}))
        """The layers to read."""

    def project(self, seen: Trace) -> dict[str, float]:
        """`log_odds` and each head before its bias."""
        total = np.zeros(len(self.bias), np.float32)
        for name in sorted(self._weights):
            total = total + self._weights[name] @ seen.blocks[name]
        return {"log_odds": seen.log_odds, **dict(zip(self.bias, total.tolist(), strict=True))}

    def signals(self, seen: Trace, null: Mapping[str, float]) -> dict[str, float]:
        """A criterion's part of a reply: yes, no, their log-odds here and for an empty answer, the heads."""
        yes = 1 / (1 + math.exp(-seen.log_odds))
        here = self.project(seen)
        heads = {name: here[name] - null[name] + bias for name, bias in self.bias.items()}
        values = {
            "yes": yes,
            "no": 1 - yes,
            "log_odds": seen.log_odds,
            "null_log_odds": null["log_odds"],
            **heads,
        }
        return {name: round(value, 5) for name, value in values.items()}


def _unpack(packed: Mapping[str, Any], heads: int) -> Floats:
    """(head, width): half floats with one scale a head."""
    flat = np.frombuffer(base64.b64decode(packed["data"]), dtype="<f2").astype(np.float32)
    scale = np.asarray(packed["scale"], dtype=np.float32)[:, None]
    return np.asarray(flat.reshape(heads, -1) * scale, dtype=np.float32)
