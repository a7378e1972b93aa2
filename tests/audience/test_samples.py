"""What a camera saw comes back from disk as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.audience.samples import Samples

NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    max_size=4,
    unique=True,
).map(tuple)


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    viewers = draw(NAMES)
    n = draw(st.integers(0, 12)) if viewers else 0
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return Samples(
        viewers=viewers,
        frames=draw(st.integers(0, 10**6)),
        end=draw(st.floats(-100, 1e5)),
        viewer=rng.integers(0, max(1, len(viewers)), n).astype(np.int16),
        time=rng.uniform(-10, 7200, n),
        box=rng.normal(100, 50, (n, 4)).astype(np.float32),
        detection=rng.random(n, np.float32),
        emotions=rng.dirichlet(np.ones(8), n).astype(np.float32),
    )


@given(samples())
@settings(max_examples=40)
def test_round_trip(written: Samples) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "camera 1.mp4.parquet"
        written.write(path)
        read = Samples.read(path)
        assert list(Path(folder).iterdir()) == [path]
    assert (read.viewers, read.frames, read.end) == (written.viewers, written.frames, written.end)
    for name in ("viewer", "time", "box", "detection", "emotions"):
        before, after = getattr(written, name), getattr(read, name)
        assert after.dtype == before.dtype
        assert after.shape == before.shape
        assert (after == before).all()
