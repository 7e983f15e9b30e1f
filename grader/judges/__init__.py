"""request -> reply: chooses the client for a model, and puts retries and the cassette around it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlsplit

from grader.errors import InputError
from grader.judges.once import once
from grader.types import Judge, JudgeReply, JudgeRequest

if TYPE_CHECKING:
    from grader.config import Choice, Settings
    from grader.judges.retrying import Notice

Around = Callable[[Judge], Judge]
ClientName = Literal["litellm", "openai_compatible", "embedded"]

# By these prefixes LiteLLM means a server that speaks OpenAI's protocol; it strips them, and so do we.
_STRIPPED = (
    "openai", "custom_openai", "openai_like", "hosted_vllm", "vllm", "lm_studio", "llamafile",
    "litellm_proxy",
)  # fmt: skip
# Providers with a protocol of their own, which need LiteLLM even at an address that the user names.
_OWN_PROTOCOL = (
    "ollama", "ollama_chat", "anthropic", "azure", "azure_ai", "gemini", "vertex_ai", "bedrock", "cohere",
)  # fmt: skip


def client(settings: Settings, choice: Choice) -> ClientName:
    """Which of the clients asks this model."""
    if choice.model == "embedded":
        return "embedded"
    own = choice.model.partition("/")[0] in _OWN_PROTOCOL and "/" in choice.model
    return "openai_compatible" if settings.api_base and settings.client == "auto" and not own else "litellm"


def endpoint(settings: Settings, choice: Choice) -> str:
    """The class of endpoint in requests and recordings: `litellm`, `openai_compatible URL`, `embedded`."""
    if choice.endpoint:
        return choice.endpoint
    name = client(settings, choice)
    if name == "embedded" or not settings.api_base:
        return name
    from grader.judges import openai_compatible

    return f"{name} {openai_compatible.address(settings.api_base)}"


@asynccontextmanager
async def connect(
    settings: Settings,
    choice: Choice,
    *,
    notice: Notice | None = None,
    around: Around | None = None,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[Judge]:
    """The judge of these settings, with retries and cassette. `notice` hears of failures that are retried.

    `around` wraps each single try, inside the retries: a limit on calls in flight, or on what they cost.
    In replay no client is opened; with a cassette that may answer (auto) it is opened by the first miss.
    """
    from grader.cassette import Cassette

    cassette = Cassette(settings.cassette, settings.mode) if settings.cassette is not None else None
    if cassette is not None and settings.mode == "replay":
        yield cassette.wrap(None)
        return
    async with AsyncExitStack() as stack:
        if cassette is not None and settings.mode == "auto":
            opening = _opened_when_asked(lambda: _open(settings, choice, notice, around, environ), stack)
            yield cassette.wrap(once(opening))
            return
        judge = await stack.enter_async_context(_open(settings, choice, notice, around, environ))
        yield judge if cassette is None else cassette.wrap(once(judge))


def _opened_when_asked(
    closed: Callable[[], AbstractAsyncContextManager[Judge]], stack: AsyncExitStack
) -> Judge:
    lock = asyncio.Lock()
    opened: list[Judge] = []

    async def ask(request: JudgeRequest) -> JudgeReply:
        async with lock:
            if not opened:
                opened.append(await stack.enter_async_context(closed()))
        return await opened[0](request)

    return ask


@asynccontextmanager
async def _open(
    settings: Settings,
    choice: Choice,
    notice: Notice | None,
    around: Around | None,
    environ: Mapping[str, str],
) -> AsyncIterator[Judge]:
    from grader.judges.failures import secrets_in, without
    from grader.judges.retrying import retrying

    async with AsyncExitStack() as stack:
        models = dict.fromkeys((choice.model, *settings.jury, settings.looker or choice.model))
        bench: dict[str, Judge] = {
            one: await stack.enter_async_context(_client(settings, replace(choice, model=one), environ))
            for one in models
        }

        in_address = [value for _, value in parse_qsl(urlsplit(settings.api_base).query)]
        hidden = [
            one for one in (*secrets_in(environ), *in_address) if len(one) > 11
        ]  # shorter ones are words

        async def judge(request: JudgeRequest) -> JudgeReply:
            """An endpoint that throws back what it was sent gets no key into a recording."""
            reply = await bench.get(request.model, bench[choice.model])(request)
            return replace(reply, text=without(reply.text, hidden), stop=without(reply.stop, hidden))

        single = around(judge) if around is not None else judge
        yield retrying(single, tries=settings.tries, notice=notice)


def _client(
    settings: Settings, choice: Choice, environ: Mapping[str, str]
) -> AbstractAsyncContextManager[Judge]:
    name = client(settings, choice)
    if name == "embedded":
        from grader.judges import embedded

        return embedded.connect(environ)
    if name == "openai_compatible":
        from grader.judges import openai_compatible

        model, secret = sent_name(choice.model), key_for(settings, environ)
        return openai_compatible.connect(settings.api_base, model, key=secret, timeout=settings.timeout)
    from grader.judges import litellm

    secret = key_for(settings, environ) if settings.api_base else environ.get("GRADE_API_KEY", "")
    if settings.api_base and not secret and not _named_by_user(settings):
        secret = "none"  # else LiteLLM sends the provider's own key to an address that a config file names
    base = settings.api_base or _ollama_base(choice.model, environ)
    return litellm.connect(choice.model, api_base=base, key=secret, timeout=settings.timeout)


def sent_name(model: str) -> str:
    """The model's name as an OpenAI-compatible server is asked for it."""
    prefix, slash, rest = model.partition("/")
    return rest if slash and prefix in _STRIPPED else model


def key_for(settings: Settings, environ: Mapping[str, str]) -> str:
    """The key for --api-base. OPENAI_API_KEY goes only where the user sent it: not to an address that
    a config file names, which may be a stranger's. In CI, where that file may be a pull request's, none does:
    InputError."""
    if own := environ.get("GRADE_API_KEY"):
        if environ.get("CI", "false") not in ("", "0", "false") and not _named_by_user(settings):
            raise InputError(
                f"GRADE_API_KEY goes to no address that {settings.origin['api_base']} names: in CI, that file"
                " may be a pull request's",
                "name the address in the workflow: GRADE_API_BASE",
            )
        return own
    parts = urlsplit(settings.api_base)
    if _named_by_user(settings) or (parts.scheme, parts.hostname) == ("https", "api.openai.com"):
        return environ.get("OPENAI_API_KEY", "")
    return ""


def _named_by_user(settings: Settings) -> bool:
    return settings.origin.get("api_base", "--api-base").startswith(("--", "GRADE_"))


def _ollama_base(model: str, environ: Mapping[str, str]) -> str:
    """Where Ollama's own variable says that it is; LiteLLM reads only its own."""
    if not model.startswith(("ollama/", "ollama_chat/")) or environ.get("OLLAMA_API_BASE"):
        return ""
    from grader.judges.discovery import ollama_address

    return ollama_address(environ)
