"""Rubric files: read fast, written legibly, and a fault names file, line, field and fix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import resources
from grader.bank import rubric_files
from grader.bank.rubric_model import RubricFile, schema_text
from grader.errors import InputError

RUBRICS = resources.folder("rubrics")
FINE = """\
id: Q1
title: What is a cache?
lang: en
criteria:
- id: Q1.1
  text: It keeps copies
  weight: 2
  parts: [keeps, copies]
"""


def fault(text: str) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        rubric_files.parse(text, "Q1.yaml")
    return caught.value.message, caught.value.hint


def test_the_published_schema_is_that_of_the_model() -> None:
    assert (RUBRICS / "rubric.schema.json").read_text(encoding="utf-8") == schema_text()


def test_all_96_rubrics_fit_the_schema_and_name_it_for_editors() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    paths = sorted(RUBRICS.glob("*.yaml"))
    assert len(paths) == 96
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=rubric.schema.json\n")
        validator.validate(yaml.safe_load(text))


def test_each_rubric_is_written_as_it_is_read() -> None:
    for path in RUBRICS.glob("*.yaml"):
        assert rubric_files.to_yaml(rubric_files.read(path)) == path.read_text(encoding="utf-8")


def test_a_plain_file_is_read() -> None:
    question = rubric_files.parse(FINE, "Q1.yaml")
    (criterion,) = question.rubric.criteria
    assert (question.rubric.lang, criterion.weight, criterion.parts) == ("en", 2.0, ("keeps", "copies"))


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        ("weight: 2", "wieght: 2", "criteria[0].wieght: there is no such field", "did you mean weight?"),
        ("title:", "titel:", "Q1.yaml:2: titel: there is no such field", "did you mean title?"),
        (
            "criteria:",
            "groups:\n- name: g\n  anyof: 1\ncriteria:",
            "groups[0].anyof: there is no such field",
            "did you mean any_of?",
        ),
        ("weight: 2", "weight: two", "Q1.yaml:7: criteria[0].weight: ", "schema"),
        ("weight: 2", f"weight: 0x{'f' * 5000}", "Q1.yaml:7: a number of 5002 characters", "in quotes"),
        ("weight: 2", "weight: .nan", "Q1.yaml:7: criteria[0].weight: ", "schema"),
        ("weight: 2", "weight: 0", "Q1.yaml:7: criteria[0].weight: ", "schema"),
        ("weight: 2", "optional: maybe", "Q1.yaml:7: criteria[0].optional: ", "schema"),
        ("text: It keeps copies", "text: 1.5", "text: must be text, but it is read as 1.5", '"..."'),
        ("text: It keeps copies", "text:", "criteria[0].text: must be text, but it is empty", "quotes"),
        ("  text: It keeps copies\n", "", "Q1.yaml:5: criteria[0].text: is missing", "add text: ..."),
        ("[keeps, copies]", "keeps", "Q1.yaml:8: criteria[0].parts: must be a list", "one entry a line"),
        ("lang: en", "lang: fr", "Q1.yaml:3: lang: ", "schema"),
        ("id: Q1.1", "id: Q2.1", "Q1.yaml:5: criteria[0].id: the criterion id Q2.1 must begin", "schema"),
        ("title:", "id: Q2\ntitle:", "Q1.yaml:2: id stands twice", "keep one"),
        ("id: Q1\n", "id: com1\n", "the criterion id Q1.1 must begin with com1.", ""),
        ("What is", "&a What is", "", ""),
        ("[keeps, copies]", "[&a keeps, *a]", "Q1.yaml:8: aliases (*name) are not allowed", "write"),
        ("[keeps, copies]", "[keeps, copies", "not readable as YAML", ""),
        ("It keeps copies", "copies: of things", "Q1.yaml:6: not readable as YAML", "in quotes"),
        ("It keeps copies", '"\\e[31mred"', "Q1.yaml:6: a control character", "delete it"),
        ("weight: 2", "weight: !!python/object:os.system x", "not readable as YAML", ""),
        ("weight: 2", "? [a, b]\n  : 2", "a field's name must be plain text", ""),
    ],
)  # fmt: skip
def test_a_fault_names_line_field_and_fix(old: str, new: str, said: str, hint: str) -> None:
    assert old in FINE
    if not said:
        assert rubric_files.parse(FINE.replace(old, new), "Q1.yaml").title == "What is a cache?"
        return
    message, fix = fault(FINE.replace(old, new))
    assert said in message
    assert hint in fix


def test_several_faults_come_at_once() -> None:
    message, _ = fault("id: Q1\ncriteria:\n- {id: Q1.1}\n- {id: Q1.2, text: [], x: 1}\n")
    assert message.count("Q1.yaml:") == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "just words",
        "null",
        "criteria: []",
        "[" * 5000,
        "{a: " * 200,
        "a: " * 5000,
        "? " * 3000,
    ],
)
def test_what_is_no_rubric_is_refused(text: str) -> None:
    fault(text)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    layers = "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 40))
    message, _ = fault(f"a0: &a0 [x, x]\n{layers}\n")
    assert "aliases" in message


def test_the_name_of_the_file_is_the_id(tmp_path: Path) -> None:
    path = tmp_path / "Q2.yaml"
    path.write_text(FINE, encoding="utf-8")
    with pytest.raises(InputError, match=r"id is Q1 but the file is called Q2\.yaml"):
        rubric_files.read(path)


WORDS = st.one_of(
    st.text(max_size=5),
    st.integers(-3, 200),
    st.booleans(),
    st.none(),
    st.floats(),
    st.lists(st.text(max_size=3), max_size=2),
)
CRITERIA = st.dictionaries(
    st.sampled_from(
        [*rubric_files.CRITERION_TEXTS, *rubric_files.CRITERION_LISTS, "weight", "optional", "x"]
    ),
    WORDS,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*rubric_files.TEXTS, *rubric_files.NAMES, "lang", "stars", "y"]), WORDS),
    st.lists(CRITERIA, max_size=2),
)
def test_what_is_read_without_pydantic_is_what_pydantic_takes(
    changes: dict[str, Any], criteria: list[dict[str, Any]]
) -> None:
    points = [{"id": f"Q1.{n}", "text": "t", **one} for n, one in enumerate(criteria, 1)]
    value = {"id": "Q1", "title": "t", **changes, "criteria": points}
    if rubric_files._surely_fine(value):
        RubricFile.model_validate(value)


LOGIC = """id: Q1
title: How is the KV cache made smaller?
lang: en
groups:
- {name: ways, any_of: 1}
- {name: extras, cap: 1.5}
criteria:
- {id: Q1.1, text: Quantise it, group: ways, open: true}
- {id: Q1.2, text: Share heads, group: ways}
- {id: Q1.3, text: It costs quality, requires: [Q1.1], group: extras}
- {id: Q1.4, text: Eviction, group: extras, excludes: [Q1.2]}
- {id: Q1.5, text: It claims that nothing is lost, weight: -0.5}
"""


def test_logic_is_read_and_written_as_it_was() -> None:
    question = rubric_files.parse(LOGIC, "Q1.yaml")
    assert question.rubric.criterion("Q1.3").requires == ("Q1.1",)
    assert [one.cap for one in question.rubric.groups] == [None, 1.5]
    again = rubric_files.parse(rubric_files.to_yaml(question), "Q1.yaml")
    assert again == question


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "requires: [Q1.1]",
            "requires: [Q1.9]",
            "Q1.yaml:10: criteria[2].requires: Q1.3 names Q1.9, which is no criterion",
        ),
        (
            "excludes: [Q1.2]",
            "excludes: [Q2.1]",
            "Q1.yaml:11: criteria[3].excludes: Q1.4 names Q2.1, which is no criterion",
        ),
        (
            "group: extras}",
            "group: extra}",
            "Q1.yaml:10: criteria[2].group: Q1.3 is in the group extra, which groups does not list",
        ),
        ("name: extras", "name: ways", "Q1.yaml:6: groups[1].name: the group ways stands twice"),
        ("cap: 1.5", "cap: 0", "groups[1].cap"),
        ("any_of: 1", "anyof: 1", "groups[0].anyof: there is no such field"),
        ("weight: -0.5", "weight: 0.0", "write optional: true"),
        ("weight: -0.5", "weight: .nan", "criteria[4].weight"),
        ("requires: [Q1.1]", "requires: Q1.1", "must be a list"),
    ],
)
def test_logic_that_leads_nowhere_is_refused(old: str, new: str, said: str) -> None:
    assert old in LOGIC
    message, _ = fault(LOGIC.replace(old, new, 1))
    assert said in message


def test_a_rubric_without_logic_has_the_hash_that_it_had() -> None:
    plain = rubric_files.parse(FINE, "Q1.yaml").rubric
    assert plain.hash == "sha256:c0b601ec66769db449cd153a7a0d9fce07776f42a276443e838049725fe350cd"
    assert rubric_files.parse(FINE.replace("weight: 2", "open: true"), "Q1.yaml").rubric.hash != plain.hash
