"""A decision by the embedded model: one pass over an answer and all its questions, read as probabilities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grader.errors import JudgeError
from grader.judges.llama import STEP, Floats, Llama, Place
from grader.judges.probe import Probe, Trace
from grader.judges.similarity import Encoder
from grader.judges.weights import QWEN, keep_json
from grader.strategies import stack
from grader.types import JudgeReply, JudgeRequest, Usage, digest

ROOMS = (2_048, 4_096, 8_192, 16_384)
AT_ONCE = 60
HEAD, ANSWER, FIRST = 0, 1, 2  # sequences: what all answers share, the answer, the first question


@dataclass(frozen=True)
class Layout:
    """A request as tokens; `questions` each as three segments: before the claim, the claim, after it."""

    head: tuple[int, ...]
    body: tuple[int, ...]
    questions: tuple[tuple[tuple[int, ...], ...], ...]
    yes: int
    no: int

    @property
    def fixed(self) -> int:
        """Tokens before any question."""
        return len(self.head) + len(self.body)


class Decider:
    """Answers the pointwise strategy's decision requests; what a question's answers share stays decoded."""

    def __init__(self, llama: Llama, nulls: Path) -> None:
        self._llama, self._nulls = llama, nulls
        self._decoded: tuple[int, ...] = ()
        self._encoder = Encoder()

    def reply(self, request: JudgeRequest) -> JudgeReply:
        """`answers[id]` for each criterion: the probe's signals less an empty answer's, nearness."""
        with self._llama.used():
            return self._reply(request)

    def _reply(self, request: JudgeRequest) -> JudgeReply:
        probe = Probe(stack.load(str(request.params["fit"])).probe)
        null = self.null(request, probe)
        layout = self._layout(request)
        here = self._read(request, layout, probe.layers)
        answers = {name: probe.signals(seen, null[name]) for name, seen in here.items()}
        for name, (similarity, closest) in self.nearest(request).items():
            answers[name] |= {"similarity": similarity, "closest": closest}
        tokens = layout.fixed + sum(len(part) for one in layout.questions for part in one)
        return JudgeReply(answers=answers, stop="stop", usage=Usage(prompt=tokens, cost_usd=0.0))

    def nearest(self, request: JudgeRequest) -> dict[str, tuple[float, int]]:
        """For each criterion the best cosine of a sentence with one of its phrasings, and which sentence."""
        points = [(one["claim"], *one["accept"]) for one in request.questions]
        found = self._encoder.nearest(request.input, points)
        return {one["id"]: near for one, near in zip(request.questions, found, strict=True)}

    def traces(self, request: JudgeRequest, layers: Sequence[int]) -> dict[str, Trace]:
        """The raw states at each criterion, for fitting a probe."""
        return self._read(request, self._layout(request), layers)

    def null(self, request: JudgeRequest, probe: Probe) -> Mapping[str, Mapping[str, float]]:
        """What the same questions bring for an empty answer: shipped, kept from before, or read and kept."""
        empty = emptied(request)
        key = null_key(empty)
        kept = stack.shipped_nulls(key) or _kept(self._nulls / f"{key}.json", request)
        if kept is None:
            kept = {name: probe.project(seen) for name, seen in self.traces(empty, probe.layers).items()}
            keep_json(self._nulls / f"{key}.json", kept)
        return kept

    def _layout(self, request: JudgeRequest) -> Layout:
        """Words of ours are read with the template's control tokens; the attempt's and rubric's never are."""
        llama, words = self._llama, request.params
        head = f"<|im_start|>system\n{words['system']}<|im_end|>\n<|im_start|>user\n"
        tail = llama.tokens("<|im_end|>\n<|im_start|>assistant\n", control=True)
        body = [*llama.tokens(words["open"]), *llama.tokens(request.input), *llama.tokens(words["close"])]
        layout = Layout(
            head=(*llama.tokens(head, control=True), *llama.tokens(words["head"])),
            body=tuple(body),
            questions=tuple(tuple(_segments(llama, one, tail)) for one in request.questions),
            yes=llama.tokens(words["yes"])[0],
            no=llama.tokens(words["no"])[0],
        )
        longest = max(sum(map(len, one)) for one in layout.questions)
        if layout.fixed + longest > ROOMS[-1]:
            raise JudgeError(
                f"the answer is too long for the embedded judge: {layout.fixed} tokens, it reads {ROOMS[-1]}",
                "split the answer, or choose another judge with --model",
            )
        return layout

    def _read(self, request: JudgeRequest, layout: Layout, layers: Sequence[int]) -> dict[str, Trace]:
        groups = list(_groups(layout))
        needed = layout.fixed + max(sum(sum(map(len, one)) for one in group) for group in groups)
        self._prepare(layout, next(room for room in ROOMS if needed <= room))
        seen = [trace for group in groups for trace in self._ask(layout, group, layers)]
        return {one["id"]: trace for one, trace in zip(request.questions, seen, strict=True)}

    def _prepare(self, layout: Layout, room: int) -> None:
        """Decode the head, unless it still is, and the answer."""
        llama = self._llama
        if llama.room < room:
            self._decoded = ()
            llama.make_room(room, AT_ONCE + FIRST)
        llama.capture.layers(())
        if self._decoded != layout.head:
            self._decoded = ()  # until it is, should decoding fail
            llama.clear()
            llama.decode([(token, at, HEAD, False) for at, token in enumerate(layout.head)])
            self._decoded = layout.head
        for sequence in range(ANSWER, FIRST + AT_ONCE):
            llama.drop(sequence)
        llama.copy(HEAD, ANSWER)
        first = len(layout.head)
        llama.decode([(token, first + at, ANSWER, False) for at, token in enumerate(layout.body)])

    def _ask(
        self, layout: Layout, group: Sequence[Sequence[Sequence[int]]], layers: Sequence[int]
    ) -> list[Trace]:
        """Each question goes on from the answer, none sees another; the last tokens are read together."""
        llama, first = self._llama, layout.fixed
        whole = [[token for part in one for token in part] for one in group]
        for sequence in range(FIRST, FIRST + AT_ONCE):
            llama.drop(sequence)  # of a larger group before, too: there is room for one group
        for sequence in range(FIRST, FIRST + len(group)):
            llama.copy(ANSWER, sequence)
        early: list[Place] = [
            (token, first + at, FIRST + sequence, False)
            for sequence, tokens in enumerate(whole)
            for at, token in enumerate(tokens[:-1])
        ]
        means = self._means(early, _owners(group), len(group), layers)
        llama.capture.layers(())
        last = [(one[-1], first + len(one) - 1, FIRST + at, True) for at, one in enumerate(whole)]
        llama.decode(last)
        return [self._trace(at, layout, means, layers) for at in range(len(group))]

    def _means(
        self, places: list[Place], owners: list[int], count: int, layers: Sequence[int]
    ) -> dict[str, Floats]:
        """Mean state of each segment of each question: {layer: (question, segment, width)}."""
        llama = self._llama
        llama.capture.layers(layers)
        names = [f"l_out-{layer}" for layer in layers]
        sums = {name: np.zeros((count * 3, llama.width), np.float32) for name in names}
        for start in range(0, len(places), STEP):
            llama.decode(places[start : start + STEP])
            for name in names:
                np.add.at(sums[name], owners[start : start + STEP], llama.capture.taken[name])
        sizes = np.maximum(np.bincount(owners, minlength=count * 3), 1)[:, None].astype(np.float32)
        return {name: (total / sizes).reshape(count, 3, -1) for name, total in sums.items()}

    def _trace(self, at: int, layout: Layout, means: Mapping[str, Floats], layers: Sequence[int]) -> Trace:
        logits = self._llama.logits(at)
        blocks = {f"claim-{layer}": means[f"l_out-{layer}"][at, 1] for layer in layers}
        blocks |= {f"tail-{layer}": means[f"l_out-{layer}"][at, 2] for layer in layers}
        return Trace(log_odds=float(logits[layout.yes] - logits[layout.no]), blocks=blocks)


def emptied(request: JudgeRequest) -> JudgeRequest:
    """The same questions of an answer that says nothing."""
    return replace(request, input=str(request.params["empty"]))


def null_key(empty: JudgeRequest) -> str:
    """What is kept of an empty answer belongs to the weights and the whole request, the fit's id included."""
    return digest([QWEN.sha256, empty.canonical()]).removeprefix("sha256:")[:32]


def _segments(llama: Llama, question: Mapping[str, str], tail: list[int]) -> Iterator[tuple[int, ...]]:
    claim = question["claim"]
    before, claim, after = question["text"].partition(claim) if claim else ("", "", question["text"])
    yield tuple(llama.tokens(before))
    yield tuple(llama.tokens(claim))
    yield (*llama.tokens(after), *tail)


def _owners(group: Sequence[Sequence[Sequence[int]]]) -> list[int]:
    """For each token but the last of each question: three times the question's number plus the segment's."""
    owners = []
    for number, parts in enumerate(group):
        of_one = [number * 3 + segment for segment, part in enumerate(parts) for _ in part]
        owners += of_one[:-1]
    return owners


def _groups(layout: Layout) -> Iterator[list[tuple[tuple[int, ...], ...]]]:
    """Questions that are asked together: as many as there are sequences and room for."""
    group: list[tuple[tuple[int, ...], ...]] = []
    used = layout.fixed
    for one in layout.questions:
        size = sum(map(len, one))
        if group and (len(group) == AT_ONCE or used + size > ROOMS[-1]):
            yield group
            group, used = [], layout.fixed
        group.append(one)
        used += size
    yield group


def _kept(path: Path, request: JudgeRequest) -> dict[str, dict[str, float]] | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {one["id"]: dict(kept[one["id"]]) for one in request.questions}
    except (OSError, ValueError, KeyError, TypeError):
        return None
