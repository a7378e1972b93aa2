"""Comparison of screenings with each other, and of films with their ratings.

`cut_alignment` matches the parts of two cuts, `group_differences` tests two groups of viewers for differences
in many outcomes, and `screening_comparison` combines both. `film_features` describes a film with numbers,
which `pattern_ratings` correlates with ratings.
"""
