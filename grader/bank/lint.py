"""What is wrong with a bank or a rubric, as findings: nothing here stops a grade."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from grader.bank import logic
from grader.bank.ids import unknown
from grader.bank.info import BankInfo, spans
from grader.bank.logic import Finding as Finding
from grader.bank.similarity import pairs
from grader.bank.wording import is_compound, is_order, is_term, is_vague, numbers
from grader.types import Criterion, Question

ALIKE_QUESTIONS = 0.45
ALIKE_POINTS = 0.55
OVERLAP = 0.45
Test = tuple[Callable[[str], bool], str, str, str]
"""What fails, its kind, what to say of the text, and the fix."""
VAGUE: Test = (is_vague, "vague", "true of nearly anything", "say what is better, by what, against what")
AS_WORDED: tuple[Test, ...] = (
    (is_order, "instruction", "it tells the candidate what to do, not what is true",
     "say what a right answer says"),
    VAGUE,
    (is_compound, "compound", "several statements in one key point", "list its parts, or split it"),
)  # fmt: skip
AS_JUDGED: tuple[Test, ...] = (
    (is_order, "can't be judged", "an instruction, with no word on what is right",
     "put what a right answer says in claim, and its parts in parts"),
    VAGUE,
    (lambda text: len(text) < 4, "can't be judged", "too short to tell what counts",
     "say it in a sentence in claim"),
)  # fmt: skip
KEYWORD: tuple[Test, ...] = (
    (is_term, "keyword", "dropping the term earns it",
     "say in claim what an answer must tell about it, or keep it as a list's entry knowingly"),
)  # fmt: skip
PARTLESS: tuple[Test, ...] = (
    (is_compound, "compound", "several statements without parts",
     "list them in parts, so that some earn half"),
)  # fmt: skip


def bank(info: BankInfo, questions: Sequence[Question]) -> tuple[Finding, ...]:
    """Everything about a bank: its counts, its plan, its key points as the bank words them."""
    held = tuple(one.id for one in questions)
    return (
        *_counts(info, held),
        *_plan(info, held),
        *_alike_questions(questions),
        *_alike_points(questions),
        *_wording(questions),
    )


def rubric(question: Question) -> tuple[Finding, ...]:
    """One rubric as it is judged: overlap, points nobody can judge, points that a keyword earns."""
    criteria = question.rubric.criteria
    judgeable = (found for one in criteria for found in _judgeable(one))
    return (*_overlap(criteria), *judgeable, *logic.findings(question.rubric))


def _counts(info: BankInfo, held: tuple[str, ...]) -> Iterator[Finding]:
    for one in info.sections:
        if one.claimed is not None and one.claimed != len(one.questions):
            yield Finding(
                "count",
                one.heading,
                f"the heading says {one.claimed}, the section holds {len(one.questions)}",
                f"write {len(one.questions)}, or add what is missing",
            )
    claimed = [one.claimed for one in info.sections if one.claimed is not None]
    if claimed and len(claimed) == len(info.sections) and sum(claimed) != len(held):
        said = f"the headings add up to {sum(claimed)}, the bank holds {len(held)}"
        yield Finding("count", "all sections", said, "correct the headings")
    if info.promised and info.promised != len(held):
        said = f"the title says {info.promised}, the bank holds {len(held)}"
        yield Finding("count", "title", said, "say what the rest are and where")
    if info.theory and info.theory != len(held):
        said = f"the footer says {info.theory} questions of theory, the bank holds {len(held)}"
        yield Finding("count", "footer", said, f"write {len(held)}")
    yield from _absent(info)


def _absent(info: BankInfo) -> Iterator[Finding]:
    absent = info.absent()
    if absent:
        coding = info.are_coding()
        what = f": the {info.coding_name or 'coding questions'} of the footer" if coding else ""
        yield Finding(
            "absent",
            ", ".join(spans(absent)),
            f"the numbering skips {len(absent)} question{'s' * (len(absent) > 1)}{what}",
            "add them, or say where they are",
        )


def _plan(info: BankInfo, held: tuple[str, ...]) -> Iterator[Finding]:
    for track in info.tracks:
        for entry in track.entries:
            strange = ", ".join(unknown(entry.spec, held))
            if strange or not entry.questions:
                said = f"{entry.spec} names " + (
                    f"what the bank does not hold: {strange}"
                    if entry.questions
                    else "no question of the bank"
                )
                yield Finding("track", f"{track.name}: {entry.title}", said, "correct it")
    reached = {one for track in info.tracks for one in track.questions}
    left = tuple(one for one in held if one not in reached)
    if info.tracks and left:
        names = ", ".join(one.name for one in info.tracks)
        are = "is" if len(left) == 1 else "are"
        said = f"{len(left)} of {len(held)} questions {are} in no track ({names}): {', '.join(spans(left))}"
        yield Finding("no track", "tracks", said, "add them to one, or leave them out knowingly")
    for day in info.days:
        if not day.sections:
            said = f"{day.text!r} reaches no section"
            yield Finding("day", day.label, said, "name a section by its title or number")
    walked = {title for day in info.days for title in day.sections}
    for section in info.sections:
        if info.days and section.questions and section.title not in walked:
            said = f"no day reaches its questions ({len(section.questions)})"
            yield Finding("day", section.title, said, "give it a day")


def _alike_questions(questions: Sequence[Question]) -> Iterator[Finding]:
    whole = [" ".join([one.title, *(point.text for point in one.rubric.criteria)]) for one in questions]
    for left, right, alike in pairs(whole, ALIKE_QUESTIONS):
        yield Finding(
            "near-duplicate",
            f"{questions[left].id} {questions[right].id}",
            f"the questions are {alike:.0%} alike: {questions[left].title} / {questions[right].title}",
            "ask one of them, or make the difference plain",
        )


def _alike_points(questions: Sequence[Question]) -> Iterator[Finding]:
    points = [one for question in questions for one in question.rubric.criteria]
    for left, right, alike in pairs([one.text for one in points], ALIKE_POINTS):
        one, other = points[left], points[right]
        if numbers(one.text) == numbers(other.text) or alike > 0.85:
            yield Finding(
                "near-duplicate",
                f"{one.id} {other.id}",
                f"the key points are {alike:.0%} alike: {one.text} / {other.text}",
                "an answer to one holds the other: ask it once, or know it",
            )


def _wording(questions: Iterable[Question]) -> Iterator[Finding]:
    for question in questions:
        for one in question.rubric.criteria:
            yield from _first(AS_WORDED, one.id, one.text)


def _overlap(criteria: tuple[Criterion, ...]) -> Iterator[Finding]:
    whole = [" ".join([one.judged, *one.parts]) for one in criteria]
    for left, right, alike in pairs(whole, OVERLAP):
        one, other = criteria[left], criteria[right]
        if numbers(one.judged) == numbers(other.judged):
            yield Finding(
                "overlap",
                f"{one.id} {other.id}",
                f"{alike:.0%} alike, so that one sentence earns both",
                "tell in each claim what the other doesn't ask",
            )


def _judgeable(one: Criterion) -> Iterator[Finding]:
    if one.parts:
        return
    yield from _first(AS_JUDGED[: 2 if one.accept else 3], one.id, one.judged)
    yield from _first(KEYWORD, one.id, one.judged)
    if not one.claim:
        yield from _first(PARTLESS, one.id, one.judged)


def _first(tests: Sequence[Test], where: str, text: str) -> Iterator[Finding]:
    """The first of the tests that the text fails."""
    for fails, kind, said, fix in tests:
        if fails(text):
            yield Finding(kind, where, f"{said}: {text}", fix)
            return
