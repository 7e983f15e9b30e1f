"""Trials of a judge before it is trusted: answers with known labels, and text that asks it for marks."""
