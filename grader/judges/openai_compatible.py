"""A chat endpoint that speaks OpenAI's protocol, asked by plain HTTP: the path that costs least."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from grader.errors import InputError, JudgeError, Overloaded, TimedOut
from grader.judges import decisions
from grader.judges import dialect as dialects
from grader.judges.dialect import MOST_STEPS, Dialect, body, known, learnt
from grader.judges.failures import (
    from_status,
    opened,
    plain,
    refused_connection,
    said_in,
    seconds_to_wait,
    secrets_in,
)
from grader.types import Judge, JudgeReply, JudgeRequest

BIGGEST_BODY = 20 * 2**20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class _Endpoint:
    url: str
    where: str
    secrets: tuple[str, ...]
    model: str


def address(api_base: str) -> str:
    """`api_base` as it may be shown and recorded: no query, no slash at the end.

    InputError when it is no address, or holds a password."""
    try:
        parts = urlsplit(api_base.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            f"--api-base {_bare(api_base)!r} is not an address", "write it like http://127.0.0.1:8000/v1"
        )
    if parts.username or parts.password:
        raise InputError("--api-base holds a user name or password", "put the key into GRADE_API_KEY instead")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _bare(api_base: str) -> str:
    """Without what could be a password."""
    return plain(re.sub(r".*@", "***@", api_base.partition("?")[0]), secrets_in(os.environ))


@asynccontextmanager
async def connect(
    api_base: str, model: str, *, key: str = "", timeout: float = 120.0
) -> AsyncIterator[Judge]:
    """A judge that asks `model` at `api_base`. `key` shows up in none of its errors."""
    where = address(api_base)
    query = urlsplit(api_base.strip()).query
    url = f"{where}/chat/completions" + (f"?{query}" if query else "")
    hidden = tuple(one for one in (key, *(value for _, value in parse_qsl(query))) if one)
    endpoint = _Endpoint(url=url, where=where, secrets=(*hidden, *secrets_in(os.environ)), model=model)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    async with aiohttp.ClientSession(
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 20.0)),
        connector=aiohttp.TCPConnector(limit=0, ssl=_trust() if url.startswith("https") else True),
        trust_env=urlsplit(where).hostname not in _LOOPBACK,
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=2**16,
        max_field_size=2**16,
    ) as session:

        async def post(url: str, sent: bytes) -> tuple[int, Mapping[str, str], bytes]:
            return await _post(session, replace(endpoint, url=url), sent)

        async def ask(request: JudgeRequest) -> JudgeReply:
            if request.kind == "decision":
                return await decisions.ask(post, url, model, request, endpoint.secrets)
            return await _ask(session, endpoint, request)

        yield ask


async def _ask(session: aiohttp.ClientSession, endpoint: _Endpoint, request: JudgeRequest) -> JudgeReply:
    """One question; more than one HTTP request only while finding out what the server takes."""
    slot = f"{endpoint.url} {endpoint.model}"
    for _ in range(MOST_STEPS):
        dialect = known(slot, Dialect())
        status, headers, raw = await _post(session, endpoint, body(request, endpoint.model, dialect))
        if status == 200:
            return read_reply(raw, where=endpoint.where, model=endpoint.model, secrets=endpoint.secrets)
        said = said_in(raw, endpoint.secrets)
        if not learnt(slot, dialect, request, status, said, endpoint.where):
            wait = seconds_to_wait(headers.get("Retry-After"))
            raise from_status(status, said, where=endpoint.where, model=endpoint.model, retry_after=wait)
    raise JudgeError(f"{endpoint.where} refused the request in every form tried: {said}")


async def _post(
    session: aiohttp.ClientSession, endpoint: _Endpoint, sent: bytes
) -> tuple[int, Mapping[str, str], bytes]:
    try:
        async with session.post(endpoint.url, data=sent, allow_redirects=False) as reply:
            raw = bytearray()
            async for chunk in reply.content.iter_any():
                raw += chunk
                if len(raw) > BIGGEST_BODY:
                    raise JudgeError(f"{endpoint.where} sent more than {BIGGEST_BODY >> 20} MB for one reply")
            return reply.status, reply.headers, bytes(raw)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise _from_transport(error, endpoint) from error


def _from_transport(error: Exception, endpoint: _Endpoint) -> JudgeError:
    where, said = endpoint.where, plain(str(error), endpoint.secrets)
    match error:
        case TimeoutError():
            return TimedOut(f"{where} did not answer in time", "try a longer --timeout")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            hint = "set SSL_CERT_FILE to the certificate authority of that server"
            return JudgeError(f"no trusted TLS connection to {where}: {said}", hint)
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            hint = "check HTTPS_PROXY and NO_PROXY in the environment"
            return JudgeError(f"the proxy for {where} failed: {said}", hint)
        case aiohttp.ClientConnectorDNSError():
            return JudgeError(f"the name of {where} can't be found", "check --api-base and the network")
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, ConnectionRefusedError):
            return refused_connection(where)
        case aiohttp.ClientConnectorError():
            return JudgeError(f"{where} can't be reached: {said}", "check --api-base and the network")
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return JudgeError(f"what answers at {where} does not speak HTTP: {said}", "check --api-base")
    return Overloaded(f"{where} broke the connection off: {said or type(error).__name__}")


def read_reply(raw: bytes, *, where: str, model: str, secrets: tuple[str, ...] = ()) -> JudgeReply:
    """The reply in the body of a 200; JudgeError when there is none. No text at all is an empty text."""
    whole = opened(raw, where=where, model=model, secrets=secrets)
    choices = whole.get("choices") if isinstance(whole, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        raise JudgeError(f"{where} answered without choices: {plain(str(whole), secrets, 120)}")
    stop = first.get("finish_reason")
    stop = "refusal" if message.get("refusal") else stop if isinstance(stop, str) else ""
    usage = decisions.counted(whole.get("usage"))
    return JudgeReply(text=_content(message.get("content")), stop=stop, usage=usage)


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = (
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        )
        return "".join(text for text in texts if isinstance(text, str))
    return ""


def _trust() -> ssl.SSLContext:
    """The system's authorities and certifi's: some Pythons come without, some companies have their own."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def forget() -> None:
    """Forgets what endpoints were found to take; for tests."""
    dialects.forget()
    decisions.forget()
