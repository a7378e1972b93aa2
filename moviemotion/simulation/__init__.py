"""Synthetic audiences whose emotions are known, to demonstrate and to test the analysis.

In the order of the data:

- `synthetic_audience`: read a schedule of emotion events, and simulate how each viewer reacts to them.
- `nuisances`: add what makes real audiences hard to read: resting expressions, hands, popcorn, seat swaps.
- `rendering`: draw the viewers and write a video for each camera, which is then screened like a recording.
- `synthetic_samples`: skip the videos, and simulate the samples of hundreds of viewers directly.
- `recovery_score`: compare what a screening found with what the viewers were made to show.
- `demo_film`: the short screenplay, subtitles and emotion schedule of `moviemotion demo`.
"""
