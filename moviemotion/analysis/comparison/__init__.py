"""Comparison: screenings against each other, and films against their ratings.

`cut_alignment` matches the parts of two cuts, `group_differences` tests two groups of viewers in many
outcomes, and `screening_comparison` combines them. `film_features` describes a film by numbers, which
`pattern_ratings` correlates with ratings.
"""
