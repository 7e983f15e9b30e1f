"""A run on disk: a folder that a batch appends to, that kill -9 can't hurt, and that reports read.

run.json       what was asked for, a line a sitting
grades.jsonl   one grade a line, only ever appended to; an attempt's last line is the one that counts
rubrics.jsonl  each rubric that a grade was made with, once
labels.jsonl   what people said of verdicts, only ever appended to; it counts in scores and survives regrading
replies.jsonl  the judge's replies, written before they are graded, so that none is paid for twice
lock           held while a process writes
"""

from grader.runs.keys import key, number
from grader.runs.reading import Row, about, read, rubrics
from grader.runs.run import Run, index, is_done, now, open_run

__all__ = ["Row", "Run", "about", "index", "is_done", "key", "now", "number", "open_run", "read", "rubrics"]
