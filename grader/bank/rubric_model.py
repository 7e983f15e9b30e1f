"""The shape of a rubric file, for messages and for the published JSON Schema.

pydantic costs 0.1 s to import, so that rubric_files reads a plain file without it and comes here for doubts.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Short = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Lines = Annotated[list[Text], Field(max_length=100)]
Names = Annotated[list[Short], Field(max_length=100)]

SCHEMA_URI = "https://json-schema.org/draft/2020-12/schema"


class CriterionEntry(BaseModel):
    """One key point as it is judged."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[Short, Field(description="The question's id, a dot, and a number: Q43.1")]
    text: Annotated[Text, Field(description="The key point as the bank has it")]
    claim: Annotated[
        Text,
        Field(
            description="What is judged instead of text, where text is wrong, outdated, imprecise or vague"
        ),
    ] = ""
    weight: Annotated[
        float, Field(gt=0, le=100, allow_inf_nan=False, description="Its share of the score")
    ] = 1.0
    optional: Annotated[bool, Field(description="Judged and shown, never lowers a score")] = False
    parts: Annotated[
        Lines, Field(description="What a full answer says of it; some of them earn partial credit")
    ] = []
    accept: Annotated[Lines, Field(description="Other ways to say it, or one of its parts")] = []
    mistakes: Annotated[Lines, Field(description="What people often say and what contradicts it")] = []
    source: Annotated[str, Field(max_length=1000, description="Where to read it")] = ""
    note: Annotated[
        str, Field(max_length=4000, description="Why the claim differs from the text; no judge sees it")
    ] = ""


class RubricFile(BaseModel):
    """A question of a bank with its rubric: rubrics/Q43.yaml."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[
        Short, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$", description="Also the name of the file")
    ]
    title: Annotated[Text, Field(description="The question as it is asked")]
    lang: Annotated[Literal["zh", "en"], Field(description="The language of the judge's prompt")] = "zh"
    section: Annotated[str, Field(max_length=300, description="The section of the bank")] = ""
    stars: Annotated[int, Field(ge=0, le=5, description="Difficulty; 0 when the bank gives none")] = 0
    tags: Annotated[Names, Field(description="Without the #")] = []
    companies: Annotated[Names, Field(description="Who asks it")] = []
    frequency: Annotated[
        str, Field(max_length=300, description="How often, in the bank's words: 高频, 必考")
    ] = ""
    reference: Annotated[str, Field(max_length=20000, description="A model answer")] = ""
    notes: Annotated[
        Lines, Field(description="Lines of the bank that have no other place; no judge sees them")
    ] = []
    criteria: Annotated[
        list[CriterionEntry], Field(min_length=1, max_length=64, description="The key points")
    ]

    @model_validator(mode="after")
    def _ids_belong_together(self) -> RubricFile:
        seen: set[str] = set()
        for one in self.criteria:
            if not one.id.startswith(f"{self.id}.") or one.id == f"{self.id}.":
                raise ValueError(f"the criterion id {one.id} must begin with {self.id}. and go on")
            if one.id in seen:
                raise ValueError(f"the criterion id {one.id} stands twice")
            seen.add(one.id)
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a rubric file."""
    schema = RubricFile.model_json_schema()
    return {"$schema": SCHEMA_URI, **schema, "title": "A rubric of grade"}


def schema_text() -> str:
    """rubric.schema.json, to the byte."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
