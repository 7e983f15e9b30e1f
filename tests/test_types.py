"""The nouns keep their promises."""

from __future__ import annotations

from grader.types import Criterion, JudgeRequest, Rubric, Usage


def test_a_note_does_not_change_the_hash_of_a_rubric_but_a_claim_does() -> None:
    plain = Rubric(question="Q1", title="t", criteria=(Criterion(id="Q1.1", text="a"),))
    noted = Rubric(question="Q1", title="t", criteria=(Criterion(id="Q1.1", text="a", note="why"),))
    claimed = Rubric(question="Q1", title="t", criteria=(Criterion(id="Q1.1", text="a", claim="b"),))
    assert plain.hash == noted.hash
    assert plain.hash != claimed.hash


def test_the_key_of_a_request_is_that_of_the_whole_request() -> None:
    one = JudgeRequest(model="m", endpoint="litellm", messages=({"role": "user", "content": "x"},))
    other = JudgeRequest(model="m", endpoint="openai http://a", messages=({"role": "user", "content": "x"},))
    assert one.key != other.key


def test_a_cost_that_nobody_knows_stays_unknown() -> None:
    assert (Usage(prompt=1) + Usage(prompt=2)).cost_usd is None
    assert (Usage(prompt=1, cost_usd=0.5) + Usage(prompt=2)).cost_usd == 0.5
