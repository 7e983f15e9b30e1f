"""Every input format: question banks, rubrics, answers, labels."""

from grader.bank.attempts import read_attempt
from grader.bank.info import BankInfo
from grader.bank.store import Bank, load

__all__ = ["Bank", "BankInfo", "load", "read_attempt"]
