"""Simulated live cameras: pictures from memory on the film's clock, with simulated failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.faces.face_scheduler import DETECTION_SIDES
from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.sources import SourceLostError, SourcePicture
from moviemotion.emotions import EMOTIONS

Image = NDArray[np.uint8]
Span = tuple[float, float]


def images(path: Path, every: int) -> list[Image]:
    """Some pictures of a short video."""
    with av.open(str(path)) as container:
        return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)][::every]


class CachingFaceScheduler:
    """Searches each picture in full detail, and only once: the speed of the machine is not tested."""

    def __init__(self) -> None:
        self._detector = CenterFaceDetector()
        self._seen: dict[bytes, list[FaceBox]] = {}

    def detect(self, images: list[Image]) -> list[list[FaceBox]]:
        for image in images:
            if image.tobytes() not in self._seen:
                (self._seen[image.tobytes()],) = self._detector.detect([image], DETECTION_SIDES[-1])
        return [self._seen[image.tobytes()] for image in images]


class CachingEmotionModel(OnnxEmotionModel):
    """The shipped emotion model, which predicts each crop only once."""

    def __init__(self) -> None:
        super().__init__()
        self._predicted: dict[bytes, NDArray[np.float32]] = {}

    def predict(self, crops: list[Image]) -> NDArray[np.float32]:
        for crop in crops:
            if crop.tobytes() not in self._predicted:
                (self._predicted[crop.tobytes()],) = super().predict([crop])
        return np.array([self._predicted[crop.tobytes()] for crop in crops]).reshape(-1, len(EMOTIONS))


class SimulatedCamera:
    """Repeats `pictures` until `seconds`; unreachable while `lost`, and unchanging while `frozen`."""

    is_recording = True

    def __init__(
        self,
        clock: FilmClock,
        pictures: Sequence[Image],
        seconds: float,
        rate: float = 5.0,
        lost: Sequence[Span] = (),
        frozen: Sequence[Span] = (),
    ) -> None:
        self.clock, self.seconds, self.rate = clock, seconds, rate
        self.pictures_, self.lost, self.frozen = pictures, lost, frozen
        self.connections = 0

    def pictures(self) -> Iterator[SourcePicture]:
        self.connections += 1
        now = self.clock.now()
        if any(start <= now < end for start, end in self.lost):
            raise SourceLostError("Connection refused")
        for step in range(int(np.ceil(now * self.rate)), int(self.seconds * self.rate)):
            time = step / self.rate
            if any(start <= time < end for start, end in self.lost):
                raise SourceLostError("Connection reset by peer")
            if not self.clock.sleep_until(time):
                return
            shown = next((int(a * self.rate) for a, b in self.frozen if a <= time < b), step)
            image = self.pictures_[shown % len(self.pictures_)]
            yield SourcePicture(time, image[::5, ::5, 1].copy(), av.VideoFrame.from_ndarray(image, "rgb24"))
