"""What a start does not load: no provider, no model, nothing that help or a replayed grade can do without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.recordings import recorded

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "answers" / "Q43-anna.md"
HEAVY = (
    "litellm",
    "openai",
    "xllamacpp",
    "numpy",
    "sklearn",
    "scipy",
    "httpx",
    "aiohttp",
    "filelock",
    "jsonschema",
    "ray",
)
LOADED = """
import sys
from grader.cli.main import run
try:
    run({words!r})
except SystemExit as stop:
    sys.stderr.write(f"\\nEXIT {{stop.code}} " + " ".join(sorted(sys.modules)))
"""


def loaded(*words: str) -> tuple[int, set[str]]:
    """Exit code and modules after a run of `grade`."""
    code = LOADED.format(words=list(words))
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    last = ran.stderr.rsplit("EXIT ", 1)[1].split()
    return int(last[0]), set(last[1:])


def test_help_loads_neither_providers_nor_the_model_nor_pydantic():
    code, modules = loaded("--help")
    assert code == 0
    assert not modules & {*HEAVY, "pydantic"}


def test_a_replayed_grade_loads_neither_providers_nor_the_model(tmp_path: Path):
    code, modules = loaded(str(EXAMPLE), *recorded(tmp_path, EXAMPLE), "--min", "1")
    assert code == 0
    assert not modules & set(HEAVY)


def test_importing_the_package_loads_no_provider():
    code = "import grader, sys; sys.stdout.write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & set(HEAVY)
