"""Process the recordings of an audience: from video files to samples.

Each file is decoded as a stream, a few frames at a time, and cameras are processed in parallel. A finished
camera is passed to the caller immediately, so that an interrupted screening can resume with the remaining
cameras.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_readings import predict_faces
from moviemotion.audience.faces.face_registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    DetectorChoice,
    EmotionModel,
    FaceDetector,
    FaceNetworkError,
    ModelChoice,
    load_detector,
    load_emotion_model,
)
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.identity_switches import IdentitySwitchDetector
from moviemotion.audience.faces.orientation import SUSPECT_SHARE, OrientationMonitor
from moviemotion.audience.faces.picture_faces import PictureFaceDetector
from moviemotion.audience.faces.quality import FROZEN, REJECTION_REASONS
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.faces.viewer_identities import AppearanceLog
from moviemotion.audience.samples import PictureEvent, PictureEventKind, Samples
from moviemotion.audience.synchronization.clock import CameraClock, ClockSource
from moviemotion.audience.video.decode import Frame, read_frames
from moviemotion.audience.video.masking import NO_MASK, Mask, mask_frames
from moviemotion.audience.video.picture_changes import PictureChangeDetector
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

BATCH_SIZE = 8
"""Number of frames that the networks process together."""
BATCH_PIXELS = BATCH_SIZE * 3840 * 2160
"""Largest number of pixels of the frames that are held in memory together."""
MAX_ROTATIONS = 2
"""Number of times that a recording is read again because its faces show a different orientation."""
BRIGHTNESS_PIXELS = 64
"""About the number of rows and columns of a picture from which its brightness is computed."""


@dataclass(frozen=True)
class Camera:
    """A camera that recorded the audience.

    Attributes:
        name: the camera's name, unique in the study; viewers are named after the camera.
        path: the video file.
        offset: seconds added to the file's clock to give film time.
        mask: the part of the camera's frames that may be processed.
        rotation: degrees by which the frames are rotated clockwise, after the rotation that the file itself
            declares: 0, 90, 180 or 270; None to rotate them if the faces show that the camera was turned.
        offset_given: whether the offset was given; otherwise, it is 0 until the camera's clock is found.
    """

    name: str
    path: Path
    offset: float = 0.0
    mask: Mask = NO_MASK
    rotation: int | None = None
    offset_given: bool = False


ProgressCallback = Callable[[Camera, float], None]
"""A function that is called with a camera and the number of seconds of its recording processed so far."""


def no_progress(camera: Camera, seconds: float) -> None:
    """Ignore progress."""


class ProcessingInterruptedError(Exception):
    """Processing was stopped on request; the samples of finished cameras are saved."""


class SampleCollector:
    """Collects the samples of one camera while its frames are added in order."""

    def __init__(self, name: str, rate: float, detector: FaceDetector, emotion_model: EmotionModel) -> None:
        """Create a collector without samples.

        Args:
            name: the camera's name; viewers are named after it.
            rate: the sampling rate of the frames, in frames per second.
            detector: the face detector, which may be shared between threads.
            emotion_model: the emotion model, which may be shared between threads.
        """
        self._name, self._rate = name, rate
        self._emotion_model = emotion_model
        self._scheduler, self._tracker = FaceScheduler(detector), ViewerTracker()
        self._identity_switches = IdentitySwitchDetector()
        self.orientation = OrientationMonitor(detector)
        self._picture_changes, self._appearances = PictureChangeDetector(), AppearanceLog()
        self._picture_faces = PictureFaceDetector(rate)
        self._events: list[PictureEvent] = []
        self._tracks: list[int] = []
        self._rows: list[tuple[float, ...]] = []
        self._emotions = [np.empty((0, len(EMOTIONS)), dtype=np.float32)]
        self._weights = [np.empty(0, dtype=np.float32)]
        self._rejection_reasons = [np.empty(0, dtype=np.int8)]
        self._poses = [np.empty((0, 2), dtype=np.float32)]
        self._brightness: list[float] = []
        self._picture_times: list[float] = []
        self._picture_brightness: list[float] = []
        self.frames = 0

    def add_frames(self, frames: Sequence[Frame]) -> None:
        """Process the next frames, which must have the same size and be in chronological order."""
        images = [frame.image for frame in frames]
        found = self._scheduler.detect(images)
        self.orientation.add(images, found)
        for frame, in_frame in zip(frames, found, strict=True):
            self._follow_picture(frame)
            tracks = self._tracker.assign(frame.time, in_frame)
            self._identity_switches.update(frame.time, frame.image, in_frame, tracks)
            self._appearances.update(frame.time, frame.image, in_frame, tracks)
            self._picture_faces.update(frame.time, frame.image, in_frame, tracks)
            self._tracks += tracks
            for face in in_frame:
                self._rows.append((frame.time, face.left, face.top, face.right, face.bottom, face.score))
                self._brightness.append(_box_brightness(frame.image, face))
            self._picture_times.append(frame.time)
            self._picture_brightness.append(_mean_brightness(frame.image))
        readings = predict_faces(images, found, self._emotion_model)
        self._weights.append(readings.weight)
        self._rejection_reasons.append(readings.rejection_reason)
        self._emotions.append(readings.emotions)
        self._poses.append(readings.pose)
        self.frames += len(frames)

    def _follow_picture(self, frame: Frame) -> None:
        """Convert the positions of all tracks if the picture has moved, or close them at a cut."""
        change = self._picture_changes.update(frame.time, frame.image)
        if change is None:
            return
        if change.is_cut:
            self._tracker.cut()
            self._events.append(PictureEvent(frame.time, PictureEventKind.CUT))
            return
        if change.resized:
            self._events.append(PictureEvent(frame.time, PictureEventKind.RESIZED))
        elif self._tracker.would_lose_faces(change.zoom, change.shift):
            self._events.append(PictureEvent(frame.time, PictureEventKind.MOVED))
        for positions in (self._tracker, self._identity_switches, self._appearances, self._picture_faces):
            positions.convert(change.zoom, change.shift)

    def samples(
        self, end: float, gaps: Sequence[tuple[float, float]] = (), doubts: Sequence[str] = ()
    ) -> Samples:
        """The samples of all frames added so far, excluding faces that do not belong to a viewer.

        Args:
            end: film time of the last frame, in seconds.
            gaps: stretches of film time without frames, as start and end in seconds.
            doubts: reasons to doubt the recording, as in `Samples`.
        """
        table = np.array(self._rows, dtype=np.float64).reshape(-1, 6)
        tracks = np.array(self._tracks, dtype=np.int64)
        pictures = self._picture_faces.result(tracks, table[:, 0], table[:, 1:5])
        identities = self._appearances.resolve(
            self._tracker, self._identity_switches.switches, self.frames, self._rate, pictures.is_picture
        )
        viewer = identities.viewer_of(tracks, table[:, 0])
        belongs, frozen = viewer >= 0, np.int8(REJECTION_REASONS.index(FROZEN))
        weight, reason = np.concatenate(self._weights), np.concatenate(self._rejection_reasons)
        return Samples(
            viewers=viewer_names(self._name, identities.viewers),
            frames=self.frames,
            end=end,
            viewer=viewer[belongs].astype(np.int16),
            time=table[belongs, 0],
            box=table[belongs, 1:5].astype(np.float32),
            detection=table[belongs, 5].astype(np.float32),
            emotions=np.concatenate(self._emotions)[belongs],
            weight=np.where(pictures.shown_before, np.float32(0), weight)[belongs],
            rejection_reason=np.where(pictures.shown_before, frozen, reason)[belongs],
            identity_switches=identities.switches,
            gaps=tuple(gaps),
            doubts=tuple(doubts),
            brightness=np.array(self._brightness, np.float32)[belongs],
            pose=np.concatenate(self._poses)[belongs],
            picture_time=np.array(self._picture_times),
            picture_brightness=np.array(self._picture_brightness, np.float32),
            viewer_changes=identities.changes,
            picture_events=tuple(self._events),
            still_faces=identities.still_faces,
        )


class CameraProcessor:
    """Processes the recordings of cameras with one face detector and one emotion model.

    Example:
        >>> processor = CameraProcessor(rate=5.0)
        >>> samples = processor.process(Camera("seat-01", Path("seat-01.mp4")))  # doctest: +SKIP
        >>> samples.emotions.mean(axis=0)  # doctest: +SKIP
    """

    def __init__(
        self, rate: float, model: ModelChoice = DEFAULT_MODEL, detector: DetectorChoice = DEFAULT_DETECTOR
    ) -> None:
        """Load the networks.

        Args:
            rate: samples per second.
            model: the emotion model: a registered name, an ONNX file or a model object.
            detector: the face detector: a registered name or a detector object.

        Raises:
            MoviemotionError: the model or the detector cannot be used.
        """
        self._rate = rate
        self._detector = load_detector(detector)
        self._emotion_model = load_emotion_model(model)
        self._stop = threading.Event()

    def process(self, camera: Camera, progress: ProgressCallback = no_progress) -> Samples:
        """Process one camera's recording, holding at most `BATCH_SIZE` frames in memory.

        If the faces are on their side or upside down and the camera has no `rotation` of its own, the
        recording is rotated and read again from its start. A camera with a mask is never rotated, because its
        mask refers to the frames as recorded.

        Args:
            camera: the camera, whose file is read from start to end.
            progress: called after each batch of frames.

        Raises:
            MoviemotionError: the file cannot be read.
            ProcessingInterruptedError: processing was stopped because another camera failed.
        """
        turns = (camera.rotation or 0) // 90
        can_rotate = camera.rotation is None and camera.mask == NO_MASK
        for attempt in range(1 + MAX_ROTATIONS):
            may_rotate = can_rotate and attempt < MAX_ROTATIONS
            samples, more_turns = self._read(camera, turns, progress, may_rotate=may_rotate)
            if samples is not None:
                return samples
            turns = (turns + more_turns) % 4
        raise AssertionError

    def _read(
        self, camera: Camera, turns: int, progress: ProgressCallback, *, may_rotate: bool
    ) -> tuple[Samples | None, int]:
        """Read a recording in one orientation.

        Args:
            camera: the camera.
            turns: number of clockwise quarter turns by which the frames are rotated.
            progress: called after each batch of frames.
            may_rotate: whether reading may stop because the faces show another orientation.

        Returns:
            The samples, or None and the number of additional clockwise quarter turns that are needed.
        """
        collector = SampleCollector(camera.name, self._rate, self._detector, self._emotion_model)
        end = camera.offset
        gaps: list[tuple[float, float]] = []
        doubts: list[str] = []
        frames = read_frames(camera.path, self._rate, camera.offset, gaps.append, doubts.append, turns)
        for batch in _batches(mask_frames(frames, camera.mask)):
            if self._stop.is_set():
                raise ProcessingInterruptedError
            collector.add_frames(batch)
            if may_rotate and collector.orientation.quarter_turns:
                return None, collector.orientation.quarter_turns
            end = batch[-1].time
            progress(camera, end - camera.offset)
        collector.orientation.finish()
        if may_rotate and collector.orientation.quarter_turns:
            return None, collector.orientation.quarter_turns
        doubts += _orientation_doubts(camera, turns, collector.orientation)
        samples = collector.samples(end, gaps, doubts)
        source = ClockSource.GIVEN if camera.offset_given else ClockSource.ASSUMED
        samples = replace(
            samples,
            picture_time=samples.picture_time - camera.offset,
            clock=CameraClock.of_offset(camera.offset, source),
        )
        return samples, 0

    def process_all(
        self,
        cameras: Iterable[Camera],
        progress: ProgressCallback,
        on_done: Callable[[Camera, Samples], None],
        workers: int,
    ) -> dict[str, str]:
        """Process several cameras in parallel.

        Args:
            cameras: the cameras whose recordings are processed.
            progress: called after each batch of frames of each camera, from several threads.
            on_done: called in the calling thread with each finished camera and its samples.
            workers: number of cameras processed at the same time.

        Returns:
            Camera name → error message, for the cameras that could not be read.

        Raises:
            MoviemotionError: `on_done` failed; the other cameras are then stopped.
        """
        problems: dict[str, str] = {}
        with ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(self.process, camera, progress): camera for camera in cameras}
            try:
                for future in as_completed(running):
                    camera = running[future]
                    try:
                        samples = future.result()
                    except FaceNetworkError:
                        raise  # the network would fail on the other cameras, too
                    except MoviemotionError as error:
                        problems[camera.name] = str(error)
                    else:
                        on_done(camera, samples)
            except BaseException:
                # On leaving the `with` block, the pool waits for its threads. Without these two calls, it
                # could wait hours for the other recordings.
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return problems


def _orientation_doubts(camera: Camera, turns: int, orientation: OrientationMonitor) -> Iterator[str]:
    """One line if the recording was rotated by itself, and one if many of its faces are not upright."""
    if turns and camera.rotation is None:
        yield (
            f"the faces were not upright, so the frames were rotated by {90 * turns}° clockwise; "
            "if that is wrong, set this camera's rotation to 0"
        )
    share = orientation.share_not_upright
    if share >= SUSPECT_SHARE:
        better = 90 * ((turns + orientation.quarter_turns) % 4)
        remedy = (
            f"set this camera's rotation to {better}"
            if orientation.quarter_turns
            else "check the picture, and set this camera's rotation if the camera was turned"
        )
        yield (
            f"{share:.0%} of the faces are on their side or upside down, so their readings are unreliable; "
            f"{remedy}"
        )


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        limit = min(BATCH_SIZE, max(1, BATCH_PIXELS // (frame.image.shape[0] * frame.image.shape[1])))
        # The detector processes a batch as one array, so its frames must have the same size.
        if batch and (len(batch) >= limit or frame.image.shape != batch[0].image.shape):
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch


def _box_brightness(image: NDArray[np.uint8], face: FaceBox) -> float:
    """Mean brightness of the middle of a face box, 0–255; NaN if the box lies outside the frame."""
    width, height = face.right - face.left, face.bottom - face.top
    rows = slice(max(0, round(face.top + height / 4)), max(0, round(face.bottom - height / 4)))
    columns = slice(max(0, round(face.left + width / 4)), max(0, round(face.right - width / 4)))
    return _mean_brightness(image[rows, columns])


def _mean_brightness(image: NDArray[np.uint8]) -> float:
    """Mean luma (BT.601) of every n-th pixel, 0–255; NaN if there is none."""
    height, width = image.shape[:2]
    part = image[:: max(1, height // BRIGHTNESS_PIXELS), :: max(1, width // BRIGHTNESS_PIXELS)]
    return float(part.reshape(-1, 3).mean(axis=0) @ (0.299, 0.587, 0.114)) if part.size else float("nan")


def viewer_names(camera: str, count: int) -> tuple[str, ...]:
    """Names of a camera's viewers, from left to right; a single viewer is named after the camera."""
    return (camera,) if count == 1 else tuple(f"{camera}-{i + 1}" for i in range(count))
