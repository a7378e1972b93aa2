"""From live cameras to samples on the film's clock.

The modules, in the order in which the data passes through them:

- `seats_config`: read `seats.toml`, which lists the cameras.
- `sources`: frames from network cameras, devices, or files played as if they were live.
- `film_clock`: film time during a capture, and the film time of each camera's frames.
- `live_capture`: read all cameras at once, and report lost and frozen cameras.
- `journal`: write observations to disk every few seconds, so that little is lost in a crash.
- `sync`: measure each camera's clock offset, using a mark on the screen or the film's light.
- `finalize`: turn the journal into samples on the film's clock, and list every gap.
"""
