"""A decision reply and the words of the attempt, weighed by the fit into verdicts with reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader import signals
from grader.strategies import Reading, stack
from grader.types import Attempt, Criterion, Evidence, JudgeReply, Lang, Rubric, Verdict

REASON: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "covered": "判为说到",
        "partial": "判为部分说到",
        "missing": "判为没有说到",
        "contradicted": "判为说反了：模型的隐状态听出与要点相反的说法",
        "for": "支持：",
        "against": "反对：",
        "model": "模型读后的隐状态",
        "yes_no": "模型的是否判断（是 {yes:.0%}）",
        "overlap": "用词重合 {overlap:.0%}",
        "others": "其余要点是否说错",
        "similarity": "句意相近程度",
        "text": "行文",
        "join": "、",
        "stop": "；",
        "end": "。",
    },
    "en": {
        "covered": "Judged covered",
        "partial": "Judged partly covered",
        "missing": "Judged missing",
        "contradicted": "Judged contradicted: the model's hidden state hears something against the point",
        "for": "for it: ",
        "against": "against it: ",
        "model": "the model's hidden state",
        "yes_no": "the model's own yes or no (yes {yes:.0%})",
        "overlap": "{overlap:.0%} of the point's words occur",
        "others": "whether other points are denied",
        "similarity": "how close a sentence comes",
        "text": "the style of the answer",
        "join": ", ",
        "stop": "; ",
        "end": ".",
    },
}
AUDIBLE = 0.15
"""Log-odds below which a group of signals is not worth a word."""


def read(rubric: Rubric, attempt: Attempt, fit: str, reply: JudgeReply | None, lang: Lang) -> Reading:
    """Verdicts on all criteria; without a reply, or with a part of it missing, criteria without one."""
    answers = reply.answers if reply is not None else {}
    silent = [one.id for one in rubric.criteria if one.id not in answers]
    empty = Reading(verdicts=tuple(Verdict(criterion=one.id, coverage=None) for one in rubric.criteria))
    if silent:
        problems = (f"The judge said nothing of {', '.join(silent)}.",) if reply is not None else ()
        return replace(empty, problems=problems)
    made = stack.load(fit)
    try:
        whole = values(rubric, attempt.text, answers)
        verdicts = [_verdict(one, attempt.text, whole[one.id], made, lang) for one in rubric.criteria]
    except KeyError as lacking:  # a recording can be of another version, or edited
        return replace(empty, problems=(f"The judge's reply lacks the signal {lacking.args[0]}.",))
    return Reading(verdicts=tuple(verdicts))


def values(
    rubric: Rubric, text: str, answers: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """All signals by criterion: the reply's, their means over the answer's other criteria, the words'."""
    by_id = {one.id: {**answers[one.id], **signals.words(one, text)} for one in rubric.criteria}
    heard = [seen["probe_contradicted"] for seen in by_id.values()]
    for seen, others in zip(by_id.values(), signals.others(heard), strict=True):
        seen["others_contradicted"] = others
        seen["yes_no"] = seen["log_odds"] - seen["null_log_odds"]
        seen["similarity_short"] = seen["similarity"] * seen["short"]
    return by_id


def _verdict(
    criterion: Criterion, text: str, seen: Mapping[str, float], fit: stack.Fit, lang: Lang
) -> Verdict:
    outcome = fit.stack(seen)
    against = outcome.coverage == "missing" and seen["probe_contradicted"] > fit.contradicted
    shown = against or outcome.coverage != "missing"
    return Verdict(
        criterion=criterion.id,
        coverage=outcome.coverage,
        contradicted=against,
        evidence=(carrier(text, seen),) if shown else (),
        reason=reason(outcome, seen, lang, against=against),
        confidence=round(outcome.confidence, 3),
    )


def carrier(text: str, seen: Mapping[str, float]) -> Evidence:
    """The sentence that comes closest to the point, in words and meaning."""
    spans = signals.quotable(text) or [(0, len(text))]
    place = seen["closest"]  # a recording can be edited
    start, end = spans[int(place) if 0 <= place < len(spans) else 0]
    return Evidence(quote=text[start:end], start=start, end=end, state="verified")


def reason(outcome: stack.Outcome, seen: Mapping[str, float], lang: Lang, *, against: bool) -> str:
    """The verdict, and which signals speak for and against the point, with their log-odds, loudest first."""
    words = REASON[lang]
    numbers = {"yes": seen["yes"], "overlap": seen["overlap"]}
    loud = sorted(outcome.shares.items(), key=lambda share: -abs(share[1]))
    sides = {
        side: [
            f"{words[group].format(**numbers)} ({share:+.1f})"
            for group, share in loud
            if share * sign > AUDIBLE
        ]
        for side, sign in (("for", 1), ("against", -1))
    }
    parts = [words[side] + words["join"].join(said) for side, said in sides.items() if said]
    return words["stop"].join([words["contradicted" if against else outcome.coverage], *parts]) + words["end"]
