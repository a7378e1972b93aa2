"""Short films with known cuts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (320, 180)


def film_of(
    path: Path,
    shots: Sequence[float],
    rate: Fraction = Fraction(24),
    timecode: str | None = None,
    speed: int = 4,
    seed: int = 0,
    origin: float = 0.0,
) -> tuple[float, ...]:
    """Write a film of shots in which the camera pans.

    Args:
        path: where to write it.
        shots: length of each shot in seconds.
        rate: frames per second.
        timecode: timecode of the first frame in the file's metadata.
        speed: speed of the pan in pixels per frame.
        seed: of the random images.
        origin: time of the first frame on the file's own clock, in seconds.

    Returns:
        The times in seconds at which all shots but the first start.
    """
    width, height = SIZE
    rng = np.random.default_rng(seed)
    begins, frames = [], 0
    with av.open(str(path), "w") as container:
        if timecode:
            container.metadata["timecode"] = timecode
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for seconds in shots:
            begins.append(float(frames / rate))
            count = round(seconds * rate)
            blocks = rng.integers(0, 256, (height // 20, (width + speed * count) // 20 + 1, 3), np.uint8)
            scene = np.kron(blocks, np.ones((20, 20, 1), np.uint8))
            for k in range(count):
                picture = np.ascontiguousarray(scene[:height, speed * k : speed * k + width])
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = round(origin * rate) + frames + k, 1 / rate
                container.mux(stream.encode(frame))
            frames += count
        container.mux(stream.encode(None))
    return tuple(begins[1:])
