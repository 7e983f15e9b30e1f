"""What the figures of a judge card mean, in plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.agreement.differences import Difference
from grader.agreement.intervals import Interval
from grader.agreement.measured import SCORED, Measured, Scores
from grader.calibration.card import Card
from grader.report.markdown import number as number
from grader.report.words import counted

FEW, FEW_QUESTIONS = 30, 10
MANY = 100
WIDE = 0.4
ONE_SIDED = 0.98
EASE = {True: "the easier", False: "the harder"}


def span(value: float | None, interval: Interval | None) -> str:
    """`.52 (.44 to .60)`."""
    return number(value) if interval is None else f"{number(value)} ({interval[0]:.2f} to {interval[1]:.2f})"


def sentences(card: Card) -> list[str]:
    """What to think of the judge, the weightiest first."""
    said = list(_sentences(card.measured))
    if card.ungraded or card.absent or card.silent:
        said.append(left_out(card))
    return said


def left_out(card: Card) -> str:
    """What is in no figure."""
    parts = [
        f"{len(card.ungraded)} ungraded" if card.ungraded else "",
        f"{card.absent} labelled but not in the run" if card.absent else "",
        f"{counted(card.silent, 'label')} without a verdict" if card.silent else "",
    ]
    return f"Left out of every figure: {', '.join(filter(None, parts))}."


def _sentences(measured: Measured) -> Iterator[str]:
    overall = measured.overall
    if not overall.count:
        yield _scores_only(measured.scores)
        return
    yield _headline(measured)
    columns = [sum(row[place] for row in overall.confusion) for place in range(3)]
    level = max(range(3), key=columns.__getitem__)
    if columns[level] >= ONE_SIDED * overall.count and overall.count > 1:
        name = ("missing", "partial", "covered")[level]
        yield f"It says {name} to nearly everything ({columns[level]} of {overall.count}), whatever is said."
    elif (
        overall.met_people is not None
        and overall.met_judge is not None
        and abs(overall.met_judge - overall.met_people) >= 0.1
    ):
        way = "milder" if overall.met_judge > overall.met_people else "stricter"
        yield (
            f"It is {way} than people: it finds {overall.met_judge:.0%} of the points at least partly"
            f" covered, they {overall.met_people:.0%}."
        )
    raters = measured.raters
    if raters.judge is not None and raters.people is not None:
        yield (
            f"With a single rater it agrees to kappa {raters.judge:.2f}, the raters with each other to"
            f" {raters.people:.2f}."
        )
    yield from _sure(measured)
    yield from _few(measured)


def _few(measured: Measured) -> Iterator[str]:
    count, questions = measured.overall.count, len(measured.by["question"])
    if count < FEW:
        yield f"Only {counted(count, 'label')}: these figures can move a lot with more."
    if questions < FEW_QUESTIONS:
        yield (
            f"Only {counted(questions, 'question')}: on others it can do better or worse than the"
            " intervals say."
        )


def _scores_only(scores: Scores) -> str:
    if not scores.count:
        return "Nothing was measured: no label has a verdict beside it."
    off, along = (span(getattr(scores, name), scores.intervals.get(name)) for name in SCORED)
    return (
        f"People gave whole scores, no labels of single points: on {counted(scores.count, 'answer')} the"
        f" judge's score is off by {off} on average and goes with theirs to a correlation of {along}."
    )


def _headline(measured: Measured) -> str:
    overall = measured.overall
    if overall.accuracy == 1:
        said = f"every one of the {overall.count} labels" if overall.count > 1 else "the only label"
        return f"It agrees with {said}."
    if overall.weighted_kappa is None:
        return "Agreement beyond chance can't be told: labels and verdicts are all of one level."
    interval = overall.intervals.get("weighted_kappa")
    figure = f"weighted kappa {span(overall.weighted_kappa, interval)}"
    if interval is None:
        return f"Too few answers to tell whether it is better than chance: {figure}."
    if interval[0] <= 0 and interval[1] > WIDE:
        return f"That it is better than chance is not shown; more labels would tell: {figure}."
    if interval[0] <= 0:
        return f"It is no better than chance: {figure}. Don't use it for marks."
    words = ("poor", "moderate", "good", "very good")
    grade = words[sum(overall.weighted_kappa > bar for bar in (0.4, 0.6, 0.8))]
    return f"Its agreement with the labels is {grade} and better than chance: {figure}."


def _sure(measured: Measured) -> Iterator[str]:
    overall = measured.overall
    if overall.auc is None:
        return
    if overall.auc < 0.6:
        yield f"Its confidence says little about where it is right (AUC {overall.auc:.2f})."
    every = sum(one.count for one in measured.reliability)
    sure = sum(one.count * one.confidence for one in measured.reliability) / every
    right = sum(one.count * one.right for one in measured.reliability) / every
    if abs(sure - right) > 0.08:
        yield (
            f"Its confidence is {sure:.0%} on average and it is right in {right:.0%}:"
            " `grade calibrate --fit` can mend that."
        )
    elif overall.calibration_error is not None and overall.calibration_error > 0.1 and every >= MANY:
        yield f"Its confidences are off by {overall.calibration_error:.2f} on average: --fit can mend that."


def compared(found: Difference, other: str) -> list[str]:
    """Two judges, in words."""
    said = [
        f"Against {other}: weighted kappa {signed(found.weighted_kappa)}"
        f"{between(found.weighted_kappa_95)}, kappa {signed(found.kappa)}{between(found.kappa_95)}"
        f" over {counted(found.count, 'label')}{'' if found.paired else ', not the same ones'}."
    ]
    interval = found.weighted_kappa_95
    if interval is None:
        said.append("Too few answers to say how sure that is.")
    elif interval[0] > 0 or interval[1] < 0:
        so = f"It is {'better' if interval[0] > 0 else 'worse'} beyond noise"
        said.append(
            f"{so}." if found.paired else f"{so}, unless these labels are {EASE[interval[0] > 0]} ones."
        )
    else:
        said.append("The two can't be told apart on these labels.")
    if found.chance is not None:
        said.append(
            f"Only this one is right {counted(found.only_this, 'time')}, only the other"
            f" {counted(found.only_other, 'time')};"
            f" so uneven by chance: p {'< 0.001' if found.chance < 0.001 else f'= {found.chance:.3f}'}"
            " (McNemar, exact)."
        )
    return said


def signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def between(interval: Interval | None) -> str:
    return "" if interval is None else f" ({interval[0]:+.2f} to {interval[1]:+.2f})"


def rows(measured: Measured) -> Sequence[tuple[str, str]]:
    """The main figures with their names."""
    of_scores = _of_scores(measured.scores) if measured.scores.count else ()
    return [*(_of_labels(measured) if measured.overall.count else ()), *of_scores]


def _of_scores(scores: Scores) -> Sequence[tuple[str, str]]:
    off, along = (span(getattr(scores, name), scores.intervals.get(name)) for name in SCORED)
    return [
        ("answers with scores", str(scores.count)),
        ("mean score, people / judge", f"{number(scores.people)} / {number(scores.judge)}"),
        ("score: mean error", off),
        ("score: root of the mean squared error", number(scores.root_error)),
        ("score: Pearson", along),
        ("score: Spearman", number(scores.spearman)),
    ]


def _of_labels(measured: Measured) -> Sequence[tuple[str, str]]:
    overall, raters = measured.overall, measured.raters
    pick = overall.intervals.get
    return [
        ("labels", str(overall.count)),
        ("accuracy", span(overall.accuracy, pick("accuracy"))),
        ("kappa, at least partial", span(overall.kappa, pick("kappa"))),
        ("weighted kappa (quadratic)", span(overall.weighted_kappa, pick("weighted_kappa"))),
        ("weighted kappa (linear)", span(overall.linear_kappa, pick("linear_kappa"))),
        ("F1, at least partial", span(overall.f1, pick("f1"))),
        ("met, people / judge", f"{number(overall.met_people)} / {number(overall.met_judge)}"),
        ("AUC of the confidence", number(overall.auc)),
        ("calibration error", number(overall.calibration_error)),
        ("kappa with each rater", number(raters.judge)),
        ("raters' own pairwise kappa", number(raters.people)),
        ("Krippendorff's alpha, ordinal / nominal",
         f"{number(raters.alpha_ordinal)} / {number(raters.alpha_nominal)}"),
    ]  # fmt: skip
