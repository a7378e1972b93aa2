"""One camera, many cameras: video → samples of emotion, streamed, in parallel, resumable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moviemotion.audience.faces import FaceDetector, FaceFinder, crop_face
from moviemotion.audience.reader import EmotionReader
from moviemotion.audience.samples import Samples
from moviemotion.audience.video import Frame, read_frames
from moviemotion.audience.viewers import ViewerTracker
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

BATCH = 8


@dataclass(frozen=True)
class Camera:
    """One video file of the audience.

    Attributes:
        name: unique in the study; viewers are named after it.
        path: of the file.
        offset: seconds added to the file's clock to give film time.
    """

    name: str
    path: Path
    offset: float = 0.0


Progress = Callable[[Camera, float], None]
"""Called with a camera and the seconds of it that have been watched."""


class InterruptedWatchError(Exception):
    """Watching was stopped on request; cameras already finished are kept."""


class Watcher:
    """Watches cameras with one detector and one reader, which threads may share."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._detector = FaceDetector()
        self._reader = EmotionReader()
        self._stop = threading.Event()

    def watch(self, camera: Camera, progress: Progress) -> Samples:
        """Everything that one camera saw. Holds `BATCH` frames at a time.

        Raises:
            MoviemotionError: the file cannot be read to its end.
            InterruptedWatchError: the user stopped the work.
        """
        finder, tracker = FaceFinder(self._detector), ViewerTracker()
        tracks: list[int] = []
        rows: list[tuple[float, ...]] = []
        emotions = [np.empty((0, len(EMOTIONS)), dtype=np.float32)]
        frames, end = 0, camera.offset
        for batch in _batches(read_frames(camera.path, self._rate, camera.offset)):
            if self._stop.is_set():
                raise InterruptedWatchError
            crops = []
            found = finder.find([frame.image for frame in batch])
            for frame, faces in zip(batch, found, strict=True):
                tracks += tracker.assign(frame.time, faces)
                for face in faces:
                    rows.append((frame.time, face.left, face.top, face.right, face.bottom, face.score))
                    crops.append(crop_face(frame.image, face))
            emotions.append(self._reader.read(crops))
            frames += len(batch)
            end = batch[-1].time
            progress(camera, end - camera.offset)
        kept = tracker.viewers(frames, self._rate)
        number = np.full(len(tracker.tracks) + 1, -1, dtype=np.int16)
        for viewer, tracks_of_viewer in enumerate(kept):
            number[tracks_of_viewer] = viewer
        whose = number[np.array(tracks, dtype=int)]
        table = np.array(rows, dtype=np.float64).reshape(-1, 6)[whose >= 0]
        return Samples(
            viewers=_names(camera.name, len(kept)),
            frames=frames,
            end=end,
            viewer=whose[whose >= 0],
            time=table[:, 0],
            box=table[:, 1:5].astype(np.float32),
            detection=table[:, 5].astype(np.float32),
            emotions=np.concatenate(emotions)[whose >= 0],
        )

    def watch_all(
        self,
        cameras: Iterable[Camera],
        progress: Progress,
        done: Callable[[Camera, Samples], None],
        workers: int,
    ) -> dict[str, str]:
        """Watch every camera, `workers` at a time, and hand each result to `done` as it comes.

        Returns:
            camera name → what was wrong, for those that could not be read.
        """
        problems: dict[str, str] = {}
        with ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(self.watch, camera, progress): camera for camera in cameras}
            try:
                for future in as_completed(running):
                    camera = running[future]
                    try:
                        samples = future.result()
                    except MoviemotionError as error:
                        problems[camera.name] = str(error)
                    else:
                        done(camera, samples)
            except BaseException:  # the other cameras would be watched for hours before it is told
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return problems


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        # One batch goes through the detector as one array, so its frames have one size.
        if batch and (len(batch) == BATCH or frame.image.shape != batch[0].image.shape):
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch


def _names(camera: str, viewers: int) -> tuple[str, ...]:
    return (camera,) if viewers == 1 else tuple(f"{camera}-{i + 1}" for i in range(viewers))
