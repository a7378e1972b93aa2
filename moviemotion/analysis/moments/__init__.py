"""Moments: where the audience reacted together more than chance would explain.

`reaction_scores` puts the viewers on a common scale, `reacting_together` finds viewers who are not
independent, and `null_model` shifts the viewers to simulate chance. `detection` uses these modules to search
for moments. `bounds`, `evidence` and `resonance` describe each moment.
"""
