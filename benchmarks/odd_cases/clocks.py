"""Files whose stamps are missing, jump, restart, repeat or belong to another rate."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from odd_cases.oracle import Case, Person, Result, judge_control, judge_screening, screen
from odd_cases.video import (
    RATE,
    SIDE,
    TICKS,
    add_video,
    from_second,
    joined,
    person,
    plain,
    transport_stream,
    write,
)

STAMPS = r"stamp|clock|restart|begin again|jump|joined"
NAME = "seat-a3"
"""A clip in which the expression changes, so that wrong times show."""
WRAP_SECONDS = 2**33 / TICKS


def three_sessions(folder: Path) -> Result:
    pictures = person(NAME, 15)
    parts = [transport_stream(folder / f"{k}.ts", pictures[k * 60 : (k + 1) * 60], 0) for k in range(3)]
    run = screen(folder, [joined(folder / "sessions.ts", parts)])
    return judge_screening(run, [plain(NAME, 15)], STAMPS, "sessions.ts")


def set_back(folder: Path) -> Result:
    pictures = person(NAME, 12)
    parts = [
        transport_stream(folder / "1.ts", pictures[:84], 100),
        transport_stream(folder / "2.ts", pictures[84:], 103),
    ]
    run = screen(folder, [joined(folder / "set-back.ts", parts)])
    return judge_screening(run, [plain(NAME, 12)], STAMPS, "set-back.ts")


def jump_of_an_hour(folder: Path) -> Result:
    pictures = person(NAME, 12)
    parts = [
        transport_stream(folder / "1.ts", pictures[:72], 100),
        transport_stream(folder / "2.ts", pictures[72:], 3706),
    ]
    run = screen(folder, [joined(folder / "summer-time.ts", parts)])
    return judge_screening(run, [plain(NAME, 12)], STAMPS + r"|no frames.*36\d\d", "summer-time.ts")


def one_zero(folder: Path) -> Result:
    pictures = person(NAME, 12)
    parts = [
        transport_stream(folder / "1.ts", pictures[:72], 1000),
        transport_stream(folder / "2.ts", pictures[72:73], 0),
        transport_stream(folder / "3.ts", pictures[73:], 1000 + 73 / RATE),
    ]
    run = screen(folder, [joined(folder / "zero.ts", parts)])
    return judge_screening(run, [plain(NAME, 12)], STAMPS, "zero.ts")


def one_far(folder: Path) -> Result:
    pictures = person(NAME, 12)
    video = folder / "far.mkv"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.max_b_frames = 0
        stream.options = {"g": "1", "crf": "20", "preset": "veryfast"}
        packets = []
        for picture in pictures:
            packets += stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24"))
        packets += stream.encode(None)
        for number, packet in enumerate(packets):
            if number == 70:
                packet.pts = packet.dts + 20_000 * RATE
            container.mux(packet)
    run = screen(folder, [video])
    return judge_screening(run, [plain(NAME, 12)], STAMPS, "far.mkv")


def raw_hevc(folder: Path) -> Result:
    video = write(
        folder / "camera.h265",
        person(NAME, 10),
        codec="libx265",
        form="hevc",
        options={"x265-params": "log-level=none", "preset": "ultrafast"},
    )
    return judge_screening(
        screen(folder, [video]), [plain(NAME, 10)], r"stamp|clock|\brate\b|container", video.name
    )


def raw_mjpeg(folder: Path) -> Result:
    video = write(folder / "camera.mjpeg", person(NAME, 10), codec="mjpeg", form="mjpeg", pixels="yuvj420p")
    return judge_screening(
        screen(folder, [video]), [plain(NAME, 10)], r"stamp|clock|\brate\b|container", video.name
    )


def wrap(folder: Path) -> Result:
    video = transport_stream(folder / "night-and-day.ts", person(NAME, 12), WRAP_SECONDS - 6)
    return judge_screening(screen(folder, [video]), [plain(NAME, 12)], STAMPS, video.name)


def other_rate(folder: Path) -> Result:
    rng = np.random.default_rng(1)
    talk = rng.normal(0, 0.1, 12 * 16_000)
    video = write(folder / "dvr.mkv", person(NAME, 12), lambda k: k / (2 * RATE), sound=talk)
    run = screen(folder, [video])
    return judge_screening(run, [plain(NAME, 12)], r"\bsound\b|\brate\b|stamp|fast", video.name)


def slow_stamps(folder: Path) -> Result:
    """Two cameras of the same 12 s; one of them stamps 24 s."""
    cameras = [
        write(folder / "right.mp4", person("seat-a1", 12)),
        write(folder / "slow.mp4", person(NAME, 12), lambda k: 2 * k / RATE, sound=np.zeros(12 * 16_000)),
    ]
    run = screen(folder, cameras)
    return judge_screening(
        run, [plain("seat-a1", 12), plain(NAME, 12)], r"slow\.mp4.*(\bsound\b|\brate\b|stamp)"
    )


def late_picture(folder: Path) -> Result:
    rng = np.random.default_rng(2)
    talk = rng.normal(0, 0.1, 13 * 16_000)
    video = write(folder / "sound-first.mp4", person(NAME, 10), lambda k: 3 + k / RATE, sound=talk)
    return judge_screening(screen(folder, [video]), [from_second(plain(NAME, 10), 3)], STAMPS, video.name)


def paused(folder: Path) -> Result:
    truth = plain(NAME, 10)
    readings = np.concatenate([truth.readings[:4], np.full((4, 8), np.nan, np.float32), truth.readings[4:]])
    video = write(folder / "paused.mp4", person(NAME, 10), lambda k: k / RATE + 4 * (k >= 4 * RATE))
    run = screen(folder, [video])
    return judge_screening(run, [Person(readings)], r"no frames", video.name)


def damaged_middle(folder: Path) -> Result:
    video = transport_stream(folder / "scratched.ts", person(NAME, 12), 10)
    data = bytearray(video.read_bytes())
    packets = len(data) // 188
    del data[188 * (packets * 4 // 12) : 188 * (packets * 8 // 12)]
    video.write_bytes(data)
    truth = plain(NAME, 12).readings.copy()
    truth[3:9] = np.nan
    run = screen(folder, [video])
    return judge_screening(run, [Person(truth)], r"no frames.*\b[34]\.\d to [78]\.\d", video.name)


def jitter(folder: Path) -> Result:
    rng = np.random.default_rng(3)
    late = np.abs(rng.normal(0, 0.015, 10 * RATE)).clip(0, 0.06)
    video = write(folder / "webcam.mkv", person(NAME, 10), lambda k: k / RATE + float(late[k]))
    return judge_control(screen(folder, [video]), [plain(NAME, 10)])


def late_zero(folder: Path) -> Result:
    video = transport_stream(folder / "since-boot.ts", person(NAME, 10), 40_000)
    return judge_control(screen(folder, [video]), [plain(NAME, 10)])


def two_speeds(folder: Path) -> Result:
    """12 pictures a second, then 6: variable, but rightly stamped."""
    pictures = person(NAME, 10)
    kept = [*range(60), *range(60, 120, 2)]
    video = folder / "dim-light.mp4"
    with av.open(str(video), "w") as container:
        add_video(container, [pictures[k] for k in kept], lambda k: kept[k] / RATE)
    return judge_control(screen(folder, [video]), [plain(NAME, 10)])


CASES = [
    Case("clocks", name, built, judge, control)
    for name, judge, built, control in (
        ("three_sessions", three_sessions, "three transport streams joined, stamps begin again twice", False),
        ("set_back", set_back, "a transport stream whose clock is set back by 4 s", False),
        ("jump_of_an_hour", jump_of_an_hour, "a clock set forward by an hour", False),
        ("one_zero", one_zero, "one picture stamped 0 among stamps from 1000 s on", False),
        ("one_far", one_far, "Matroska, one picture stamped 20 000 s late", False),
        ("raw_hevc", raw_hevc, "HEVC without a container", False),
        ("raw_mjpeg", raw_mjpeg, "JPEG pictures one after the other", False),
        ("wrap", wrap, "a transport stream whose 33-bit clock wraps", False),
        ("other_rate", other_rate, "12 s stamped as 6 s, with 12 s of sound", False),
        (
            "slow_stamps",
            slow_stamps,
            "12 s stamped as 24 s, with 12 s of sound, beside a right camera",
            False,
        ),
        ("late_picture", late_picture, "sound begins 3 s before the picture", False),
        ("paused", paused, "a camera that paused for 4 s", False),
        ("damaged_middle", damaged_middle, "4 s in the middle are lost", False),
        ("jitter", jitter, "stamps that jitter by hundredths of a second", True),
        ("late_zero", late_zero, "stamps since the camera was switched on, 11 hours ago", True),
        ("two_speeds", two_speeds, "half the rate in the second half, rightly stamped", True),
    )
]
