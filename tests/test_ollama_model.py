"""A whole grade through Ollama's API with a real model behind the shim."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader import config, judges
from grader.grading import grade_attempt
from grader.judges.weights import find
from grader.types import Grade, JudgeRequest
from tests import fakes, ollama_shim, servers


def behind(weights: Path, said: list[str]) -> ollama_shim.Answer:
    """The embedded model as Ollama would run it: `format` is the schema that holds the reply."""
    from grader.judges.embedded import threads
    from grader.judges.embedded_chat import Chat

    chat = Chat(weights, threads())

    def answer(body: Mapping[str, Any]) -> str:
        options = body["options"]
        reply = chat.reply(
            JudgeRequest(
                model=body["model"],
                endpoint="ollama",
                messages=tuple(body["messages"]),
                schema=body["format"],
                params={"temperature": options["temperature"], "max_tokens": options["num_predict"]},
            )
        )
        said.append(reply.text)
        return reply.text

    return answer


@pytest.mark.model
@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_model_behind_ollama_is_found_and_grades_under_the_schema() -> None:
    weights = find()
    if weights is None:
        pytest.skip("the weights are not on this machine")
    said: list[str] = []

    async def whole(environ: Mapping[str, str]) -> Grade:
        settings = config.load({"timeout": 600}, cwd=Path("/"), environ=environ)
        choice = config.choose_model(settings, environ)
        plan = fakes.plan(model=choice.model, endpoint=judges.endpoint(settings, choice))
        async with judges.connect(settings, choice, environ=environ) as judge:
            return await grade_attempt(fakes.rubric(), fakes.attempt(), judge, plan)

    with servers.elsewhere(ollama_shim.ollama(behind(weights, said))) as server:
        made = asyncio.run(whole({"OLLAMA_HOST": server.url}))
    assert made.judge.model == "ollama_chat/judge:latest"
    assert set(json.loads(said[0])) == {"Q1.1", "Q1.2"}
    assert made.score is not None, made.problems
    assert (made.calls, made.usage.cost_usd) == (1, 0.0)
