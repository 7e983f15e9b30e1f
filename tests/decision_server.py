"""Endpoints of decision models over real HTTP, in both forms, answering as `odds` says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from tests import servers

Odds = Callable[[str, str, list[str]], Mapping[str, float]]
"""(question's name, its instructions, its options) -> probability by option."""


def decides(odds: Odds, *, at: str = "/v1/decisions") -> Callable[[servers.Seen], servers.Behaviour]:
    """A server that has one of the two addresses and says 404 at every other."""

    def behave(seen: servers.Seen) -> servers.Behaviour:
        if seen.path != at:
            return servers.sends(404, {"error": {"message": "File Not Found", "code": 404}})
        return servers.sends(200, (decided if at.endswith("/decisions") else systemone)(seen.body, odds))

    return behave


def decided(body: Mapping[str, Any], odds: Odds) -> dict[str, Any]:
    """OpenAI's form: answers in the order of the questions."""
    usage = {"input_tokens": 90, "output_tokens": 0, "total_tokens": 90}
    return {
        "model": body["model"],
        "answers": [_listed(one, odds, body["input"]) for one in body["questions"]],
        "usage": {**usage, "input_tokens_details": {"cached_tokens": 64}},
    }


def _listed(question: Mapping[str, Any], odds: Odds, text: str) -> dict[str, Any]:
    name, words = question["name"], f"{text}\n{question['instructions']}"
    if question["type"] == "predicate":
        return {"type": "predicate", "name": name, "probability": odds(name, words, ["yes", "no"])["yes"]}
    if question["type"] == "score":
        labels = [one["label"] for one in question["levels"]]
        said = odds(name, words, labels)
        listed: list[dict[str, Any]] = [
            {"value": place, "label": label, "probability": said[label]} for place, label in enumerate(labels)
        ]
        mean = sum(one["value"] * one["probability"] for one in listed)
        whole: dict[str, Any] = {"type": "score", "name": name, "score": mean}
    else:
        said = odds(name, words, [one["value"] for one in question["choices"]])
        listed = [{"value": label, "probability": share} for label, share in said.items()]
        whole = {"type": "choice", "name": name, "choice": max(said, key=lambda one: said[one])}
    return {**whole, "probabilities": listed, "confidence": 0.9}


def systemone(body: Mapping[str, Any], odds: Odds) -> dict[str, Any]:
    """TypeSafe's form: answers by name, levels by their place."""
    return {
        "model": body["model"],
        "answers": {name: _mapped(name, one, odds, body["state"]) for name, one in body["questions"].items()},
        "usage": {"input_tokens": 90, "output_tokens": 0},
    }


def _mapped(name: str, question: Mapping[str, Any], odds: Odds, text: str) -> dict[str, Any]:
    words = f"{text}\n{question['instructions']}"
    if question["type"] == "noul":
        return {"type": "noul", "noul": odds(name, words, ["yes", "no"])["yes"]}
    if question["type"] == "score":
        labels = [one.partition(":")[0] for one in question["criteria"]]
        said = odds(name, words, labels)
        places = {str(place): said[label] for place, label in enumerate(labels)}
        legend = dict(enumerate(question["criteria"]))
        mean = sum(int(place) * share for place, share in places.items())
        return {"type": "score", "score": mean, "legend": legend, "probabilities": places, "confidence": 0.9}
    said = odds(name, words, list(question["criteria"]))
    best = max(said, key=lambda one: said[one])
    return {"type": "choice", "choice": best, "probabilities": dict(said), "confidence": 0.9}


def read_by_the_embedded_model() -> Odds:
    """Each question becomes a choice of letters; their probabilities are the options'."""
    import xllamacpp

    from grader.judges.weights import find

    params = xllamacpp.CommonParams()
    params.model.path = str(find())
    params.n_ctx, params.n_gpu_layers, params.n_parallel = 2048, 0, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup, params.verbosity = False, -1
    server = xllamacpp.Server(params)

    @cache
    def heard(words: str) -> Mapping[str, float]:
        asked = {"messages": [{"role": "user", "content": words}], "max_tokens": 1, "temperature": 0}
        said = server.handle_chat_completions({**asked, "logprobs": True, "top_logprobs": 20})
        whole = said if isinstance(said, dict) else json.loads(said)
        top = whole["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return {one["token"].strip(): math.exp(one["logprob"]) for one in reversed(top)}

    def odds(_name: str, words: str, options: list[str]) -> Mapping[str, float]:
        letters = [chr(ord("A") + place) for place in range(len(options))]
        menu = "\n".join(f"{letter}: {one}" for letter, one in zip(letters, options, strict=True))
        seen = heard(f"{words}\n\n{menu}\nReply with one letter only.")
        weights = [seen.get(letter, 1e-6) for letter in letters]
        return {one: share / sum(weights) for one, share in zip(options, weights, strict=True)}

    return odds
