"""What changed in a work tree since a git base: edited, renamed, new and deleted files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.errors import InputError

PATIENCE = 300.0
"""Seconds for one call of git: a clone without its blobs fetches them."""


class Stopped(InputError):
    """git itself was, so that nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Absolute paths. `edited` existed before, `added` is new or untracked, `deleted` is gone; `renamed`
    gives the old path of a new one (also where its text changed). A submodule is one path."""

    top: Path
    base: str
    edited: frozenset[Path] = frozenset()
    added: frozenset[Path] = frozenset()
    renamed: Mapping[Path, Path] = field(default_factory=dict)
    deleted: frozenset[Path] = frozenset()

    @property
    def present(self) -> frozenset[Path]:
        """Every changed file that is still there."""
        return self.edited | self.added | frozenset(self.renamed)


def since(ref: str, folder: Path) -> Changes:
    """All changes since the common ancestor of `ref` and HEAD, uncommitted and untracked ones too.

    InputError where there is no git, no repository, no such ref, or a clone too shallow to know the ancestor.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    base = _ancestor(ref, folder)
    listed = _git(
        top, "diff", "--name-status", "-z", "-M", "--no-ext-diff", "--ignore-submodules=dirty", base, "--"
    )
    untracked = _git(top, "ls-files", "-z", "--others", "--exclude-standard")
    found: dict[str, set[Path]] = {"edited": set(), "added": set(), "deleted": set()}
    renamed: dict[Path, Path] = {}
    for status, *paths in _entries(listed):
        places = [top / one for one in paths]
        if status == "R":
            renamed[places[1]] = places[0]
        else:
            found[{"A": "added", "C": "added", "D": "deleted"}.get(status, "edited")].add(places[-1])
    found["added"].update(top / one for one in untracked.split("\0") if one)
    there = {one for one in found["edited"] if one.exists()}
    return Changes(
        top=top,
        base=base,
        edited=frozenset(there),
        added=frozenset(one for one in found["added"] if one.exists()),
        renamed={new: old for new, old in renamed.items() if new.exists()},
        deleted=frozenset(found["deleted"] | (found["edited"] - there)),
    )


def text_at(base: str, path: Path, top: Path) -> str | None:
    """A file as it was at that commit; None when it did not exist."""
    if not path.is_relative_to(top):
        raise InputError(
            f"{path} lies outside of the repository {top}", "run grade check in its own repository"
        )
    inside = path.relative_to(top).as_posix()
    if not _git(top, "ls-tree", "-z", "--name-only", base, "--", inside):
        return None
    return _git(top, "cat-file", "blob", f"{base}:{inside}")


@cache
def top_of(folder: Path) -> Path:
    """The repository that holds the folder, else the folder. Asks no git, so that it works without one."""
    for one in (folder, *folder.parents):
        if (one / ".git").exists():
            return one
    return folder


@cache
def _program(top: Path, places: str | None, hint: str) -> str:
    """Where git is: Windows looks in the working folder first, where a pull request can put a git.exe."""
    found = shutil.which("git", path=places)
    if found is None:
        raise InputError("git can't be run", f"install git, or {hint}")
    for one in (Path(found).absolute(), Path(found).resolve()):
        if one.is_relative_to(top) or one.is_relative_to(top.resolve()):
            raise InputError(
                f"{found} lies in the repository: it is not run as git",
                "put a git from elsewhere first on PATH",
            )
    return str(Path(found).absolute())


def _ancestor(ref: str, folder: Path) -> str:
    if ref.startswith("-") or not ref.strip():
        raise InputError(f"--since {ref!r} is no branch or commit", "name one, as origin/main")
    try:
        _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}")
    except Stopped:
        raise
    except InputError as error:
        remote, _, branch = ref.partition("/")
        fetch = f"git fetch {remote} {branch}" if branch else f"git fetch origin {ref}"
        raise InputError(
            f"--since {ref}: there is no such branch or commit in this clone",
            f"`{fetch}` brings it; in GitHub Actions set `fetch-depth: 0` for actions/checkout",
        ) from error
    try:
        return _git(folder, "merge-base", ref, "HEAD").strip()
    except Stopped:
        raise
    except InputError as error:
        shallow = _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
        why = ": this clone is shallow" if shallow else ""
        raise InputError(
            f"--since {ref}: it has no known common ancestor with HEAD{why}",
            "`git fetch --unshallow` brings the history; in CI set `fetch-depth: 0` (GitHub) or GIT_DEPTH: 0 "
            "(GitLab)",
        ) from error


def _entries(listed: str) -> Iterator[tuple[str, ...]]:
    """`M\\0path`, and `R087\\0old\\0new` of `git diff -z`."""
    parts = iter(listed.split("\0"))
    for status in parts:
        if status[:1] in ("R", "C"):
            yield status[0], next(parts), next(parts)
        elif status:
            yield status[0], next(parts)


def _git(folder: Path, *words: str, patience: float = PATIENCE) -> str:
    hint = "leave --since away to check everything"
    program = _program(top_of(folder.absolute()), os.environ.get("PATH"), hint)
    try:
        done = subprocess.run(
            [program, "-C", str(folder), *words], capture_output=True, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}, timeout=patience,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Stopped(f"git {words[0]} did not end in {patience:g} s; it was stopped", hint) from error
    except OSError as error:
        raise InputError("git can't be run", f"install git, or {hint}") from error
    if done.returncode < 0:
        raise Stopped(f"git {words[0]} was killed (signal {-done.returncode})", f"try again, or {hint}")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise InputError(f"git {words[0]} failed: {said}", "--since needs a git repository with its history")
    return done.stdout.decode("utf-8", "surrogateescape")
