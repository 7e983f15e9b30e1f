"""What a fit is worth, in plain sentences, from questions that it was not fitted on. Pure."""

from __future__ import annotations

from grader.calibration.fitting import Fit
from grader.report.card_words import between, number, signed


def fitted(fit: Fit) -> list[str]:
    """What the calibration does to verdicts, to confidence, and what is left for people."""
    return [_verdicts(fit), _confidence(fit), _review(fit)]


def _verdicts(fit: Fit) -> str:
    interval = fit.gain.weighted_kappa_95
    start = (
        f"Fitted on {fit.count} labels; held out by {fit.unit}, moving verdicts changes weighted kappa"
        f" by {signed(fit.gain.weighted_kappa)}{between(interval)}"
    )
    if fit.moves:
        return f"{start}: it helps, so verdicts are moved."
    if interval is not None and interval[1] < 0:
        return f"{start}: it hurts, so verdicts stay as the judge gives them."
    return f"{start}: that it helps is not shown, so verdicts stay as the judge gives them."


def _confidence(fit: Fit) -> str:
    if not fit.mends:
        return "Its own confidence is not shown to become better by the fit, and stays."
    names = (("Brier score", "brier"), ("calibration error", "calibration_error"), ("AUC", "auc"))
    parts = [
        f"{name} {number(fit.before[key])} before, {number(fit.after[key])} after" for name, key in names
    ]
    return f"Confidence on held-out labels: {'; '.join(parts)}."


def _review(fit: Fit) -> str:
    if fit.review > 1:
        return (
            f"No confidence was found over which {fit.right_rate:.0%} of the verdicts are surely right: every"
            " answer needs review. More labels, or a lower --right-rate, may change that."
        )
    right = "too few to say how many of them are right"
    if fit.right is not None and fit.right_95 is not None:
        low, high = fit.right_95
        right = f"{fit.right:.0%} ({low:.0%} to {high:.0%}) of them right"
    return (
        f"Verdicts under confidence {fit.review:.2f} need review; on held-out labels {fit.unflagged:.0%} are"
        f" over it, {right} (asked for: {fit.right_rate:.0%})."
    )
