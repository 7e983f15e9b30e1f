"""Labels against grades: how far a judge agrees with people, and the calibration that follows from it.

joining  labels beside the verdicts on the same criteria
card     the judge card: every figure, with what it was measured on and with
fitting  a calibration from labels, judged on questions that it was not fitted on
saved    calibrations as files
found    which calibration is in force
"""
