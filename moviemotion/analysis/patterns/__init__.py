"""Patterns in the moments and curves of one screening.

Each module answers one question and reports when the data are inconclusive: `acts` and `arc` (the course of
the mood), `peak_end`, `flat_stretches`, `change_points`, `motifs` (sequences of moments) and `contagion`
(neighbors who react together). `find_patterns` runs all of them.
"""
