"""One person as two viewers, two people as one viewer, and faces that are nobody."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from odd_cases.oracle import SILENT_CAMERAS, Case, Person, Result, judge_control, judge_screening, screen
from odd_cases.video import (
    RATE,
    SIDE,
    Pictures,
    beside,
    joined,
    person,
    plain,
    resized,
    transport_stream,
    write,
)

LONG = 16
"""Seconds of recordings in which somebody is seen twice: less is no evidence."""
HALF = 8
DOUBLE = r"same person|one person|double|twice|identical|mirror"
CHANGED = (
    r"another person|other person|cut|clothes|matches nobody|re-framed|moved|moves|bumped|separate|layout"
)
PICTURE = r"poster|photograph|still|frozen|picture|does not move|repeat|loop"


def _half(one: Person, second: bool) -> Person:
    """The readings of one half of the time."""
    return Person(one.readings[HALF:], HALF) if second else Person(one.readings[:HALF])


def mirrored(folder: Path) -> Result:
    pictures = person("seat-a1", LONG)
    cameras = [
        write(folder / "left.mp4", pictures),
        write(folder / "right.mp4", pictures[:, :, ::-1], crf=30),
    ]
    return judge_screening(screen(folder, cameras), [plain("seat-a1", LONG)], DOUBLE)


def remuxed(folder: Path) -> Result:
    first = write(folder / "camera.mp4", person("seat-a3", LONG))
    with av.open(str(first)) as source, av.open(str(folder / "copy.mkv"), "w") as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    run = screen(folder, [first, folder / "copy.mkv"])
    return judge_screening(run, [plain("seat-a3", LONG)], DOUBLE, "copy.mkv")


def gray_and_late(folder: Path) -> Result:
    pictures = person("seat-a1", LONG)
    gray = np.repeat(pictures.mean(-1, keepdims=True), 3, -1).astype(np.uint8)[::2]
    cameras = [
        write(folder / "color.mp4", pictures),
        write(folder / "infrared.mp4", resized(gray, 160, 160), lambda k: 2 * k / RATE, crf=32),
    ]
    return judge_screening(screen(folder, cameras), [plain("seat-a1", LONG)], DOUBLE)


def three_streams(folder: Path) -> Result:
    pictures = person("seat-b1", LONG)
    cameras = [
        write(folder / f"stream-{side}.mp4", resized(pictures, side, side), crf=crf)
        for side, crf in ((240, 20), (176, 30), (144, 34))
    ]
    return judge_screening(screen(folder, cameras), [plain("seat-b1", LONG)], DOUBLE)


def room_and_own(folder: Path) -> Result:
    row = beside(person("seat-a1", LONG), person("seat-b1", LONG))
    darker = (person("seat-a1", LONG)[:, 16:-16, 8:-24] * 0.7).astype(np.uint8)
    cameras = [write(folder / "room.mp4", row), write(folder / "own.mp4", darker)]
    people = [plain("seat-a1", LONG), plain("seat-b1", LONG)]
    return judge_screening(screen(folder, cameras), people, DOUBLE)


def mirror_on_the_wall(folder: Path) -> Result:
    pictures = person("seat-a3", LONG)
    reflection = np.full_like(pictures, 60)
    small = (resized(pictures[:, :, ::-1], 160, 160) * 0.75).astype(np.uint8)
    reflection[:, 30:190, 40:200] = small
    run = screen(folder, [write(folder / "dressing-room.mp4", beside(pictures, reflection))])
    return judge_screening(run, [plain("seat-a3", LONG)], DOUBLE)


def hard_cut(folder: Path) -> Result:
    pictures = np.concatenate(
        [person("seat-a1", LONG)[: HALF * RATE], person("seat-b1", LONG)[HALF * RATE :]]
    )
    run = screen(folder, [write(folder / "edited.mp4", pictures)])
    people = [_half(plain("seat-a1", LONG), False), _half(plain("seat-b1", LONG), True)]
    return judge_screening(run, people, CHANGED)


def cut_exchanges(folder: Path) -> Result:
    one, other = person("seat-a1", LONG), person("seat-b2", LONG)
    at = HALF * RATE
    pictures = np.concatenate([beside(one[:at], other[:at]), beside(other[at:], one[at:])])
    run = screen(folder, [write(folder / "two-takes.mp4", pictures)])
    return judge_screening(run, [plain("seat-a1", LONG), plain("seat-b2", LONG)], CHANGED)


def gallery(folder: Path) -> Result:
    names = ("seat-a1", "seat-a3", "seat-b1", "seat-b2")
    faces = [person(name, LONG, 0.0, 160) for name in names]
    at, blank = HALF * RATE, np.full_like(faces[0], 32)
    first = np.concatenate([beside(faces[0], faces[1], blank), beside(faces[2], faces[3], blank)], 1)
    second = np.concatenate([beside(faces[3], faces[0], faces[2]), beside(faces[1], blank, blank)], 1)
    run = screen(folder, [write(folder / "meeting.mp4", np.concatenate([first[:at], second[at:]]))])
    return judge_screening(run, [plain(name, LONG, 0.0, 160) for name in names], CHANGED)


def panned(folder: Path) -> Result:
    names = ("seat-a1", "seat-b1", "seat-b2", "seat-a3")
    row, at = beside(*(person(name, LONG) for name in names)), HALF * RATE
    pictures = np.concatenate([row[:at, :, : 3 * SIDE], row[at:, :, SIDE:]])
    run = screen(folder, [write(folder / "panned.mp4", pictures)])
    all_time = [plain(name, LONG) for name in names]
    return judge_screening(
        run, [_half(all_time[0], False), *all_time[1:3], _half(all_time[3], True)], CHANGED
    )


def letterboxed_later(folder: Path) -> Result:
    pictures, at = person("seat-a3", LONG), HALF * RATE
    boxed = np.zeros((len(pictures) - at, SIDE, 2 * SIDE, 3), np.uint8)
    boxed[:, :, SIDE // 2 : -SIDE // 2] = pictures[at:]
    parts = [
        transport_stream(folder / "1.ts", pictures[:at], 0),
        transport_stream(folder / "2.ts", boxed, HALF),
    ]
    run = screen(folder, [joined(folder / "widened.ts", parts)])
    return judge_screening(run, [plain("seat-a3", LONG)], r"size|cut|re-framed")


def moves_over(folder: Path) -> Result:
    one, other, empty = person("seat-a1", LONG), person("seat-b1", LONG), _empty(LONG)
    a, b = 7 * RATE, 9 * RATE
    left = np.concatenate([one[:a], empty[a:b], other[b:]])
    right = np.concatenate([other[:a], empty[a:]])
    run = screen(folder, [write(folder / "row.mp4", beside(left, right))])
    first, second = plain("seat-a1", LONG), plain("seat-b1", LONG)
    moved = second.readings.copy()
    moved[7:9] = np.nan
    return judge_screening(run, [Person(first.readings[:7]), Person(moved)], CHANGED + "|exchanged|place")


def _empty(seconds: int) -> Pictures:
    """An empty seat: a wall and a chair."""
    wall = np.full((SIDE, SIDE, 3), (70, 66, 60), np.uint8)
    wall[SIDE // 2 :, 60:-60] = (40, 24, 30)
    return np.repeat(wall[None], seconds * RATE, 0)


def _photograph(name: str, seconds: int, shake: float, seed: int = 1) -> Pictures:
    """A photograph of somebody, filmed with a noisy camera that shakes by some pixels."""
    rng = np.random.default_rng(seed)
    face = Image.fromarray(person(name, 4)[10])
    pictures, wander = [], np.zeros(2)
    for _ in range(seconds * RATE):
        wander = 0.8 * wander + rng.normal(0, shake, 2) if shake else wander
        moved = face.transform(face.size, Image.Transform.AFFINE, (1, 0, wander[0], 0, 1, wander[1]), 2)
        noisy = np.asarray(moved, float) + rng.normal(0, 3, (SIDE, SIDE, 3))
        pictures.append(noisy.clip(0, 255).astype(np.uint8))
    return np.stack(pictures)


def photograph(folder: Path) -> Result:
    pictures = beside(person("seat-a1", LONG), _photograph("seat-b2", LONG, 0.6))
    run = screen(folder, [write(folder / "living-room.mp4", pictures)])
    return judge_screening(run, [plain("seat-a1", LONG)], PICTURE)


def screen_loop(folder: Path) -> Result:
    loop = person("seat-b2", 2)
    pictures = beside(person("seat-a1", LONG), np.concatenate([loop] * (LONG // 2)))
    run = screen(folder, [write(folder / "screen-behind.mp4", pictures)])
    return judge_screening(run, [plain("seat-a1", LONG)], PICTURE)


def slide_show(folder: Path) -> Result:
    stills = [person(name, 4)[20] for name in ("seat-a1", "seat-b1", "seat-b2", "seat-a3")]
    pictures = np.repeat(np.stack(stills), 4 * RATE, 0)
    run = screen(folder, [write(folder / "screensaver.mp4", pictures)])
    return judge_screening(run, [], PICTURE + "|no face", "screensaver.mp4")


def two_people(folder: Path) -> Result:
    names = ("seat-a1", "seat-b1")
    cameras = [write(folder / f"{name}.mp4", person(name, LONG)) for name in names]
    return judge_control(screen(folder, cameras), [plain(name, LONG) for name in names], SILENT_CAMERAS)


def three_in_a_row(folder: Path) -> Result:
    names = ("seat-a1", "seat-b1", "seat-b2")
    row = write(folder / "row.mp4", beside(*(person(name, LONG) for name in names)))
    return judge_control(screen(folder, [row]), [plain(name, LONG) for name in names])


def comes_back(folder: Path) -> Result:
    pictures, truth = person("seat-a3", LONG).copy(), plain("seat-a3", LONG)
    pictures[6 * RATE : 9 * RATE] = _empty(3)
    readings = truth.readings.copy()
    readings[6:9] = np.nan
    return judge_control(screen(folder, [write(folder / "restless.mp4", pictures)]), [Person(readings)])


CASES = [
    Case("identity", name, built, judge, control)
    for name, judge, built, control in (
        ("mirrored", mirrored, "a second camera's stream, mirrored and recompressed", False),
        ("remuxed", remuxed, "one recording as MP4 and as Matroska", False),
        (
            "gray_and_late",
            gray_and_late,
            "a small infrared stream at half the rate beside the main one",
            False,
        ),
        ("three_streams", three_streams, "three streams of one camera", False),
        (
            "room_and_own",
            room_and_own,
            "one of two people in the room's camera also has an own camera",
            False,
        ),
        ("mirror_on_the_wall", mirror_on_the_wall, "a mirror in the picture", False),
        ("hard_cut", hard_cut, "an edited file: another person from 8 s on", False),
        ("cut_exchanges", cut_exchanges, "two takes: after a cut, two people sit the other way round", False),
        ("gallery", gallery, "a meeting's gallery of four, laid out anew at 8 s", False),
        ("panned", panned, "the camera is panned by one seat at 8 s", False),
        ("letterboxed_later", letterboxed_later, "the picture becomes twice as wide, with bars", False),
        ("moves_over", moves_over, "a viewer leaves, the neighbor moves into the seat", False),
        ("photograph", photograph, "a photograph beside a viewer, the camera shakes", False),
        ("screen_loop", screen_loop, "a screen beside a viewer repeats 2 s of a face", False),
        ("slide_show", slide_show, "a slide show of portraits instead of a camera", False),
        ("two_people", two_people, "two different people", True),
        ("three_in_a_row", three_in_a_row, "three different people in one camera", True),
        ("comes_back", comes_back, "a viewer is away for 3 s", True),
    )
]
