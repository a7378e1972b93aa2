"""Analysis of a screening: from each viewer's emotion probabilities to moments, patterns and comparisons.

The packages follow the order in which data are processed, and each uses only those listed before it:

- `signals`: timeline, baseline and strength, audience curve with intervals, synchrony, delays, mixed emotions
- `moments`: stretches in which the audience reacted together, tested against a null model
- `patterns`: arc, acts, motifs, change points, contagion, peak and end, flat stretches
- `comparison`: comparisons of two screenings or cuts, of two groups of viewers, and of film patterns with
  ratings
- `prediction`: outcomes predicted from the reactions to trailers

`analyze` runs the first three packages for one screening and returns a single record. `script_emotions`
summarizes the audience's emotions for each script element and scene. Nothing here depends on cameras or
faces: a `Timeline` can come from any source (see `from_table`).
"""
