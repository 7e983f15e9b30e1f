"""Text in an attempt that speaks to whoever grades it: found, shown, and left out of what is judged. Pure."""

from __future__ import annotations

from grader.addressed.apart import Subject
from grader.addressed.finding import KINDS, Found, find, look
from grader.addressed.leaving_out import Kept, without

__all__ = ["KINDS", "Found", "Kept", "Subject", "find", "look", "without"]
