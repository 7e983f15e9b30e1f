"""Write an imported bank: a rubric file a question, bank.json, and the schema that editors validate by."""

from __future__ import annotations

from pathlib import Path

from grader.bank import info, rubric_files
from grader.bank.markdown import Imported
from grader.errors import InputError
from grader.links import unlinked


def write(imported: Imported, folder: Path, *, overwrite: bool = False) -> int:
    """Write all files; returns how many rubrics. InputError rather than overwriting rubrics unasked."""
    from grader.bank.rubric_model import schema_text

    wanted = [folder / f"{one.id}.yaml" for one in imported.questions]
    there = [one for one in wanted if one.exists()]
    if there and not overwrite:
        raise InputError(
            f"{folder} already holds {len(there)} of these rubrics, e.g. {there[0].name}",
            "choose another --out, or --force to replace them",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for question in imported.questions:
            rubric_files.write(question, folder, imported.notes.get(question.id, ()))
        info.write(imported.info, folder / "bank.json")
        unlinked(folder / "rubric.schema.json").write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(
            f"{folder}: can't write there: {error.strerror or error}", "choose another --out"
        ) from error
    return len(wanted)
