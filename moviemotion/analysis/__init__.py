"""Analysis of a screening: from each viewer's emotion probabilities to moments, patterns and comparisons.

The packages are in the order of the data, and each uses only those before it:

- `signals`: timeline, baseline and strength, audience curve with intervals, synchrony, delays, mixed emotions
- `moments`: stretches in which the audience reacted together, tested against a null model
- `patterns`: arc, acts, motifs, change points, contagion, peak and end, flat stretches
- `comparison`: two screenings or cuts, two groups of viewers, and patterns against ratings across films
- `prediction`: outcomes predicted from the reactions to trailers

`analyze` runs the first three for one screening and returns one record; `script_emotions` gives the
emotions of each script element and scene. Nothing here knows about cameras or faces: a `Timeline` can come
from any source (`from_table`).
"""
