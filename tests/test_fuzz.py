"""Every parser, fed what broke one of them once and a little of what might: a value or a named error."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.fuzz import fault, fresh_folder
from benchmarks.fuzz_inputs import spoiled
from benchmarks.fuzz_targets import TARGETS
from grader import evidence
from grader.bank.safe_yaml import load
from grader.errors import InputError

FINDS = sorted((Path(__file__).parent / "fuzz_finds").glob("*/*"))


@pytest.mark.parametrize("find", FINDS, ids=lambda path: f"{path.parent.name}-{path.name[:6]}")
def test_what_broke_a_parser_once_breaks_none_any_more(find: Path, tmp_path: Path) -> None:
    outcome = fault(TARGETS[find.parent.name], find.read_bytes(), tmp_path)
    assert isinstance(outcome, bool), outcome


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_taken_and_whatever_they_become_is_a_value_or_a_named_error(
    name: str, tmp_path: Path
) -> None:
    target, rng = TARGETS[name], random.Random(7)
    seeds = target.seeds()
    for raw in (*seeds, *(spoiled(rng.choice(seeds), seeds, rng) for _ in range(15))):
        with fresh_folder(tmp_path) as folder:
            outcome = fault(target, raw, folder)
        assert isinstance(outcome, bool), (raw, outcome)


@pytest.mark.parametrize(
    "one", ["a: " + "[" * 100_000, "- " * 20_000, "? " * 20_000, "a: " + "{a: " * 20_000]
)
def test_yaml_of_any_depth_is_refused_before_the_c_loader_overflows_the_stack(one: str) -> None:
    with pytest.raises(InputError, match=r"^deep.yaml:1: nested too deeply"):
        load(one, "deep.yaml")


RUNS = (" ", "\t", "#", "*", "(", "- ", " #", "* ")


@pytest.mark.parametrize("run", RUNS)
def test_a_line_of_one_character_over_and_over_is_read_in_time_that_grows_with_it(
    run: str, tmp_path: Path
) -> None:
    """Headings, bold titles and ellipses in quotes took time with the cube of a line: hours for 60,000."""
    for name in ("bank-markdown", "round-markdown", "answer"):
        for head in ("", "# ", "## Q43 ", "## A (", "**Q1: ", "**Q1: a**\n\n- "):
            with fresh_folder(tmp_path) as folder:
                outcome = fault(TARGETS[name], f"{head}{run * 2500}!".encode(), folder)
            assert isinstance(outcome, bool), (name, head, outcome)
    assert evidence.locate(f"{run * 2500}zz", f"{run * 2500}a").state == "unverified"
