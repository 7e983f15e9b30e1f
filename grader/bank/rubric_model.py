"""The shape of a rubric file, for messages and for the published JSON Schema.

pydantic costs 0.1 s to import, so that rubric_files reads a plain file without it and comes here for doubts.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Short = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Lines = Annotated[list[Text], Field(max_length=100)]
Names = Annotated[list[Short], Field(max_length=100)]

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"


class CriterionEntry(BaseModel):
    """One key point as it is judged."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Short = Field(description="The question's id, a dot, and a number: Q43.1")
    text: Text = Field(description="The key point as the bank has it")
    claim: Text = Field(
        "",
        description="What is judged instead of text, where text is wrong, outdated, imprecise or vague",
    )
    weight: float = Field(
        1.0,
        ge=-100,
        le=100,
        allow_inf_nan=False,
        description="Its share of the score; negative: a fault that takes away; never 0",
    )
    optional: bool = Field(False, description="Judged and shown, never lowers a score")
    parts: Lines = Field([], description="What a full answer says of it; some of them earn partial credit")
    accept: Lines = Field([], description="Other ways to say it, or one of its parts")
    mistakes: Lines = Field([], description="What people often say and what contradicts it")
    source: str = Field("", max_length=1000, description="Where to read it")
    note: str = Field(
        "", max_length=4000, description="Why the claim differs from the text; no judge sees it"
    )
    requires: Names = Field([], description="Ids: it earns only when all of these are earned")
    excludes: Names = Field([], description="Ids: when it is earned, these are not")
    group: str = Field("", max_length=300, description="The name of one of the rubric's groups")
    open: bool = Field(False, description="Another valid instance than those that are named earns it too")

    @field_validator("weight")
    @classmethod
    def _weighs(cls, weight: float) -> float:
        if weight == 0:
            raise ValueError("a weight of 0 counts for nothing; write optional: true")
        return weight


class GroupEntry(BaseModel):
    """Criteria that count together."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Short = Field(description="What its criteria say in group")
    any_of: int = Field(0, ge=0, le=64, description="So many of the best count; 0: all")
    cap: float | None = Field(
        None, gt=0, le=6400, allow_inf_nan=False, description="The most weight that it earns together"
    )


class RubricFile(BaseModel):
    """A question of a bank with its rubric: rubrics/Q43.yaml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Short = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$", description="Also the name of the file")
    title: Text = Field(description="The question as it is asked")
    lang: Literal["zh", "en"] = Field("zh", description="The language of the judge's prompt")
    section: str = Field("", max_length=300, description="The section of the bank")
    stars: int = Field(0, ge=0, le=5, description="Difficulty; 0 when the bank gives none")
    tags: Names = Field([], description="Without the #")
    companies: Names = Field([], description="Who asks it")
    frequency: str = Field("", max_length=300, description="How often, in the bank's words: 高频, 必考")
    reference: str = Field("", max_length=20000, description="A model answer")
    notes: Lines = Field([], description="Lines of the bank that have no other place; no judge sees them")
    criteria: list[CriterionEntry] = Field(min_length=1, max_length=64, description="The key points")
    groups: list[GroupEntry] = Field([], max_length=64, description="Groups of criteria that count together")

    @model_validator(mode="after")
    def _ids_belong_together(self) -> RubricFile:
        seen: set[str] = set()
        for at, one in enumerate(self.criteria):
            if not one.id.startswith(f"{self.id}.") or one.id == f"{self.id}.":
                raise _at(
                    ("criteria", at, "id"), f"the criterion id {one.id} must begin with {self.id}. and go on"
                )
            if one.id in seen:
                raise _at(("criteria", at, "id"), f"the criterion id {one.id} stands twice")
            seen.add(one.id)
        return self

    @model_validator(mode="after")
    def _names_are_there(self) -> RubricFile:
        ids, groups = {one.id for one in self.criteria}, [one.name for one in self.groups]
        for at, name in enumerate(groups):
            if name in groups[:at]:
                raise _at(("groups", at, "name"), f"the group {name} stands twice")
        for at, one in enumerate(self.criteria):
            for field, names in (("requires", one.requires), ("excludes", one.excludes)):
                if unknown := sorted({*names} - ids):
                    said = f"{one.id} names {unknown[0]}, which is no criterion of this rubric"
                    raise _at(("criteria", at, field), said)
            if one.group and one.group not in groups:
                said = f"{one.id} is in the group {one.group}, which groups does not list"
                raise _at(("criteria", at, "group"), said)
        return self


def _at(place: tuple[str | int, ...], said: str) -> ValidationError:
    """A fault of the whole with the place of the field that it is in."""
    fault = InitErrorDetails(type=PydanticCustomError("value_error", said), loc=place, input=None)
    return ValidationError.from_exception_data("rubric", [fault])


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a rubric file."""
    schema = RubricFile.model_json_schema()
    return {"$schema": SCHEMA_URI, **schema, "title": "A rubric of grade"}


def schema_text() -> str:
    """rubric.schema.json, to the byte."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
