"""Signals: from samples to curves.

`timeline` averages each viewer's samples per second (`smoothing` first); `baseline` estimates each viewer's
probabilities at rest and computes strength from them. `audience_curve` averages the viewers, with
`strength_intervals`; `synchrony` measures how alike they are; `reaction_delay` and `mixed_emotions` look at
each viewer.
"""
