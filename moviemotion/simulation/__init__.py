"""Synthetic audiences with known emotions, used to demonstrate and test the analysis.

The modules, in the order in which they are used:

- `synthetic_audience`: read a schedule of emotion events, and simulate how each viewer reacts to them.
- `nuisances`: add conditions that make real audiences hard to read: resting expressions, hands, popcorn, seat
  swaps.
- `rendering`: draw the viewers and write a video for each camera, which is then processed like a recording.
- `synthetic_samples`: simulate the samples of hundreds of viewers directly, without videos.
- `recovery_score`: compare the results of a screening with the simulated emotions.
- `demo_film`: the short screenplay, subtitles and emotion schedule of `moviemotion demo`.
"""
