"""A recording that no test plays fails the session: it tests nothing, and nobody would notice it rot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.cassette import Cassette
from grader.types import Judge

ROOT = Path(__file__).parent.parent
FOLDERS = (Path("tests/cassettes"), Path("examples/cassette"))
PLAYED = pytest.StashKey[set[str]]()
LEFT_OUT = pytest.StashKey[bool]()
ORPHANS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PLAYED], config.stash[LEFT_OUT], config.stash[ORPHANS] = set(), False, []


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Callable[[Path], Judge]:
    """The judge that replays a folder of committed recordings; each that it plays is noted."""
    played = request.config.stash[PLAYED]

    def replayed(folder: Path) -> Judge:
        return Cassette(folder, "replay", lambda key: played.add(key.removeprefix("sha256:")[:16])).wrap(None)

    return replayed


def pytest_deselected(items: Sequence[Any]) -> None:
    for one in items:
        if "tape" in getattr(one, "fixturenames", ()):
            one.config.stash[LEFT_OUT] = True


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker of pytest-xdist played."""
    said = getattr(node, "workeroutput", {})
    node.config.stash[PLAYED].update(said.get("played", ()))
    node.config.stash[LEFT_OUT] |= said.get("left_out", True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    played, left_out = config.stash[PLAYED], config.stash[LEFT_OUT]
    if hasattr(config, "workeroutput"):
        config.workeroutput.update(played=sorted(played), left_out=left_out)
        return
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not left_out
    if whole and session.exitstatus == pytest.ExitCode.OK and not config.option.collectonly:
        config.stash[ORPHANS].extend(orphans(played))
        if config.stash[ORPHANS]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def orphans(played: set[str]) -> Iterator[str]:
    """The recordings of ROOT that are not among those played."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.json")):
            if path.stem not in played:
                yield path.relative_to(ROOT).as_posix()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for path in config.stash[ORPHANS]:
        terminalreporter.write_line(f"FAILED {path}: no test plays this recording; delete it or test with it")
