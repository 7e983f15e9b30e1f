"""Set up .venv from constraints/ where that is still to do, then grade an answer or run the checks in it.

python3 scripts/run.py grade ANSWER [OPTIONS]
python3 scripts/run.py test [PYTEST OPTIONS]

Needs Python 3.11 or newer with its venv module, and nothing else. An older Python 3 finds the newer one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = {"grade": "run.txt", "test": "test.txt"}


def stop(message, hint, code=2):
    """End with a message in the form of grade's own."""
    sys.stderr.write(f"error: {message}\n\nhint: {hint}\n")
    sys.exit(code)


def newer_python():
    """A Python 3.11 or newer on the PATH."""
    for minor in (13, 12, 11, 14):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.call([found, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) == 0:
            return found
    return stop("this needs Python 3.11 or newer", f"install it, then: python3.12 {sys.argv[0]} ...")


def stamp(lock):
    """Changes when the lock or the project's description does."""
    whole = hashlib.sha256()
    for path in (ROOT / "constraints" / lock, ROOT / "pyproject.toml"):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def installed(lock):
    """Whether .venv holds what the lock says."""
    mark = VENV / f"installed-{lock}"
    return PYTHON.exists() and mark.exists() and mark.read_text(encoding="utf-8") == stamp(lock)


def install(lock):
    """Make .venv and install the lock by its hashes, then this checkout."""
    count = (ROOT / "constraints" / lock).read_text(encoding="utf-8").count("==")
    sys.stderr.write(f"setting up .venv with about {count} packages, 500 MB; once, a minute or two ...\n")
    sys.stderr.flush()
    if not PYTHON.exists() and subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        stop(
            "python -m venv failed",
            "its message is above; on Debian: apt-get install python3-venv",
        )
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    locked = ["--require-hashes", "-r", f"constraints/{lock}"]
    checkout = ["--no-deps", "--no-build-isolation", "-e", "."]
    for wanted in (locked, checkout):
        if subprocess.call([*pip, *wanted], cwd=str(ROOT)) != 0:
            stop("pip could not install the project", "its message is above; then run the same command again")
    (VENV / f"installed-{lock}").write_text(stamp(lock), encoding="utf-8")


def main(words):
    """Run one of the two commands; its exit code."""
    if sys.version_info < (3, 11):
        return subprocess.call([newer_python(), __file__, *words])
    if not words or words[0] not in LOCKS:
        sys.stderr.write(__doc__)
        return 2
    lock = LOCKS[words[0]]
    if not installed(lock) and not installed("test.txt"):
        install(lock)
    if words[0] == "grade":
        return subprocess.call([str(PYTHON), "-m", "grader", *words[1:]])
    there = {**os.environ, "PYTHON": str(PYTHON)}
    return subprocess.call(["sh", "scripts/check", *words[1:]], cwd=str(ROOT), env=there)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
