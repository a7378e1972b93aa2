"""Films of a few seconds whose cuts are known."""

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
    """Write a film of shots of so many seconds, in which the camera pans.

    Returns:
        Seconds at which each shot but the first begins.

    Args:
        timecode: of the first frame, as the file's metadata.
        speed: pixels a frame.
        origin: the file's own time of the first frame, seconds.
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
