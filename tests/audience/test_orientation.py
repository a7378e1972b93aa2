"""Cameras that were turned without a note in the file, and the option to rotate them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.audience.samples import Samples
from moviemotion.audience.video.decode import read_frames
from moviemotion.audience.video.masking import Mask, Region

RATE = 5.0


@pytest.fixture(scope="module")
def processor() -> CameraProcessor:
    return CameraProcessor(RATE)


@pytest.fixture(scope="module")
def upright(seats: list[Path]) -> list[NDArray[np.uint8]]:
    """Frames of a rendered viewer."""
    return [frame.image for frame in read_frames(seats[0], RATE)]


def write(path: Path, images: list[NDArray[np.uint8]]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=int(RATE), options={"crf": "10"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")))
        container.mux(stream.encode(None))
    return path


def mean_emotions(samples: Samples) -> NDArray[np.float64]:
    assert samples.weight.sum() > 0
    return np.average(samples.emotions, axis=0, weights=samples.weight)


@pytest.fixture(scope="module")
def expected(
    processor: CameraProcessor, upright: list[NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory
) -> Samples:
    path = write(tmp_path_factory.mktemp("upright") / "seat.mp4", upright)
    samples = processor.process(Camera("seat", path))
    assert samples.doubts == ()
    return samples


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_camera_that_was_turned_is_rotated_and_reported(
    processor: CameraProcessor,
    upright: list[NDArray[np.uint8]],
    expected: Samples,
    tmp_path: Path,
    turns: int,
) -> None:
    path = write(tmp_path / "seat.mp4", [np.rot90(image, turns) for image in upright])
    samples = processor.process(Camera("seat", path))
    assert samples.viewers == ("seat",)
    assert samples.frames == expected.frames
    assert mean_emotions(samples) == pytest.approx(mean_emotions(expected), abs=0.05)
    (doubt,) = samples.doubts
    assert doubt.startswith(f"the faces were not upright, so the frames were rotated by {90 * turns}°")


def test_a_given_rotation_is_used_without_a_doubt(
    processor: CameraProcessor, upright: list[NDArray[np.uint8]], expected: Samples, tmp_path: Path
) -> None:
    path = write(tmp_path / "seat.mp4", [np.rot90(image) for image in upright])
    samples = processor.process(Camera("seat", path, rotation=90))
    assert mean_emotions(samples) == pytest.approx(mean_emotions(expected), abs=0.05)
    assert samples.doubts == ()


def test_a_turned_camera_that_may_not_be_rotated_is_reported(
    processor: CameraProcessor, upright: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    path = write(tmp_path / "seat.mp4", [np.rot90(image) for image in upright])
    everything = Region(0, 0, 10_000, 10_000)
    for camera in (
        Camera("seat", path, rotation=0),
        Camera("seat", path, mask=Mask(visible=(everything,))),
    ):
        samples = processor.process(camera)
        (doubt,) = samples.doubts
        assert "of the faces are on their side or upside down" in doubt
        assert doubt.endswith("set this camera's rotation to 90")
        assert samples.weight.mean() < 0.3 if len(samples.weight) else True


def test_one_person_on_their_side_for_a_while_does_not_rotate_the_room(
    processor: CameraProcessor, upright: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    side = max(upright[0].shape[:2])
    square = [
        np.pad(image, ((0, side - image.shape[0]), (0, side - image.shape[1]), (0, 0))) for image in upright
    ]
    images = [*square, *square, *(np.rot90(image) for image in square[:12])]
    samples = processor.process(Camera("seat", write(tmp_path / "seat.mp4", images)))
    assert not any("were rotated" in doubt for doubt in samples.doubts)


def test_doubts_are_stored_with_the_samples(expected: Samples, tmp_path: Path) -> None:
    doubtful = replace(expected, doubts=("the faces were not upright, …", "its clock …"))
    doubtful.write(tmp_path / "seat.parquet")
    assert Samples.read(tmp_path / "seat.parquet").doubts == doubtful.doubts
