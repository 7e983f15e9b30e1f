"""The bank that the options and settings name."""

from __future__ import annotations

import os
from pathlib import Path

from grader import config
from grader.bank import Bank, load


def bank_of(folder: Path | None) -> Bank:
    """--bank, GRADE_BANK or the config file; else the packaged bank."""
    settings = config.load({"bank": folder}, cwd=Path.cwd(), environ=os.environ)
    return load(settings.bank)
