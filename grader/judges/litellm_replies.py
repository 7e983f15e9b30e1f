"""What a provider's reply passes before LiteLLM reads it: no redirect is followed, none is without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from grader.errors import JudgeError
from grader.judges.failures import from_status
from grader.judges.openai_compatible import BIGGEST_BODY

MOST_UNPACKED = 100
"""What is packed grows a thousand times at most: with a hundredth of the limit it stays at ten times it."""


def guard() -> None:
    """Puts the guard before LiteLLM's transport, once for the process.

    LiteLLM's clients follow redirects, and httpx then leaves away only the header `Authorization`: keys in
    others (Anthropic's, Google's, Azure's) and the answer would go to whichever host a redirect names.
    """
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    theirs: Any = LiteLLMAiohttpTransport
    whole = theirs.handle_async_request

    async def handle_async_request(self: Any, request: httpx.Request) -> httpx.Response:
        reply: httpx.Response = await whole(self, request)
        if 300 <= reply.status_code < 400:
            await reply.aclose()
            raise from_status(reply.status_code, "", where=_host(request), model="")
        reply.stream = _Bounded(reply)
        return reply

    if whole.__module__ != __name__:
        theirs.handle_async_request = handle_async_request


class _Bounded(httpx.AsyncByteStream):
    """The body of a reply; JudgeError where it is larger than one can be."""

    def __init__(self, reply: httpx.Response) -> None:
        self.where, self.stream = _host(reply.request), reply.stream
        self.left = BIGGEST_BODY // (MOST_UNPACKED if "Content-Encoding" in reply.headers else 1)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self.stream, httpx.AsyncByteStream)
        async for some in self.stream:
            self.left -= len(some)
            if self.left < 0:
                raise JudgeError(f"{self.where} sent more than a reply can be")
            yield some

    async def aclose(self) -> None:
        assert isinstance(self.stream, httpx.AsyncByteStream)
        await self.stream.aclose()


def _host(request: httpx.Request) -> str:
    return str(request.url.copy_with(path="/", query=None, userinfo=b""))
