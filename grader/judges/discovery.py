"""What could judge here without being named: a provider whose key is set, Ollama on this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

PROVIDER_MODELS: Mapping[str, str] = {
    "OPENAI_API_KEY": "gpt-5.4-mini",
    "ANTHROPIC_API_KEY": "anthropic/claude-haiku-4-5",
    "GEMINI_API_KEY": "gemini/gemini-3.7-flash",
    "DEEPSEEK_API_KEY": "deepseek/deepseek-v4-flash",
    "DASHSCOPE_API_KEY": "dashscope/qwen-plus",
    "MOONSHOT_API_KEY": "moonshot/kimi-k2.6",
    "ZAI_API_KEY": "zai/glm-4.7",
    "MISTRAL_API_KEY": "mistral/mistral-small-latest",
    "GROQ_API_KEY": "groq/openai/gpt-oss-120b",
    "OPENROUTER_API_KEY": "openrouter/openai/gpt-5.4-mini",
}
"""Key variable -> a small capable model of that provider, in the order they are looked for."""

_NOT_CHAT = ("embed", "bge-", "minilm", "rerank", "reader-lm", "whisper")
_CAP = 4 * 2**20


def ollama_address(environ: Mapping[str, str]) -> str:
    """Where Ollama listens, from OLLAMA_HOST as it reads it: host, :port, host:port or a URL."""
    raw = environ.get("OLLAMA_HOST", "").strip() or "127.0.0.1:11434"
    parts = urlsplit(raw if "://" in raw else f"http://{raw}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 11434 if "://" not in raw else 80)
    except ValueError:
        port = 11434
    host = parts.hostname or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def ollama_model(environ: Mapping[str, str], timeout: float = 0.3) -> str | None:
    """`ollama_chat/NAME` of the largest model there that can chat; None without one, or without a server.

    Models that Ollama runs elsewhere (its cloud) don't count: nobody asked for answers to leave the machine.
    """
    address = ollama_address(environ)
    try:
        listed = _ask(address, "GET", "/api/tags", timeout).get("models")
        for model in sorted(filter(_is_local_chat, listed or ()), key=_largest_first):
            shown = _ask(address, "POST", "/api/show", timeout, {"model": model["name"]})
            if "completion" in shown.get("capabilities", ["completion"]):
                return f"ollama_chat/{model['name']}"
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
    return None


def ollama_version(environ: Mapping[str, str], timeout: float = 0.3) -> str | None:
    """The version of the Ollama server on this machine, None when none answers."""
    try:
        return str(_ask(ollama_address(environ), "GET", "/api/version", timeout).get("version", ""))
    except (OSError, ValueError, AttributeError):
        return None


def _largest_first(model: Mapping[str, Any]) -> tuple[int, str]:
    return -int(model.get("size", 0)), str(model["name"])


def _is_local_chat(model: Mapping[str, Any]) -> bool:
    name = str(model.get("name", ""))
    remote = model.get("remote_host") or name.endswith(("-cloud", ":cloud"))
    return bool(name) and not remote and not any(word in name.lower() for word in _NOT_CHAT)


def _ask(address: str, method: str, path: str, timeout: float, body: object = None) -> Any:
    """JSON of one small request, straight to the server: a proxy has no business with this machine."""
    import http.client  # a configured model asks nobody, and should not wait for this

    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
        reply = connection.getresponse()
        if reply.status != 200:
            raise OSError(f"{reply.status} {reply.reason}")
        return json.loads(reply.read(_CAP))
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {error!r}") from error
    finally:
        connection.close()


def unreachable(address: str, timeout: float = 5.0) -> str:
    """Why nothing can be reached at an address, "" when something listens there."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=timeout).close()
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__
    return ""
