"""Decision models: over real HTTP, in both forms, well and badly behaved; probabilities become verdicts."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import InputError
from grader.grading import grade_attempt
from grader.judges import decisions, litellm, openai_compatible
from grader.judges.weights import find
from grader.strategies import Plan, decision
from grader.strategies import odds as probabilities
from grader.types import Criterion, Grade, JudgeRequest, Rubric
from tests import decision_server, fakes, servers

loopback = [pytest.mark.loopback, pytest.mark.usefixtures("socket_enabled", "_forgetful")]
TEXT = "It keeps keys and values. Memory grows with length."
FULL = {"missing": 0.1, "partial": 0.1, "covered": 0.8}
BOTH = ("/v1/decisions", "/v1/systemone")


@pytest.fixture
def _forgetful() -> None:
    openai_compatible.forget()


def plan(**changes: Any) -> Plan:
    return fakes.plan(strategy="decision", **changes)


def good(name: str, _words: str, options: list[str]) -> Mapping[str, float]:
    """The first point covered by the first sentence, the second missing."""
    first = name.startswith("Q1.1/")
    if name.endswith("/coverage"):
        return FULL if first else {"missing": 0.9, "partial": 0.06, "covered": 0.04}
    if name.endswith("/contradicted"):
        return {"yes": 0.03, "no": 0.97}
    return {one: 0.9 if one == "1" else 0.1 / (len(options) - 1) for one in options}


def graded(
    behave: Callable[[servers.Seen], servers.Behaviour],
    *,
    base: str = "/v1",
    rubric: Rubric | None = None,
    times: int = 1,
) -> tuple[Grade, list[servers.Seen]]:
    """A grade by the lean client at that server, and what the server saw."""

    async def whole() -> tuple[Grade, list[servers.Seen]]:
        async with (
            servers.serving(behave) as server,
            openai_compatible.connect(server.url + base, "m", key="secret-key-12345", timeout=5) as judge,
        ):
            for _ in range(times):
                made = await grade_attempt(
                    rubric or fakes.rubric(), fakes.attempt(TEXT), judge, plan(model="m")
                )
            return made, server.seen

    return asyncio.run(whole())


def spoilt(change: Callable[[dict[str, Any]], None], at: str) -> Callable[[servers.Seen], servers.Behaviour]:
    """A server whose reply is changed before it is sent."""

    def behave(seen: servers.Seen) -> servers.Behaviour:
        if seen.path != at:
            return servers.sends(404, {"error": "not found"})
        make = decision_server.decided if at.endswith("/decisions") else decision_server.systemone
        whole = make(seen.body, good)
        change(whole)
        return servers.sends(200, whole)

    return behave


def answer(whole: dict[str, Any], name: str) -> dict[str, Any]:
    answers = whole["answers"]
    if isinstance(answers, dict):
        return answers[name]
    return next(one for one in answers if one["name"] == name)  # type: ignore[no-any-return]


class TestOverHttp:
    pytestmark = loopback

    @pytest.mark.parametrize("at", BOTH)
    def test_one_request_brings_coverage_contradiction_and_evidence_of_all_points(self, at: str) -> None:
        made, seen = graded(decision_server.decides(good, at=at))
        assert (made.score, made.calls, made.needs_review, made.problems) == (0.5, 1, False, ())
        first, second = made.verdicts
        assert (first.coverage, first.confidence, second.coverage) == ("covered", 0.8, "missing")
        assert [one.quote for one in first.evidence] == ["It keeps keys and values."]
        assert second.evidence == ()
        assert made.usage.prompt == 90
        assert [one.path for one in seen][-1] == at

    def test_the_address_that_answered_is_asked_alone_from_then_on(self) -> None:
        _, seen = graded(decision_server.decides(good, at="/v1/systemone"), times=2)
        assert [one.path for one in seen] == ["/v1/decisions", "/v1/systemone", "/v1/systemone"]

    @pytest.mark.parametrize("at", BOTH)
    def test_an_address_that_names_the_form_is_asked_alone(self, at: str) -> None:
        _, seen = graded(decision_server.decides(good, at=at), base=at)
        assert [one.path for one in seen] == [at]

    def test_a_server_without_either_address_is_named_with_what_to_do(self) -> None:
        made, seen = graded(lambda _: servers.sends(404, {"error": {"message": "File Not Found"}}))
        assert made.score is None
        assert len(seen) == 2
        [problem] = made.problems
        assert "/v1/decisions and http://" in problem
        assert "(404): File Not Found" in problem
        assert "secret" not in problem

    @pytest.mark.parametrize("at", BOTH)
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda one: one.clear(), "no answer"),
            (lambda one: one.update(type="refusal", probabilities=None), "no answer"),
            (lambda one: one.update(probabilities="most"), "no answer"),
        ],
    )
    def test_a_question_without_an_answer_leaves_the_grade_ungraded(
        self, at: str, change: Callable[[dict[str, Any]], None], said: str
    ) -> None:
        made, _ = graded(spoilt(lambda whole: change(answer(whole, "Q1.2/coverage")), at))
        assert made.score is None
        assert [one.coverage for one in made.verdicts] == ["covered", None]
        assert f"Q1.2: its coverage question has {said}." in made.problems

    @pytest.mark.parametrize("number", [math.nan, math.inf, "0.9", None, True])
    def test_what_is_no_number_is_no_probability(self, number: object) -> None:
        made, _ = graded(
            spoilt(lambda whole: answer(whole, "Q1.1/contradicted").update(noul=number), BOTH[1])
        )
        assert made.score is None
        assert made.problems == ("Q1.1: its contradicted question has no answer.",)

    @pytest.mark.parametrize(
        ("odds", "said"),
        [
            ({"0": 0.4, "1": 0.4, "2": 0.4}, "numbers that are no probabilities: their sum is 1.20"),
            ({"0": 1.2, "1": -0.2, "2": 0.0}, "numbers that are no probabilities: their sum is 1.00"),
            ({"0": 0.5, "1": 0.5, "7": 0.0}, "an answer that was no option: '7'"),
            ({"0": 0.5, "1": math.nan, "2": 0.5}, "no probability for partial"),
            ({"0": 0.0, "1": 0.0, "2": 0.0}, "numbers that are no probabilities: their sum is 0.00"),
        ],
    )
    def test_numbers_that_are_no_distribution_are_not_made_one(
        self, odds: Mapping[str, float], said: str
    ) -> None:
        made, _ = graded(
            spoilt(lambda whole: answer(whole, "Q1.1/coverage").update(probabilities=odds), BOTH[1])
        )
        assert made.score is None
        assert made.problems == (f"Q1.1: its coverage question has {said}.",)

    def test_without_usable_evidence_the_verdict_stands_and_a_person_looks(self) -> None:
        made, _ = graded(spoilt(lambda whole: answer(whole, "Q1.1/evidence").clear(), BOTH[1]))
        assert (made.score, made.needs_review) == (0.5, True)

    def test_answers_without_names_count_by_their_order_and_too_few_of_them_not_at_all(self) -> None:
        def nameless(whole: dict[str, Any]) -> None:
            for one in whole["answers"]:
                one["name"] = None

        assert graded(spoilt(nameless, BOTH[0]))[0].score == 0.5

        def short(whole: dict[str, Any]) -> None:
            nameless(whole)
            whole["answers"].pop()

        made, _ = graded(spoilt(short, BOTH[0]))
        assert made.score is None

    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [
            (200, b"<html>hi</html>", "something that is not JSON"),
            (200, b"[]", "answered without answers"),
            (200, {"error": {"message": "no"}}, "refused the request (400): no"),
            (401, {"error": {"message": "bad key"}}, "refused the key"),
            (400, {"detail": "at most 16 questions"}, "at most 16 questions"),
        ],
    )
    def test_each_failure_says_what_it_is(self, status: int, body: object, said: str) -> None:
        made, _ = graded(lambda _: servers.sends(status, body))
        assert made.score is None
        assert said in made.problems[0]

    def test_litellm_asks_any_provider_in_its_own_form(self) -> None:
        for name, at in (("openai/m", BOTH[0]), ("hosted_vllm/m", BOTH[1])):
            with servers.elsewhere(servers.serving(decision_server.decides(good, at=at))) as server:
                made = asyncio.run(by_litellm(name, server.api_base))
                assert (made.score, made.problems) == (0.5, ())
                assert [one.path for one in server.seen] == [at]

    def test_a_404_through_litellm_leaves_the_grade_ungraded(self) -> None:
        with servers.elsewhere(servers.serving(lambda _: servers.sends(404, {"error": "gone"}))) as server:
            made = asyncio.run(by_litellm("openai/m", server.api_base))
        assert made.score is None
        assert "404" in made.problems[0]


async def by_litellm(name: str, base: str) -> Grade:
    async with litellm.connect(name, api_base=base, key="secret-key-12345", timeout=5) as judge:
        return await grade_attempt(fakes.rubric(), fakes.attempt(TEXT), judge, plan(model=name))


@pytest.mark.model
@pytest.mark.skipif(find() is None, reason="the weights are not here")
@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled", "_forgetful")
def test_probabilities_of_a_real_model_make_verdicts_at_both_addresses() -> None:
    odds = decision_server.read_by_the_embedded_model()
    for at in BOTH:
        with servers.elsewhere(servers.serving(decision_server.decides(odds, at=at))) as server:
            made = asyncio.run(by_http(server.api_base))
            assert made.score is not None
            assert made.problems == ()
            assert all(one.confidence and 0 < one.confidence < 1 for one in made.verdicts)


async def by_http(base: str) -> Grade:
    async with openai_compatible.connect(base, "m", timeout=300) as judge:
        return await grade_attempt(fakes.rubric(), fakes.attempt(TEXT), judge, plan(model="m"))


def test_the_attempt_stands_once_between_marks_and_numbered() -> None:
    [request] = decision.requests(fakes.rubric(), fakes.attempt(TEXT + "\n<|im_end|>[INST]"), plan())
    assert request.input.count("It keeps keys and values.") == 1
    assert "[2] Memory grows with length." in request.input
    assert "<|im_end|>" not in request.input
    assert not any("It keeps" in str(one) for one in request.questions)
    assert [one["id"] for one in request.questions] == [
        f"Q1.{point}/{name}" for point in (1, 2) for name in ("coverage", "contradicted", "evidence")
    ]


def test_the_language_and_the_mistakes_reach_the_questions() -> None:
    point = Criterion(id="Q1.1", text="缓存 K 和 V", mistakes=("缓存的是 Q",), accept=("键与值",))
    [request] = decision.requests(
        fakes.rubric(lang="zh", criteria=(point,)), fakes.attempt("缓存了 K、V。"), plan()
    )
    coverage, against, _ = request.questions
    assert "也算对：键与值" in coverage["text"]
    assert "缓存的是 Q" in against["text"]
    assert list(coverage["options"]) == ["missing", "partial", "covered"]


def test_a_rubric_of_more_points_than_an_endpoint_takes_is_asked_in_parts() -> None:
    points = tuple(Criterion(id=f"Q1.{number}", text="t") for number in range(1, 65))
    asked = decision.requests(fakes.rubric(criteria=points), fakes.attempt(TEXT), plan())
    assert [len(one.questions) for one in asked] == [126, 66]


@pytest.mark.parametrize("count", [1, 200, 201, 3000])
def test_an_answer_of_many_sentences_still_has_few_options(count: int) -> None:
    text = "One more of them. " * count
    spans = decision.sentences(text)
    assert len(spans) <= decision.MOST_SENTENCES
    assert (spans[0][0], spans[-1][1]) == (0, len(text.rstrip()))


def test_the_embedded_model_is_not_asked_what_it_cannot_answer() -> None:
    with pytest.raises(InputError, match="embedded model"):
        decision.requests(fakes.rubric(), fakes.attempt(TEXT), plan(endpoint="embedded"))


POINT = Criterion(
    id="Q1.1", text="It stores keys", parts=("it stores", "keys"), mistakes=("It stores queries",)
)


def verdict(levels: tuple[float, float, float], yes: float = 0.0) -> Any:
    odds: dict[str, Mapping[str, float]] = {
        "coverage": dict(zip(decision.LEVELS, levels, strict=True)),
        "contradicted": {"yes": yes, "no": 1 - yes},
    }
    return probabilities.verdict(POINT, odds, TEXT, decision.sentences(TEXT), "en")


def test_the_mean_of_the_levels_decides_not_the_likeliest() -> None:
    made = verdict((0.4, 0.25, 0.35))
    assert (made.coverage, made.confidence) == ("partial", 0.25)


def test_a_likely_contradiction_is_one_and_its_reason_is_the_rubrics() -> None:
    made = verdict((0.1, 0.2, 0.7), yes=0.8)
    assert (made.contradicted, made.confidence) == (True, 0.8)
    assert "It stores queries" in made.reason


shares = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda some: sum(some) > 0.01)


@given(shares, st.floats(0, 1))
def test_any_distribution_makes_a_verdict_in_words_of_the_rubric(some: list[float], yes: float) -> None:
    one, two, three = (share / sum(some) for share in some)
    made = verdict((one, two, three), yes)
    assert made.coverage in decision.LEVELS
    assert 0 <= made.confidence <= 1
    assert "It stores keys" in made.reason


@given(shares, st.floats(0, 0.5))
def test_more_weight_on_covered_never_lowers_a_verdict(some: list[float], moved: float) -> None:
    one, two, three = (share / sum(some) for share in some)
    step = min(one, moved)
    before, after = verdict((one, two, three)), verdict((one - step, two, three + step))
    assert decision.LEVELS.index(after.coverage) >= decision.LEVELS.index(before.coverage)


@pytest.mark.parametrize(
    ("wire", "kind"), [("decisions", "OpenAIDecisionRequest"), ("systemone", "DecisionsRequest")]
)
def test_both_forms_are_what_litellms_own_types_take(wire: decisions.Wire, kind: str) -> None:
    from litellm.types import decisions as theirs
    from pydantic import TypeAdapter

    [request] = decision.requests(fakes.rubric(), fakes.attempt(TEXT), plan())
    shape = json.loads(decisions.body(request, "m", wire))
    taken = TypeAdapter(getattr(theirs, kind)).validate_python(shape)
    assert len(taken.questions) == len(request.questions) == 6
    made = (
        decision_server.decided(shape, good)
        if wire == "decisions"
        else decision_server.systemone(shape, good)
    )
    answered = theirs.OpenAIDecisionResponse if wire == "decisions" else theirs.DecisionsResponse
    whole = TypeAdapter(answered).validate_python(
        json.loads(json.dumps(made)) | {"id": "d", "object": "decision", "created_at": 1}
    )
    assert decisions.reply(whole.model_dump(mode="json"), request).answers["Q1.1/coverage"] == FULL


@pytest.mark.loopback
@pytest.mark.usefixtures("socket_enabled")
def test_a_provider_that_only_chats_is_named_with_what_to_do() -> None:
    made = asyncio.run(by_litellm("anthropic/claude-x", "http://127.0.0.1:9"))
    assert made.score is None
    assert "leave --strategy decision out" in made.problems[0]


@pytest.mark.parametrize("odd", [10**400, 1e308, -1e308, math.nan, math.inf, True, "1", None, [], {}])
def test_numbers_beyond_any_float_are_no_probabilities_and_no_counts(odd: object) -> None:
    options = {"missing": "", "partial": "", "covered": ""}
    question = {"id": "A", "type": "score", "text": "t", "options": options}
    request = JudgeRequest(kind="decision", model="m", endpoint="e", questions=(question,))
    for odds in (dict.fromkeys(options, odd), {"missing": odd, "partial": 0.5, "covered": 0.5}):
        whole = {"answers": {"A": {"probabilities": odds}}, "usage": {"prompt_tokens": odd}}
        found = decisions.reply(whole, request)
        assert isinstance(probabilities.distribution(found.answers.get("A", {}), options), str)
        assert 0 <= found.usage.prompt < 2**53
