"""One camera, many cameras: video → samples of emotion, streamed, in parallel, resumable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moviemotion.audience.faces.detect import FaceDetector, crop_face
from moviemotion.audience.faces.emotion_model import EmotionModel
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.samples import Samples
from moviemotion.audience.video.decode import Frame, read_frames
from moviemotion.audience.video.masking import NO_MASK, Mask, mask_frames
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

BATCH_SIZE = 8


@dataclass(frozen=True)
class Camera:
    """One video file of the audience.

    Attributes:
        name: unique in the study; viewers are named after it.
        path: of the file.
        offset: seconds added to the file's clock to give film time.
        mask: what of its picture may be seen.
    """

    name: str
    path: Path
    offset: float = 0.0
    mask: Mask = NO_MASK


ProgressCallback = Callable[[Camera, float], None]
"""Called with a camera and the seconds of it that have been watched."""


class ProcessingInterruptedError(Exception):
    """Watching was stopped on request; cameras already finished are kept."""


class SampleCollector:
    """What one camera has shown so far. Frames are added as they come, from a file or from a live camera."""

    def __init__(self, name: str, rate: float, detector: FaceDetector, emotion_model: EmotionModel) -> None:
        """Begin a camera.

        Args:
            name: of the camera; viewers are named after it.
            rate: frames a second that will be added.
            detector, reader: threads may share them.
        """
        self._name, self._rate = name, rate
        self._emotion_model = emotion_model
        self._scheduler, self._tracker = FaceScheduler(detector), ViewerTracker()
        self._identity_switches = IdentitySwitchDetector()
        self._tracks: list[int] = []
        self._rows: list[tuple[float, ...]] = []
        self._emotions = [np.empty((0, len(EMOTIONS)), dtype=np.float32)]
        self._weights = [np.empty(0, dtype=np.float32)]
        self._rejection_reasons = [np.empty(0, dtype=np.int8)]
        self.frames = 0

    def add_frames(self, frames: Sequence[Frame]) -> None:
        """Read the next frames, of one size, in order of time."""
        crops, faces = [], []
        found = self._scheduler.detect([frame.image for frame in frames])
        for frame, in_frame in zip(frames, found, strict=True):
            tracks = self._tracker.assign(frame.time, in_frame)
            self._identity_switches.update(frame.time, frame.image, in_frame, tracks)
            self._tracks += tracks
            faces += in_frame
            for face in in_frame:
                self._rows.append((frame.time, face.left, face.top, face.right, face.bottom, face.score))
                crops.append(crop_face(frame.image, face))
        weight, refused = quality_weights(faces, crops)
        self._weights.append(weight)
        self._rejection_reasons.append(refused)
        self._emotions.append(self._emotion_model.predict(crops))
        self.frames += len(frames)

    def samples(self, end: float, gaps: Sequence[tuple[float, float]] = ()) -> Samples:
        """Everything so far, by viewer.

        Args:
            end: film time of the last frame, seconds.
            blanks: film time, from and to, in which there was no picture.
        """
        kept = self._tracker.viewers(self.frames, self._rate)
        number = np.full(len(self._tracker.tracks) + 1, -1, dtype=np.int16)
        for viewer, tracks_of_viewer in enumerate(kept):
            number[tracks_of_viewer] = viewer
        whose = number[np.array(self._tracks, dtype=int)]
        table = np.array(self._rows, dtype=np.float64).reshape(-1, 6)[whose >= 0]
        return Samples(
            viewers=viewer_names(self._name, len(kept)),
            frames=self.frames,
            end=end,
            viewer=whose[whose >= 0],
            time=table[:, 0],
            box=table[:, 1:5].astype(np.float32),
            detection=table[:, 5].astype(np.float32),
            emotions=np.concatenate(self._emotions)[whose >= 0],
            weight=np.concatenate(self._weights)[whose >= 0],
            rejection_reason=np.concatenate(self._rejection_reasons)[whose >= 0],
            identity_switches=tuple(
                replace(exchange, first=first, second=second)
                for exchange in self._identity_switches.switches
                if (first := int(number[exchange.first])) != (second := int(number[exchange.second]))
                and min(first, second) >= 0
            ),
            gaps=tuple(gaps),
        )


class CameraProcessor:
    """Watches cameras with one detector and one reader, which threads may share."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._detector = FaceDetector()
        self._emotion_model = EmotionModel()
        self._stop = threading.Event()

    def process(self, camera: Camera, progress: ProgressCallback) -> Samples:
        """Everything that one camera saw. Holds `BATCH` frames at a time.

        Raises:
            MoviemotionError: the file cannot be read.
            InterruptedWatchError: the user stopped the work.
        """
        log = SampleCollector(camera.name, self._rate, self._detector, self._emotion_model)
        end = camera.offset
        blanks: list[tuple[float, float]] = []
        frames = read_frames(camera.path, self._rate, camera.offset, blanks.append)
        for batch in _batches(mask_frames(frames, camera.mask)):
            if self._stop.is_set():
                raise ProcessingInterruptedError
            log.add_frames(batch)
            end = batch[-1].time
            progress(camera, end - camera.offset)
        return log.samples(end, blanks)

    def process_all(
        self,
        cameras: Iterable[Camera],
        progress: ProgressCallback,
        on_done: Callable[[Camera, Samples], None],
        workers: int,
    ) -> dict[str, str]:
        """Watch every camera, `workers` at a time, and hand each result to `done` as it comes.

        Returns:
            camera name → what was wrong, for those that could not be read.
        """
        problems: dict[str, str] = {}
        with ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(self.process, camera, progress): camera for camera in cameras}
            try:
                for future in as_completed(running):
                    camera = running[future]
                    try:
                        samples = future.result()
                    except MoviemotionError as error:
                        problems[camera.name] = str(error)
                    else:
                        on_done(camera, samples)
            except BaseException:  # the other cameras would be watched for hours before it is told
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return problems


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        # One batch goes through the detector as one array, so its frames have one size.
        if batch and (len(batch) == BATCH_SIZE or frame.image.shape != batch[0].image.shape):
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch


def viewer_names(camera: str, count: int) -> tuple[str, ...]:
    return (camera,) if count == 1 else tuple(f"{camera}-{i + 1}" for i in range(count))
