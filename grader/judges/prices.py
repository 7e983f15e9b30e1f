"""What a model costs, from litellm's own price list, read without importing litellm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.types import Usage


@dataclass(frozen=True, kw_only=True)
class Price:
    """USD a token; `cached` is the price of a prompt token that the provider had in its cache."""

    prompt: float
    completion: float
    cached: float

    def of(self, usage: Usage) -> float:
        """What `usage` cost, in USD."""
        fresh = max(0, usage.prompt - usage.cached)
        return fresh * self.prompt + usage.cached * self.cached + usage.completion * self.completion


def price(model: str) -> Price | None:
    """The price of a model by its LiteLLM name, with or without its provider; None when it is not listed."""
    if model == "embedded" or model.startswith(("ollama/", "ollama_chat/")):
        return Price(prompt=0.0, completion=0.0, cached=0.0)
    rows = _rows()
    row = rows.get(model) or rows.get(model.partition("/")[2])
    if row is None or not isinstance(row.get("input_cost_per_token"), int | float):
        return None
    prompt = float(row["input_cost_per_token"])
    return Price(
        prompt=prompt,
        completion=float(row.get("output_cost_per_token") or 0.0),
        cached=float(row.get("cache_read_input_token_cost") or prompt),
    )


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "model_prices_and_context_window_backup.json"
        if path.is_file():
            rows: Mapping[str, Mapping[str, Any]] = json.loads(path.read_bytes())
            return rows
    return {}
