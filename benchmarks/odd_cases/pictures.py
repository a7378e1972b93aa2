"""What every player honors: pixel aspect, rotation, tracks, color ranges; and faces in the laboratory."""

from __future__ import annotations

import importlib
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from odd_cases.oracle import (
    Case,
    Person,
    Result,
    SkippedError,
    Verdict,
    judge_control,
    judge_screening,
    matching,
    screen,
)
from odd_cases.video import RATE, SIDE, Pictures, person, plain, resized, write

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "audience"))
small_films = importlib.import_module("small_films")

NAME = "seat-a3"
SECONDS = 10
TURNED = r"turn|sideways|upside|rotat|upright|orientation"
HALF_TURN = (-0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000)
TURNED_BACK = (0, -0x10000, 0, 0x10000, 0, 0, 0, 0, 0x40000000)


def _judge(folder: Path, pictures: Pictures, cause: str, name: str = "camera.mp4", **how: object) -> Result:
    video = write(folder / name, pictures, **how)  # type: ignore[arg-type]
    return judge_screening(screen(folder, [video]), [plain(NAME, SECONDS)], cause, name)


def narrow(folder: Path) -> Result:
    pictures = resized(person(NAME, SECONDS), SIDE * 3 // 4, SIDE)
    return _judge(folder, pictures, "aspect", aspect=Fraction(4, 3))


def wide(folder: Path) -> Result:
    pictures = resized(person(NAME, SECONDS), SIDE, SIDE // 2)
    return _judge(folder, pictures, "aspect", "camera.mpg", codec="mpeg4", form="avi", aspect=Fraction(1, 2))


def matroska_size(folder: Path) -> Result:
    pictures = resized(person(NAME, SECONDS), SIDE // 2, SIDE)
    return _judge(
        folder, pictures, "aspect", "camera.mkv", codec="mjpeg", pixels="yuvj420p", aspect=Fraction(2, 1)
    )


def upside_down(folder: Path) -> Result:
    return _judge(folder, person(NAME, SECONDS)[:, ::-1, ::-1], TURNED)


def turned_left(folder: Path) -> Result:
    return _judge(folder, np.rot90(person(NAME, SECONDS), 1, (1, 2)), TURNED)


def _flagged(folder: Path, quarter_turns: int, matrix: tuple[int, ...]) -> Result:
    video = write(folder / "phone.mp4", np.rot90(person(NAME, SECONDS), quarter_turns, (1, 2)))
    run = screen(folder, [small_films.turn(video, matrix)])
    return judge_control(run, [plain(NAME, SECONDS)])


def flag_half_turn(folder: Path) -> Result:
    return _flagged(folder, 2, HALF_TURN)


def flag_back(folder: Path) -> Result:
    return _flagged(folder, -1, TURNED_BACK)


def wrong_flag(folder: Path) -> Result:
    video = write(folder / "phone.mp4", person(NAME, SECONDS))
    run = screen(folder, [small_films.turn(video)])
    return judge_screening(run, [plain(NAME, SECONDS)], TURNED, "phone.mp4")


def lens_cap(folder: Path) -> Result:
    video, pictures = folder / "two-lenses.mkv", person(NAME, SECONDS)
    with av.open(str(video), "w") as container:
        _interleave(container, np.zeros_like(pictures), pictures)
    run = screen(folder, [video])
    return judge_screening(run, [plain(NAME, SECONDS)], "track|stream", video.name)


def two_lenses(folder: Path) -> Result:
    video = folder / "two-lenses.mkv"
    with av.open(str(video), "w") as container:
        _interleave(container, person(NAME, SECONDS), person("seat-a1", SECONDS))
    people = [plain(NAME, SECONDS), plain("seat-a1", SECONDS)]
    return judge_screening(screen(folder, [video]), people, "track|stream", video.name)


def thumbnail_track(folder: Path) -> Result:
    """A small preview of the same recording at 2 pictures per second is the first track."""
    video, pictures = folder / "preview.mkv", person(NAME, SECONDS)
    with av.open(str(video), "w") as container:
        _interleave(container, resized(pictures, 48, 48), pictures, every=6)
    run = screen(folder, [video])
    return judge_screening(run, [plain(NAME, SECONDS)], "track|stream", video.name)


def _interleave(
    container: av.container.OutputContainer, first: Pictures, second: Pictures, every: int = 1
) -> None:
    streams = []
    for pictures in (first, second):
        stream = container.add_stream("libx264", rate=RATE)
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.max_b_frames = 0
        stream.options = {"crf": "20", "preset": "veryfast", "g": "24"}
        streams.append((stream, pictures))
    for k in range(len(first)):
        for number, (stream, pictures) in enumerate(streams):
            if number or k % every == 0:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pictures[k]), "rgb24")
                frame.pts, frame.time_base = k, Fraction(1, RATE)
                container.mux(stream.encode(frame))
    for stream, _ in streams:
        container.mux(stream.encode(None))


def _frozen_truth(start: int, end: int, seconds: int) -> Person:
    readings = plain(NAME, seconds).readings.copy()
    readings[start:end] = np.nan
    return Person(readings)


def freezes(folder: Path) -> Result:
    pictures = person(NAME, 14).copy()
    pictures[4 * RATE : 10 * RATE] = pictures[4 * RATE]
    run = screen(folder, [write(folder / "webcam.mp4", pictures)])
    return judge_screening(run, [_frozen_truth(4, 10, 14)], "frozen|repeat|still")


def freezes_with_noise(folder: Path) -> Result:
    rng, pictures = np.random.default_rng(1), person(NAME, 14).copy()
    still = pictures[5 * RATE].astype(float)
    for k in range(5 * RATE, len(pictures)):
        pictures[k] = (still + rng.normal(0, 2, still.shape)).clip(0, 255)
    run = screen(folder, [write(folder / "analog.mp4", pictures)])
    return judge_screening(run, [_frozen_truth(5, 14, 14)], "frozen|repeat|still|does not move")


def repeats_last_seconds(folder: Path) -> Result:
    """A recorder that fills a lost connection with the last 2 s, again and again."""
    pictures = person(NAME, 14).copy()
    for k in range(6 * RATE, len(pictures)):
        pictures[k] = pictures[4 * RATE + (k - 4 * RATE) % (2 * RATE)]
    run = screen(folder, [write(folder / "recorder.mp4", pictures)])
    return judge_screening(run, [_frozen_truth(6, 14, 14)], "frozen|repeat|loop")


def full_range(folder: Path) -> Result:
    video = write(folder / "webcam.mkv", person(NAME, SECONDS), codec="mjpeg", pixels="yuvj420p")
    return judge_control(screen(folder, [video]), [plain(NAME, SECONDS)])


def ten_bit(folder: Path) -> Result:
    options = {"x265-params": "log-level=none", "preset": "ultrafast"}
    pictures = person(NAME, SECONDS)
    video = write(folder / "phone.mp4", pictures, codec="libx265", pixels="yuv420p10le", options=options)
    return judge_control(screen(folder, [video]), [plain(NAME, SECONDS)])


def pillars(folder: Path) -> Result:
    pictures = np.zeros((SECONDS * RATE, SIDE, 2 * SIDE, 3), np.uint8)
    pictures[:, :, SIDE // 2 : -SIDE // 2] = person(NAME, SECONDS)
    return judge_control(screen(folder, [write(folder / "upright.mp4", pictures)]), [plain(NAME, SECONDS)])


def interlaced(folder: Path) -> Result:
    pictures = person(NAME, SECONDS).copy()
    pictures[:-1, 1::2] = pictures[1:, 1::2]
    video = write(folder / "dv.mp4", pictures, crf=16)
    return judge_screening(screen(folder, [video]), [plain(NAME, SECONDS)], "interlace", video.name)


def _faces(folder: Path, orientation: int, suffix: str) -> Result:
    """A face set whose files are stored turned, with a flag; it must be read as the upright copies are."""
    try:
        dataset = importlib.import_module("moviemotion.lab.data.dataset")
    except ImportError as error:
        raise SkippedError(f"needs the laboratory ({error})") from error
    stored = {
        1: lambda image: image,
        3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
        5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
    }
    rng = np.random.default_rng(5)
    for k, label in enumerate(("happy", "neutral", "sad", "surprise")):
        for number in range(4):
            image = rng.integers(90, 110, (48, 48)).astype(np.uint8)
            image[4 + 8 * k : 12 + 8 * k, 8:26] += 90
            for name in ("upright", "turned"):
                place = folder / name / "test" / label
                place.mkdir(parents=True, exist_ok=True)
                picture = Image.fromarray(image)
                if name == "upright":
                    picture.save(place / f"{number}{suffix}", quality=95)
                else:
                    exif = Image.Exif()
                    exif[0x112] = orientation
                    stored[orientation](picture).save(place / f"{number}{suffix}", exif=exif, quality=95)
    upright, _ = dataset.inspect_split(folder / "upright", "test")
    turned, issues = dataset.inspect_split(folder / "turned", "test")
    if len(turned.images) == len(upright.images):
        differ = float(np.abs(turned.images.astype(float) - upright.images).mean())
        if differ < 8:
            return Result(Verdict.RIGHT, f"mean difference {differ:.1f} gray levels")
    told = [f"{issue.path}: {issue.message}" for issue in issues]
    if named := matching(told, TURNED):
        return Result(Verdict.REPORTED, named[0])
    return Result(Verdict.SILENT, f"mean difference {differ:.1f} gray levels; {told[:1]}")


CASES = [
    Case("pictures", name, built, judge, control)
    for name, judge, built, control in (
        ("narrow", narrow, "pixel aspect 4:3", False),
        ("wide", wide, "pixel aspect 1:2 in an AVI", False),
        ("matroska_size", matroska_size, "Matroska with a display size, pixel aspect 2:1", False),
        ("upside_down", upside_down, "upside down, without a flag", False),
        ("turned_left", turned_left, "turned to the left, without a flag", False),
        ("wrong_flag", wrong_flag, "upright, with a flag that turns it", False),
        ("lens_cap", lens_cap, "the first of two tracks is black", False),
        ("two_lenses", two_lenses, "two tracks show two people", False),
        ("thumbnail_track", thumbnail_track, "the first track is a small preview", False),
        ("freezes", freezes, "one picture for 6 s, then it goes on", False),
        ("freezes_with_noise", freezes_with_noise, "frozen before an analog link: still, with noise", False),
        ("repeats_last_seconds", repeats_last_seconds, "the last 2 s are repeated for 8 s", False),
        ("interlaced", interlaced, "two fields in each picture", False),
        ("exif_3", lambda folder: _faces(folder, 3, ".jpg"), "faces for training upside down, EXIF 3", False),
        ("exif_5", lambda folder: _faces(folder, 5, ".jpg"), "faces mirrored and turned, EXIF 5", False),
        ("exif_8_png", lambda folder: _faces(folder, 8, ".png"), "faces as PNG, EXIF 8", False),
        ("exif_1", lambda folder: _faces(folder, 1, ".jpg"), "faces with EXIF 1, upright", True),
        ("flag_half_turn", flag_half_turn, "upside down, with a flag", True),
        ("flag_back", flag_back, "turned to the right, with a flag", True),
        ("full_range", full_range, "Motion JPEG, full range", True),
        ("ten_bit", ten_bit, "HEVC with 10 bit", True),
        ("pillars", pillars, "black bars on both sides", True),
    )
]
