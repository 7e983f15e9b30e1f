"""Any provider, through LiteLLM: it knows their quirks; here it is kept quiet and from asking twice."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from grader.errors import InputError, JudgeError, Overloaded, TimedOut
from grader.judges import decisions, litellm_replies, prices
from grader.judges.dialect import MOST_STEPS, Dialect, fields, known, learnt
from grader.judges.failures import from_status, plain, refused_connection, seconds_to_wait, secrets_in
from grader.types import Judge, JudgeReply, JudgeRequest, Usage

_OLLAMA = ("ollama/", "ollama_chat/")
_SMALLEST_CONTEXT = 8192
PATIENCE = 15.0
"""Seconds beyond --timeout: LiteLLM's own is that between two bytes, and the first call imports much."""


def _litellm() -> Any:
    """The library, imported here alone: it takes seconds, and would fetch prices and read .env."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    # Its libraries warn about each other, at import and later: nothing that a user could act on.
    warnings.filterwarnings("ignore", module=r"(pydantic|pydantic_core|litellm|openai|httpx|aiohttp)(\.|$)")
    import litellm

    litellm_replies.guard()
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return litellm


@asynccontextmanager
async def connect(
    model: str, *, api_base: str = "", key: str = "", timeout: float = 120.0
) -> AsyncIterator[Judge]:
    """A judge that asks `model` by its LiteLLM name. InputError when no provider goes by that name."""
    litellm = _litellm()
    try:
        litellm.get_llm_provider(model, api_base=api_base or None)
    except litellm.exceptions.BadRequestError:
        hint = (
            "names look like openai/gpt-5.4-mini or ollama_chat/qwen3:8b; for your own server add --api-base"
        )
        raise InputError(f"no provider is known for the model {model}", hint) from None
    options: dict[str, Any] = {"num_retries": 0, "max_retries": 0, "drop_params": True, "timeout": timeout}
    if api_base:
        options["api_base"] = api_base
    if key:
        options["api_key"] = key

    async def ask(request: JudgeRequest) -> JudgeReply:
        way = _decide if request.kind == "decision" else _ask
        try:
            async with asyncio.timeout(timeout + PATIENCE):
                return await way(litellm, model, request, options)
        except TimeoutError:
            raise TimedOut(f"{model} did not answer in time", "try a longer --timeout") from None

    try:
        yield ask
    finally:
        await litellm.close_litellm_async_clients()
        litellm.in_memory_llm_clients_cache.flush_cache()  # else the next judge is given a closed client


async def _ask(litellm: Any, model: str, request: JudgeRequest, options: Mapping[str, Any]) -> JudgeReply:
    slot = f"{options.get('api_base', '')} {model}"
    secrets = secrets_in(os.environ)
    first = Dialect(schema=_level(litellm, model))
    for _ in range(MOST_STEPS):
        dialect = known(slot, first)
        try:
            reply = await litellm.acompletion(
                **fields(request, model, dialect), **options, **_context(model, request)
            )
        except litellm.exceptions.BadRequestError as error:
            said = plain(str(error), secrets)
            if not learnt(slot, dialect, request, 400, said, model):
                raise from_status(400, said, where=model, model=model) from error
        except (litellm.exceptions.openai.OpenAIError, TimeoutError) as error:
            raise _from_litellm(error, model, secrets) from error
        else:
            return _reply(model, reply)
    raise JudgeError(f"{model} refused the request in every form tried: {said}")


async def _decide(litellm: Any, model: str, request: JudgeRequest, options: Mapping[str, Any]) -> JudgeReply:
    """Typed questions in OpenAI's form, which litellm turns into that of the provider."""
    secrets = secrets_in(os.environ)
    kept = {name: value for name, value in options.items() if name != "drop_params"}
    try:
        reply = await litellm.adecisions(
            model=model, input=request.input, questions=decisions.listed(request), **kept
        )
    except (litellm.exceptions.openai.OpenAIError, TimeoutError) as error:
        found = _from_litellm(error, model, secrets)
        if "Decisions provider" in found.message and not found.hint:
            found.hint = "for a model that chats leave --strategy decision out"
        raise found from error
    told = decisions.reply(reply.model_dump(mode="json"), request)
    cost = (getattr(reply, "_hidden_params", None) or {}).get("response_cost")
    return replace(told, usage=replace(told.usage, cost_usd=cost))


def _level(litellm: Any, model: str) -> Any:
    """Ollama takes a schema with every model, which litellm's list does not say."""
    whole = model.startswith(_OLLAMA) or litellm.supports_response_schema(model=model)
    return "json_schema" if whole else "json_object"


def _context(model: str, request: JudgeRequest) -> dict[str, int]:
    """Ollama silently cuts off what exceeds its context: ask for one that holds prompt and reply.

    Powers of two, since each change makes it load the model anew.
    """
    if not model.startswith(_OLLAMA):
        return {}
    tokens = sum(_most_tokens(one["content"]) for one in request.messages)
    tokens += int(request.params.get("max_tokens") or 2048)
    return {"num_ctx": max(_SMALLEST_CONTEXT, 1 << (tokens - 1).bit_length())}


def _most_tokens(text: str) -> int:
    plain_letters = sum(1 for one in text if one < "\x80")
    return plain_letters // 3 + (len(text) - plain_letters) * 3 // 2 + 8


def _reply(model: str, reply: Any) -> JudgeReply:
    choices = getattr(reply, "choices", None)
    if not choices:
        raise JudgeError(f"{model} answered without choices")
    content = choices[0].message.content
    told = getattr(reply, "usage", None)
    details = getattr(told, "prompt_tokens_details", None)
    usage = Usage(
        prompt=decisions.count(getattr(told, "prompt_tokens", 0)),
        completion=decisions.count(getattr(told, "completion_tokens", 0)),
        cached=decisions.count(getattr(details, "cached_tokens", 0)),
    )
    cost = (getattr(reply, "_hidden_params", None) or {}).get("response_cost")
    if cost is None and (listed := prices.price(model)) is not None:
        cost = listed.of(usage)
    return JudgeReply(
        text=content if isinstance(content, str) else "",
        stop=str(choices[0].finish_reason or ""),
        usage=replace(usage, cost_usd=cost),
    )


def _from_litellm(error: Exception, model: str, secrets: tuple[str, ...]) -> JudgeError:
    """litellm's exceptions in our words. It calls most failures of a connection an InternalServerError."""
    said = plain(str(error), secrets).removeprefix("litellm.")
    causes = tuple(_causes(error))
    if ours := next((one for one in causes if isinstance(one, JudgeError)), None):
        return ours
    if "timeout" in type(error).__name__.lower():
        return TimedOut(f"{model} did not answer in time", "try a longer --timeout")
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return refused_connection(f"the endpoint of {model}")
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return JudgeError(f"no trusted TLS connection for {model}: {said}", "set SSL_CERT_FILE")
    if any(isinstance(one, socket.gaierror) for one in causes):
        return JudgeError(f"the name of the endpoint of {model} can't be found", "check the network")
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and type(error).__name__ != "APIConnectionError":
        return from_status(status, said, where=model, model=model, retry_after=_wait(causes))
    return Overloaded(f"the connection for {model} failed: {said}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _wait(causes: Iterable[BaseException]) -> float | None:
    """Retry-After in seconds, from whichever of the exceptions has kept the headers."""
    for one in causes:
        for headers in (
            getattr(one, "litellm_response_headers", None),
            getattr(getattr(one, "response", None), "headers", None),
        ):
            if headers and (wait := seconds_to_wait(headers.get("retry-after"))) is not None:
                return wait
    return None


def missing_keys(model: str) -> tuple[str, ...]:
    """The variables that this model's provider needs and that are not set, as litellm knows them."""
    if model.startswith(_OLLAMA):
        return ()
    return tuple(_litellm().validate_environment(model).get("missing_keys") or ())


def takes_schema(model: str) -> bool:
    """Whether a schema is sent with a request to this model, as far as litellm's list knows."""
    return bool(_level(_litellm(), model) == "json_schema")
