"""Hidden parts of a frame are black before the face detector sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.audience.video.decode import Frame, read_frames
from moviemotion.audience.video.masking import NO_MASK, Mask, Region, mask_frames

numbers = st.integers(-5, 40)
regions = st.builds(Region, numbers, numbers, numbers, numbers)
masks = st.builds(Mask, st.none() | st.tuples(regions) | st.tuples(regions, regions), st.tuples(regions))


@given(masks)
def test_pixels_are_unchanged_where_visible_and_black_elsewhere(mask: Mask) -> None:
    image = np.full((20, 30, 3), 200, np.uint8)
    result = mask.apply(image)
    for y in range(20):
        for x in range(30):
            seen = mask.visible is None or any(part.contains(x, y) for part in mask.visible)
            hidden = any(part.contains(x, y) for part in mask.hidden)
            assert (result[y, x] == (200 if seen and not hidden else 0)).all()
    assert (image == 200).all()


def test_a_mask_that_hides_nothing_changes_no_frame() -> None:
    frame = Frame(1.5, np.full((4, 4, 3), 9, np.uint8))
    (same,) = mask_frames([frame], NO_MASK)
    assert same.time == 1.5
    assert same.image is frame.image


@pytest.fixture(scope="module")
def half(seats: list[Path]) -> tuple[Path, int]:
    """A video of two viewers, and the column between them."""
    row = next(path for path in seats if path.stem == "row-02-03")
    return row, next(read_frames(row, 1.0)).image.shape[1] // 2


def test_no_face_is_detected_in_a_masked_seat(half: tuple[Path, int]) -> None:
    row, middle = half
    left = Region(0, 0, middle, 10_000)
    processor = CameraProcessor(2.0)
    everyone = processor.process(Camera("row", row), lambda *_: None)
    some = processor.process(Camera("row", row, mask=Mask(visible=(left,))), lambda *_: None)
    others = processor.process(Camera("row", row, mask=Mask(None, (left,))), lambda *_: None)
    assert (len(everyone.viewers), len(some.viewers), len(others.viewers)) == (2, 1, 1)
    assert some.box[:, 2].max() <= middle + 20
    assert others.box[:, 0].min() >= middle - 20
