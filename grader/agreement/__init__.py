"""How far a judge agrees with people's labels: statistics from plain values. Pure, no dependency.

What is not defined (nothing to count, one level only) is None, never 0 and never NaN.
"""
