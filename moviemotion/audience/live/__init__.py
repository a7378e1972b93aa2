"""From live cameras to samples on the film's clock.

In the order of the data:

- `seats_config`: read `seats.toml`, which lists the cameras.
- `sources`: pictures from network cameras, devices, or files that are played as if they were live.
- `film_clock`: film time during a capture, and the film time of each camera's pictures.
- `live_capture`: read all cameras at once, and report losses and frozen pictures.
- `journal`: write what was seen to disk every few seconds, so that a crash loses little.
- `sync`: measure how far each camera's clock is off, from a mark on the screen or from the film's light.
- `finalize`: turn the journal into samples on the film's clock, and list every gap.
"""
