"""Recorded replies: what is kept, what is played, what a miss says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import cassette
from grader.cassette import Cassette
from grader.errors import CassetteMiss, InputError
from grader.types import JudgeReply, JudgeRequest, Usage, digest
from tests import fakes

REPLY = JudgeReply(
    text='{"a": "多头\\n"}\nend', stop="stop", usage=Usage(prompt=9, completion=3, cached=1, cost_usd=0.25)
)


def request(text: str = "规则\nAnswer: attention", **changes: object) -> JudgeRequest:
    fields: dict[str, object] = {
        "model": "m",
        "endpoint": "litellm",
        "messages": ({"role": "system", "content": "You grade."}, {"role": "user", "content": text}),
        "schema": {"type": "object"},
        "params": {"temperature": 0},
    }
    return JudgeRequest(**{**fields, **changes})  # type: ignore[arg-type]


def keep(folder: Path, one: JudgeRequest | None = None) -> Path:
    return Cassette(folder, "record").keep(one or request(), REPLY)


def play(folder: Path, one: JudgeRequest, mode: cassette.Mode = "replay") -> JudgeReply:
    async def ask() -> JudgeReply:
        return await Cassette(folder, mode).wrap(None)(one)

    return asyncio.run(ask())


def test_what_was_recorded_is_played_with_usage_and_stop_reason(tmp_path: Path) -> None:
    keep(tmp_path)
    played = play(tmp_path, request())
    assert played.recorded
    assert (played.text, played.stop, played.usage) == (REPLY.text, REPLY.stop, REPLY.usage)


def test_a_recorded_decision_keeps_its_probabilities(tmp_path: Path) -> None:
    asked = JudgeRequest(kind="decision", model="m", endpoint="e", input="a\nb", questions=({"id": "Q1.1"},))
    Cassette(tmp_path, "record").keep(asked, JudgeReply(answers={"Q1.1": {"yes": 0.25, "no": 0.75}}))
    assert play(tmp_path, asked).answers == {"Q1.1": {"yes": 0.25, "no": 0.75}}


def test_a_recording_is_readable_in_a_diff_and_holds_no_more_than_request_and_reply(tmp_path: Path) -> None:
    path = keep(tmp_path)
    text = path.read_bytes().decode()
    assert path.name == request().key.removeprefix("sha256:")[:16] + ".json"
    assert '"规则",\n' in text
    assert "\r" not in text
    assert sorted(json.loads(text)) == ["key", "reply", "request"]
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize(("mode", "asked", "files"), [("live", 2, 0), ("auto", 1, 1), ("record", 2, 1)])
def test_each_mode_asks_and_keeps_as_it_says(
    tmp_path: Path, mode: cassette.Mode, asked: int, files: int
) -> None:
    seen: list[JudgeRequest] = []
    played: list[str] = []
    judge = Cassette(tmp_path, mode, played.append).wrap(fakes.scripted([REPLY, REPLY], seen))

    async def twice() -> None:
        await judge(request())
        await judge(request())

    asyncio.run(twice())
    assert len(seen) == asked
    assert len(list(tmp_path.glob("*.json"))) == files
    assert set(played) == ({request().key} if files else set())


def test_a_judge_that_fails_leaves_no_recording(tmp_path: Path) -> None:
    from grader.errors import JudgeError

    judge = Cassette(tmp_path, "auto").wrap(fakes.scripted([JudgeError("down")]))
    with pytest.raises(JudgeError):
        asyncio.run(judge(request()))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_miss_shows_what_changed_and_how_to_record_it(tmp_path: Path) -> None:
    keep(tmp_path, request("something else\naltogether"))
    near = keep(tmp_path)
    with pytest.raises(CassetteMiss) as caught:
        play(tmp_path, request("规则\nAnswer: flash attention", params={"temperature": 1}))
    message = caught.value.message
    assert f"--- {near.name}" in message
    assert "-Answer: attention" in message
    assert "+Answer: flash attention" in message
    assert '+params: {"temperature":1}' in message
    assert "altogether" not in message
    assert "--mode auto" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_miss_stays_short_however_much_changed(tmp_path: Path) -> None:
    keep(tmp_path)
    with pytest.raises(CassetteMiss) as caught:
        play(tmp_path, request("\n".join(f"{n} " + "x" * 999 for n in range(500))))
    assert len(caught.value.message) < 10_000
    assert "more lines" in caught.value.message


def test_a_miss_reads_the_recordings_one_by_one(tmp_path: Path) -> None:
    size, number = 200_000, 40
    for one in range(number):
        keep(tmp_path, request(f"{one}" * size))
    tracemalloc.start()
    try:
        with pytest.raises(CassetteMiss, match="-0000"):
            play(tmp_path, request("0" * 9))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < cassette.LARGEST + size * number / 2  # room for the largest is made for each


def test_after_some_misses_the_nearest_recording_is_looked_for_no_more(tmp_path: Path) -> None:
    keep(tmp_path)
    judge = Cassette(tmp_path, "replay").wrap(None)

    async def missed(number: int) -> str:
        with pytest.raises(CassetteMiss) as caught:
            await judge(request(f"Answer: {number}"))
        return caught.value.message

    said = [asyncio.run(missed(number)) for number in range(cassette.EXPLAINED + 1)]
    assert "-Answer: attention" in said[-2]
    assert said[-1] == f"no recording fits this request to m in {tmp_path}"


def test_a_miss_in_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(CassetteMiss, match="no usable recordings"):
        play(tmp_path / "nothing", request())


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace("You grade.", "You grade kindly."),
        lambda text: text.replace('"stop": "stop"', '"other": 1'),
        lambda text: text.replace('"prompt": 9', '"prompt": "many"'),
        lambda text: text.replace('"prompt": 9', '"prompt": "9"'),
        lambda text: text.replace('"prompt": 9', '"prompt": true'),
        lambda text: text.replace('"prompt": 9', '"prompt": -9'),
        lambda text: re.sub(r'"cost_usd": [^\n]*', '"cost_usd": 1e999', text),
        lambda text: re.sub(r'"text": \[[^]]*\]', '"text": "covered"', text),
        lambda text: re.sub(r'"stop": "stop"', '"stop": ["stop"]', text),
    ],
)
def test_a_damaged_or_edited_recording_is_refused_by_name(tmp_path: Path, damage: object) -> None:
    path = keep(tmp_path)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")  # type: ignore[operator]
    with pytest.raises(InputError, match=path.name):
        play(tmp_path, request())


def test_a_recording_under_another_name_is_not_played(tmp_path: Path) -> None:
    path = keep(tmp_path)
    path.rename(tmp_path / cassette.name(request("other").key))
    with pytest.raises(InputError, match="does not have the key"):
        play(tmp_path, request("other"))


def test_the_same_question_to_another_endpoint_or_model_is_another_request(tmp_path: Path) -> None:
    keep(tmp_path)
    for changed in (request(endpoint="openai_compatible http://x"), request(model="n")):
        with pytest.raises(CassetteMiss):
            play(tmp_path, changed)


def test_replaying_imports_no_client_and_no_model(tmp_path: Path) -> None:
    keep(tmp_path)
    program = f"""
import asyncio, sys
from pathlib import Path
from grader import config, judges
from grader.types import JudgeRequest
folder = Path({str(tmp_path)!r})
settings = config.load({{"cassette": folder, "mode": "replay"}}, cwd=folder, environ={{}})
choice = config.choose_model(settings, {{}})
assert (choice.model, judges.endpoint(settings, choice)) == ("m", "litellm"), choice
request = JudgeRequest(model="m", endpoint="litellm", messages=(
    {{"role": "system", "content": "You grade."}}, {{"role": "user", "content": "规则\\nAnswer: attention"}}),
    schema={{"type": "object"}}, params={{"temperature": 0}})
async def ask():
    async with judges.connect(settings, choice) as judge:
        return await judge(request)
assert asyncio.run(ask()).recorded
heavy = {{"litellm", "openai", "httpx", "aiohttp", "xllamacpp", "numpy", "pydantic", "stamina"}}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_recording_made_by_hand_can_not_break_a_run_however_well_its_key_fits(tmp_path: Path) -> None:
    whole = json.loads(keep(tmp_path).read_text("utf-8"))
    for changes in ({"model": 7}, {"endpoint": None}, {"messages": [{"role": "user", "content": [1]}]}):
        crafted = {**whole, "request": {**whole["request"], **changes}}
        crafted["key"] = digest(crafted["request"])
        path = tmp_path / "crafted" / cassette.name(crafted["key"])
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(crafted), "utf-8")
        with pytest.raises(InputError):
            cassette.read(path)
    assert cassette.models(tmp_path / "crafted") == frozenset()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(part=st.sampled_from(["key", "request", "reply"]), value=JSON)
def test_whatever_stands_in_a_recording_is_played_or_refused(part: str, value: object) -> None:
    whole = json.loads(cassette.written(request(), REPLY))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / cassette.name(request().key)
        path.write_text(json.dumps({**whole, part: value}), "utf-8")
        with contextlib.suppress(InputError):
            cassette.read(path)
