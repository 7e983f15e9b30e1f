"""`grade ANSWER`: one answer, graded and shown."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from grader.cli import options


def grade(
    answer: Annotated[
        str, Argument(help="A file, or - for standard input.", metavar="ANSWER", show_default=False)
    ],
    q: options.Question = None,
    bank: options.Bank = None,
    model: options.Model = None,
    api_base: options.ApiBase = None,
    client: options.Client = None,
    strategy: options.Strategy = None,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    lang: options.Lang = None,
    cassette: options.Cassette = None,
    mode: options.Mode = None,
    json: options.Json = False,
    min: options.Min = None,
    dry_run: options.DryRun = False,
) -> int:
    """Grade one answer: a file, or - for standard input."""
    return 0
