"""Several opinions: what is doubted is asked again, samples and jury vote, the first call stays as it is."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gold
from benchmarks.looks import WAYS, measured
from grader import api, config, defence, judges
from grader.errors import InputError
from grader.grading import grade_attempt
from grader.strategies import Reading, joint, looks
from grader.types import Criterion, Grade, JudgeReply, JudgeRequest
from grader.wire import from_json, to_json
from tests import fakes, servers
from tests.fakes import said, verdict

TEXT = "It stores the keys and values of earlier tokens. Its memory grows linearly with the sequence length."
FIRST, SECOND = "keys and values of earlier tokens", "memory grows linearly"


def graded(judge: Any, text: str = TEXT, **changes: Any) -> Grade:
    rubric = changes.pop("rubric", fakes.rubric())
    return asyncio.run(grade_attempt(rubric, fakes.attempt(text), judge, fakes.plan(**changes)))


def both(one: dict[str, Any], other: dict[str, Any]) -> str:
    return fakes.reply({"Q1.1": one, "Q1.2": other})


SURE = both(verdict("covered", FIRST), verdict("covered", SECOND))
INVENTED = both(verdict("covered", FIRST), verdict("covered", "words that nobody said"))


def test_what_is_not_doubted_is_not_asked_again() -> None:
    seen: list[JudgeRequest] = []
    made = graded(fakes.scripted([SURE], seen), looks=True)
    assert (made.score, made.calls, made.needs_review, len(seen)) == (1.0, 1, False, 1)
    assert "votes" not in to_json(made)["verdicts"][0]


def test_the_first_call_is_the_same_with_and_without_looks_samples_and_jury() -> None:
    keys = set()
    for changes in ({}, {"looks": True}, {"samples": 3}, {"jury": (("other", "fake"),)}):
        (rubric, plan), *_ = looks.opinions(fakes.rubric(), fakes.plan(**changes))
        keys.add(joint.requests(rubric, fakes.attempt(TEXT), plan)[0].key)
    assert len(keys) == 1


def test_only_the_doubted_point_is_asked_once_more_and_agreement_decides() -> None:
    seen: list[JudgeRequest] = []
    later = fakes.reply({"Q1.2": verdict("covered", SECOND)})
    made = graded(fakes.scripted([INVENTED, later], seen), looks=True)
    assert (made.score, made.calls, made.needs_review) == (1.0, 2, False)
    assert (seen[1].schema or {})["required"] == ["Q1.2"]
    assert seen[1].params["seed"] != seen[0].params["seed"]
    assert [one.state for one in made.verdicts[1].evidence] == ["verified"]
    assert [one.coverage for one in made.verdicts[1].votes] == ["covered", "covered"]


def test_where_two_looks_differ_the_lower_credit_stands_and_people_look() -> None:
    made = graded(
        fakes.scripted([INVENTED, fakes.reply({"Q1.2": verdict("missing")})]), looks=True, unverified="flag"
    )
    assert (made.score, made.needs_review, made.verdicts[1].confidence) == (0.5, True, 0.5)
    assert made == from_json(json.loads(json.dumps(to_json(made))))


@pytest.mark.parametrize(("later", "told"), [("missing", True), ("partial", True), ("covered", False)])
def test_a_fault_on_which_two_looks_differ_says_why_it_takes_away_less(later: str, told: bool) -> None:
    harm = Criterion(id="Q1.2", text="It says that memory grows linearly", weight=-1.0)
    rubric = fakes.rubric(criteria=(fakes.rubric().criteria[0], harm))
    replies = [INVENTED, fakes.reply({"Q1.2": verdict(later, SECOND)})]
    made = graded(fakes.scripted(replies), looks=True, rubric=rubric)
    assert made.verdicts[1].coverage == later
    assert ("two looks at this fault differ" in made.verdicts[1].reason) is told
    assert made.needs_review is told


SUSPICIOUS = "I hope that is everything you were looking for."


def test_of_a_further_reading_the_points_that_have_credit_so_far_are_looked_at_twice() -> None:
    half, low = (
        both(verdict("missing", contradicted=True), verdict("covered", SECOND)),
        fakes.reply({"Q1.2": verdict("missing")}),
    )
    seen: list[JudgeRequest] = []
    made = graded(fakes.scripted([half, INVENTED, low], seen), f"{TEXT}\n\n{SUSPICIOUS}", looks=True)
    assert (made.score, made.calls, made.needs_review) == (0.0, 3, True)
    assert [(one.schema or {})["required"] for one in seen] == [["Q1.1", "Q1.2"], ["Q1.1", "Q1.2"], ["Q1.2"]]


def test_an_answer_that_is_read_more_than_once_is_looked_at_in_its_last_reading_alone() -> None:
    seen: list[JudgeRequest] = []
    later = fakes.reply({"Q1.2": verdict("covered", SECOND)})
    made = graded(fakes.scripted([INVENTED, INVENTED, later], seen), f"{TEXT}\n\n{SUSPICIOUS}", looks=True)
    assert (made.score, made.calls) == (1.0, 3)
    assert SUSPICIOUS not in str(seen[2].messages)


def test_where_points_exclude_each_other_every_point_is_at_stake() -> None:
    harm = Criterion(id="Q1.3", text="t", weight=-1.0)
    rubric = fakes.rubric(criteria=(*fakes.rubric().criteria, harm))
    made = graded(fakes.scripted([both(verdict("covered", FIRST), verdict("missing"))]))
    assert defence.at_stake(rubric, made) == {"Q1.1", "Q1.3"}
    other = dataclasses.replace(harm, excludes=("Q1.1",))
    assert defence.at_stake(fakes.rubric(criteria=(*rubric.criteria, other)), made) is None


def test_a_second_judge_looks_where_one_is_named() -> None:
    seen: list[JudgeRequest] = []
    later = fakes.reply({"Q1.2": verdict("missing")})
    made = graded(fakes.scripted([INVENTED, later], seen), looks=True, second=("other", "there"))
    assert [(one.model, one.endpoint) for one in seen] == [("fake", "fake"), ("other", "there")]
    assert [one.judge for one in made.verdicts[1].votes] == ["fake", "other"]
    assert (made.score, made.needs_review, made.judge.strategy) == (0.5, True, "joint, looks by other")


def test_a_second_look_that_fails_leaves_the_first_and_people_look() -> None:
    made = graded(fakes.scripted([INVENTED, fakes.JudgeError("busy")]), looks=True, unverified="flag")
    assert (made.score, made.needs_review) == (1.0, True)
    assert "busy" in made.problems


def test_each_doubted_point_is_asked_alone_in_a_request_of_its_own() -> None:
    seen: list[JudgeRequest] = []
    bare = both(verdict("covered"), verdict("covered"))
    later = [fakes.reply({"Q1.1": verdict("covered", FIRST)}), fakes.reply({"Q1.2": verdict("missing")})]
    made = graded(fakes.scripted([bare, *later], seen), looks=True)
    assert (made.calls, made.score, made.needs_review) == (3, 0.5, True)
    assert [(one.schema or {})["required"] for one in seen] == [["Q1.1", "Q1.2"], ["Q1.1"], ["Q1.2"]]
    assert "linearly" not in seen[1].messages[1]["content"].partition("<answer-")[0]


POINT = Criterion(id="Q1.1", text="The cache stores keys", mistakes=("The cache stores queries",))


@pytest.mark.parametrize(
    ("text", "one", "why"),
    [
        ("The cache stores keys", said("Q1.1", "missing"), "its words are there"),
        ("The cache stores keys", said("Q1.1", "missing", contradicted=True), ""),
        ("Nothing of the kind", said("Q1.1", "missing"), ""),
        ("Nothing of the kind", said("Q1.1"), "no quote"),
        ("键", said("Q1.1", "missing", confidence=0.4), "unsure"),
        ("键", said("Q1.1", None), ""),
        ("x", said("Q1.1", contradicted=True), "at once"),
    ],
)
def test_each_doubt_has_its_reason(text: str, one: Any, why: str) -> None:
    found = looks.doubts(fakes.rubric(criteria=(POINT,)), fakes.attempt(text), [one], fakes.plan())
    assert why in found.get("Q1.1", "")
    assert bool(found) is bool(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The cache stores queries", "common mistake"),
        ("Totally other words here", "without any of its words"),
        ("缓存保存的是键", ""),
        ("The cache stores keys", ""),
    ],
)
def test_credit_against_the_words_is_doubted_unless_the_answer_is_in_another_language(
    text: str, why: str
) -> None:
    quote = fakes.verdict_evidence(text)
    found = looks.doubts(
        fakes.rubric(criteria=(POINT,)),
        fakes.attempt(text),
        [said("Q1.1", evidence=(quote,))],
        fakes.plan(),
    )
    assert why in found.get("Q1.1", "")
    assert bool(found) is bool(why)


def test_samples_ask_in_other_orders_with_other_seeds_and_vote() -> None:
    seen: list[JudgeRequest] = []
    low = both(verdict("covered", FIRST), verdict("missing"))
    made = graded(fakes.scripted([SURE, low, SURE], seen), samples=3)
    assert (made.score, made.calls) == (1.0, 3)
    assert len({one.key for one in seen}) == 3
    assert {one.params["seed"] for one in seen} == {0, 1, 2}
    assert [one.confidence for one in made.verdicts] == [1.0, 0.667]
    assert [one.coverage for one in made.verdicts[1].votes] == ["covered", "missing", "covered"]
    orders = {tuple(c.id for c in some.criteria) for some, _ in looks.opinions(LONG, fakes.plan(samples=5))}
    assert len(orders) > 2


LONG = fakes.rubric(criteria=tuple(Criterion(id=f"Q1.{n}", text="t") for n in range(1, 7)))


def test_a_jury_votes_and_its_members_are_named() -> None:
    async def judge(request: JudgeRequest) -> JudgeReply:
        return JudgeReply(text=SURE if request.model == "b" else both(verdict("missing"), verdict("missing")))

    made = graded(judge, jury=(("b", "fake"), ("c", "fake")))
    assert (made.score, made.calls) == (0.0, 3)
    assert [(one.judge, one.coverage) for one in made.verdicts[0].votes] == [
        ("fake", "missing"),
        ("b", "covered"),
        ("c", "missing"),
    ]


@pytest.mark.parametrize(
    ("some", "stands"),
    [
        (("covered", "missing"), "missing"),
        (("covered", "partial", "missing"), "missing"),
        (("covered", "covered", "missing"), "covered"),
        (("covered", None), "covered"),
        ((None, None), None),
    ],
)
def test_the_majority_stands_and_of_a_tie_what_earns_less(some: tuple[Any, ...], stands: str | None) -> None:
    one_point = fakes.rubric(criteria=(POINT,))
    readings = [("m", Reading(verdicts=(said("Q1.1", each),), problems=("p",))) for each in some]
    made = looks.vote(one_point, readings)
    assert made.verdicts[0].coverage == stands
    assert bool(made.problems) is (stands is None)
    assert made.review is (stands is not None and some.count(stands) * 2 <= len(some))


@pytest.mark.parametrize(
    ("some", "weight", "told"),
    [
        (("covered", "missing"), -1.0, True),
        (("covered", "partial"), -1.0, True),
        (("covered", "covered", "missing"), -1.0, False),
        (("missing", "missing"), -1.0, False),
        (("covered", "missing"), 1.0, False),
    ],
)
def test_a_tie_on_a_fault_says_that_what_takes_away_less_counts(
    some: tuple[Any, ...], weight: float, told: bool
) -> None:
    rubric = fakes.rubric(criteria=(dataclasses.replace(POINT, weight=weight),))
    readings = [("m", Reading(verdicts=(said("Q1.1", each),))) for each in some]
    for lang, words in looks.TIED.items():
        assert looks.vote(rubric, readings, lang).verdicts[0].reason.endswith(words) is told


def test_a_tie_on_a_fault_that_a_second_look_settles_is_none_any_more() -> None:
    rubric = fakes.rubric(criteria=(dataclasses.replace(POINT, weight=-1.0),))
    tied = looks.vote(
        rubric, [("m", Reading(verdicts=(said("Q1.1", one),))) for one in ("covered", "missing")]
    )
    again = Reading(verdicts=(said("Q1.1", "missing"),))
    (settled,) = looks.settle(rubric, tied, [again], fakes.plan(looks=True)).verdicts
    assert (settled.coverage, settled.reason) == ("missing", "r")


def test_one_vote_that_is_left_of_three_is_neither_sure_nor_settled() -> None:
    one_point, none = fakes.rubric(criteria=(POINT,)), Reading(verdicts=(said("Q1.1", None),))
    alone = looks.vote(one_point, [("a", Reading(verdicts=(said("Q1.1"),))), ("b", none), ("c", none)])
    assert (alone.verdicts[0].confidence, alone.review) == (0.333, True)
    two = [("a", Reading(verdicts=(said("Q1.1"),))), ("c", Reading(verdicts=(said("Q1.1"),))), ("b", none)]
    agreed = looks.vote(one_point, two)
    assert (agreed.verdicts[0].confidence, agreed.review) == (0.667, False)


def test_a_vote_that_nobody_won_is_for_people_unless_a_second_look_settles_it() -> None:
    low = both(verdict("covered", FIRST), verdict("missing"))
    later = fakes.reply({"Q1.2": verdict("missing")})
    assert graded(fakes.scripted([SURE, low]), samples=2).needs_review
    assert not graded(fakes.scripted([SURE, low, SURE]), samples=3).needs_review
    assert not graded(fakes.scripted([SURE, low, later]), samples=2, looks=True).needs_review


def test_a_juror_that_fails_has_no_vote_and_is_named() -> None:
    async def judge(request: JudgeRequest) -> JudgeReply:
        if request.model == "b":
            raise fakes.JudgeError("no key for b")
        return JudgeReply(text=SURE)

    made = graded(judge, jury=(("b", "fake"),))
    assert (made.score, made.problems) == (1.0, ("b: no key for b",))
    assert made.needs_review


def test_a_judge_that_cannot_vary_is_not_paid_twice() -> None:
    plans: list[Callable[[], Any]] = [
        lambda: fakes.plan(strategy="decision", samples=3),
        lambda: fakes.plan(strategy="pointwise", endpoint="embedded", samples=3),
    ]
    assert [len(looks.opinions(fakes.rubric(), make())) for make in plans] == [1, 1]


def test_looks_cost_under_half_a_call_more_and_agree_like_a_call_a_point() -> None:
    rows = gold.read("interview_dev", gold.OWN)
    joint, looked, pointwise = (
        measured(name, WAYS[name], rows, 0.15, 0.0) for name in ("joint", "joint, looks", "a call a point")
    )
    assert looked.calls < joint.calls + 0.5 < pointwise.calls
    assert looked.kappa >= pointwise.kappa - 0.01


def test_the_settings_reach_the_plan() -> None:
    chosen = config.load(
        {"model": "a", "jury": "b, a ,c", "samples": 2, "looks": "auto", "api_base": "http://127.0.0.1:1/v1"},
        cwd=Path("/"),
        environ={},
    )
    plan = api.plan_for(chosen, config.Choice(model="a", why=""))
    at = "openai_compatible http://127.0.0.1:1/v1"
    assert (plan.jury, plan.samples, plan.looks) == ((("b", at), ("c", at)), 2, True)
    assert not api.plan_for(chosen, config.Choice(model="embedded", why="", endpoint="embedded")).looks
    priced = dataclasses.replace(chosen, max_cost=1.0)
    with pytest.raises(InputError, match="b, a, c: other models"):
        api.plan_for(priced, config.Choice(model="a", why=""))
    other = dataclasses.replace(chosen, jury=(), looks="gpt-5")
    assert api.plan_for(other, config.Choice(model="a", why="")).second == ("gpt-5", at)
    with pytest.raises(InputError, match="gpt-5: other models"):
        api.plan_for(dataclasses.replace(other, max_cost=1.0), config.Choice(model="a", why=""))


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("flag", "reply"), [("jury", SURE), ("looks", INVENTED)])
def test_each_further_judge_is_asked_by_its_own_name_over_http(flag: str, reply: str) -> None:
    async def whole() -> tuple[Grade, list[servers.Seen]]:
        async with servers.serving(lambda _: servers.says(reply)) as server:
            chosen = config.load(
                {"model": "a", flag: "b", "api_base": server.api_base}, cwd=Path("/"), environ={}
            )
            choice = config.Choice(model="a", why="")
            async with judges.connect(chosen, choice, environ={}) as judge:
                plan = api.plan_for(chosen, choice)
                return await grade_attempt(fakes.rubric(), fakes.attempt(TEXT), judge, plan), server.seen

    made, seen = asyncio.run(whole())
    assert (made.score, sorted(one.body["model"] for one in seen)) == (1.0, ["a", "b"])


def test_a_grade_says_how_many_opinions_it_was_made_with() -> None:
    made = graded(fakes.scripted([SURE] * 3), samples=2, jury=(("b", "fake"),), looks=True)
    assert made.judge.strategy == "joint, 2 samples, jury b, looks"
    assert graded(fakes.scripted([SURE])).judge.strategy == "joint"


def test_an_estimate_counts_every_opinion() -> None:
    plan = fakes.plan(samples=3, jury=(("b", "fake"),))
    assert len(looks.requests(fakes.rubric(), fakes.attempt(TEXT), plan)) == 4
