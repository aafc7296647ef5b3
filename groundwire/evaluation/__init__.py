"""Measures a running mesh against labelled pictures: `groundwire eval`.

Sets of examples (`sets`) are asked of a mesh (`asking`), every answer is written down as it comes (`journal`), held
against the truth (`judging`) and summed up (`summary`, `metrics`) for a page (`report`), a comparison of two runs
(`comparison`), or a measure of how much bad pictures cost (`robustness`). Needs the extra `groundwire[eval]`.
"""
