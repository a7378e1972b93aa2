"""Signals: curves computed from samples.

`timeline` averages each viewer's samples per second and keeps the peaks of a `moving_mean`. `baseline`
estimates each viewer's probabilities at rest and computes strength from them. `audience_curve` averages over
viewers, with intervals from `strength_intervals`. `synchrony` measures how similar the viewers' curves are.
`reaction_delay` and `mixed_emotions` analyze individual viewers. `seat_map` states who sat beside whom, and
`film_span` states when the film was running.
"""
