"""Settings: what wins over what, and what a mistake is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader import config
from grader.config import Settings
from grader.errors import InputError


def load(folder: Path, environ: Mapping[str, str] | None = None, **flags: object) -> Settings:
    (folder / ".git").mkdir(exist_ok=True)
    return config.load(flags, cwd=folder, environ=environ or {})


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "grade.toml").write_text('model = "a"\nseed = 1\nmin = 0.5\nconcurrency = 3\n')
    settings = load(tmp_path, {"GRADE_MODEL": "b", "GRADE_SEED": "2"}, model="c", min=None)
    assert (settings.model, settings.seed, settings.min, settings.timeout) == ("c", 2, 0.5, 120.0)
    assert settings.origin["model"] == "--model"
    assert settings.origin["seed"] == "GRADE_SEED"
    assert settings.origin["min"] == "grade.toml"


def test_the_table_in_pyproject_is_read_and_its_folders_start_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.grade]\ncassette = "tapes"\n[tool.grade.check]\nfiles = ["*"]\n'
    )
    (tmp_path / "deep" / "er").mkdir(parents=True)
    settings = config.load({}, cwd=tmp_path / "deep" / "er", environ={})
    assert settings.cassette == tmp_path / "tapes"
    assert settings.check == {"files": ["*"]}
    assert settings.file == tmp_path / "pyproject.toml"


def test_config_above_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "grade.toml").write_text('model = "a"\n')
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert config.load({}, cwd=tmp_path / "repository", environ={}).model == ""


@pytest.mark.parametrize("kind", ["a folder", "a circle", "a link to nothing"])
def test_a_grade_toml_that_can_not_be_read_is_named_and_not_passed_over(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "grade.toml"
    if kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to(path if kind == "a circle" else tmp_path / "nothing")
    with pytest.raises(InputError, match=r"grade\.toml is no file that can be read"):
        load(tmp_path)


def test_a_cassette_is_in_mode_auto_unless_told_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path).mode == "live"
    assert load(tmp_path, cassette=Path("tapes")).mode == "auto"
    assert load(tmp_path, {"GRADE_MODE": "replay"}, cassette="tapes").mode == "replay"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle = 'a'", ["grade.toml", "modle", "did you mean mode or model?"]),
        ("min = 60", ["grade.toml", "min = 60", "from 0 to 1"]),
        ("min = true", ["from 0 to 1"]),
        ("concurrency = 1.5", ["whole number"]),
        ("mode = 'reply'", ["did you mean replay?"]),
        ("lang = 'fr'", ["zh, en"]),
        ("check = 1", ["[check]"]),
        ("model = 3", ["should be text"]),
        ("model = ", ["grade.toml", "not valid TOML"]),
        ("mode = 'replay'", ["grade.toml replay needs a cassette"]),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place_and_its_fix(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    (tmp_path / "grade.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    for one in words:
        assert one in f"{caught.value.message} {caught.value.hint}"


def test_a_mistake_in_the_environment_or_a_flag_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="GRADE_TIMEOUT=soon"):
        load(tmp_path, {"GRADE_TIMEOUT": "soon"})
    with pytest.raises(InputError, match="--max-cost -1"):
        load(tmp_path, max_cost=-1)
    with pytest.raises(InputError, match="replay needs a cassette"):
        load(tmp_path, mode="replay")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "grade.toml").write_bytes(b'\xef\xbb\xbfmodel = "a"\r\n')
    assert load(tmp_path).model == "a"


def nobody(_: Mapping[str, str]) -> str | None:
    return None


def somebody(_: Mapping[str, str]) -> str | None:
    return "ollama_chat/qwen3:8b"


@pytest.mark.parametrize(
    ("environ", "probe", "flags", "model", "why"),
    [
        ({"OPENAI_API_KEY": "k"}, somebody, {"model": "x/y"}, "x/y", "--model"),
        ({"GRADE_MODEL": "x", "OPENAI_API_KEY": "k"}, somebody, {}, "x", "GRADE_MODEL"),
        ({"ANTHROPIC_API_KEY": "k"}, somebody, {}, "anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ({"OPENAI_API_KEY": ""}, somebody, {}, "ollama_chat/qwen3:8b", "Ollama"),
        ({}, nobody, {}, "embedded", "no model is set"),
    ],
)
def test_the_default_model_is_the_first_that_fits_and_says_why(
    tmp_path: Path, environ: Mapping[str, str], probe: object, flags: dict[str, object], model: str, why: str
) -> None:
    choice = config.choose_model(load(tmp_path, environ, **flags), environ, probe)  # type: ignore[arg-type]
    assert choice.model == model
    assert why in choice.why
    assert "\n" not in choice.why


def test_an_endpoint_without_a_model_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model"):
        config.choose_model(load(tmp_path, api_base="http://x/v1"), {}, nobody)


@pytest.mark.parametrize("key", ["a.", "'a' . ", '"\\"".'])
def test_a_name_of_parts_without_end_is_refused_and_takes_neither_time_nor_memory(
    key: str, tmp_path: Path
) -> None:
    """tomllib takes both by the square: 20,000 parts took 12 s, 100,000 all of the memory."""
    (tmp_path / "grade.toml").write_text(key * 100_000 + "a = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="a name of more than 100 parts"):
        load(tmp_path)
