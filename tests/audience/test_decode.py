"""Decoding: times are those of the file, frames are upright, and damage is reported."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray
from PIL import Image
from small_films import (
    HEIGHT,
    WIDTH,
    restamp,
    turn,
    write_film,
    write_sound,
    write_stream,
    write_tracks,
    write_with_sound,
)

from moviemotion.audience.video import decode
from moviemotion.audience.video.decode import Frame, probe, read_frames
from moviemotion.audience.video.upright import upright_rgb
from moviemotion.errors import MoviemotionError

MILLISECOND = 1e-3


def times(path: Path, rate: float, offset: float = 0.0) -> list[float]:
    return [frame.time for frame in read_frames(path, rate, offset)]


def error_of(path: Path) -> str:
    """The one-line error that reading the file to its end raises."""
    with pytest.raises(MoviemotionError) as caught:
        times(path, 5)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


def test_a_variable_frame_rate_keeps_its_own_times(tmp_path: Path) -> None:
    written = [0.0, 0.04, 0.3, 0.301, 1.7, 1.76, 2.0, 4.123]
    path = write_film(tmp_path / "vfr.mp4", written)
    assert times(path, 1000) == pytest.approx(written, abs=MILLISECOND)


def test_each_tick_keeps_the_first_frame_at_or_after_it(tmp_path: Path) -> None:
    path = write_film(tmp_path / "vfr.mp4", [0.0, 0.1, 0.24, 0.55, 0.6, 0.9, 1.0, 1.4])
    # Ticks at 0, 0.5, 1.0; no frame lies between 1.4 and the end.
    assert times(path, 2) == pytest.approx([0.0, 0.55, 1.0], abs=MILLISECOND)


def test_ten_frames_per_second_are_sampled_at_the_rate(tmp_path: Path) -> None:
    path = write_film(tmp_path / "even.mp4", np.arange(40) / 10)
    assert times(path, 5) == pytest.approx(np.arange(20) / 5, abs=MILLISECOND)


def test_thirty_frames_per_second_drift_by_no_more_than_a_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "ntsc.mp4", np.arange(150) * 1001 / 30000)
    seen = np.array(times(path, 5))
    assert len(seen) == 25
    assert (seen - np.arange(25) / 5 >= -MILLISECOND).all()
    assert (seen - np.arange(25) / 5 < 1 / 29.97 + MILLISECOND).all()


def test_frames_that_no_tick_needs_are_skipped_and_no_other_changes(tmp_path: Path) -> None:
    """H.264 stores frames out of order, among them some to which no other refers."""
    path = write_film(tmp_path / "h264.mp4", np.arange(90) / 30, "libx264", b_frames=3)
    with av.open(str(path)) as container:
        whole = [(picture.time, upright_rgb(picture)) for picture in container.decode(video=0)]
    assert len(whole) == 90
    with av.open(str(path)) as container:
        reader = decode._PictureReader(container, container.streams.video[0])
        assert len(list(reader.needed_pictures(5))) < 70
    due = [next(w for w in whole if w[0] >= k / 5 - MILLISECOND) for k in range(15)]
    seen = list(read_frames(path, 5))
    assert [frame.time for frame in seen] == [time for time, _ in due]
    assert all((frame.image == image).all() for frame, (_, image) in zip(seen, due, strict=True))


def test_a_slower_file_gives_each_of_its_frames_once(tmp_path: Path) -> None:
    path = write_film(tmp_path / "slow.mp4", np.arange(6) / 2)
    assert times(path, 5) == pytest.approx(np.arange(6) / 2, abs=MILLISECOND)


def test_the_offset_is_added_to_every_time(tmp_path: Path) -> None:
    path = write_film(tmp_path / "late.mp4", np.arange(10) / 5)
    assert times(path, 5, 7.25) == pytest.approx(np.arange(10) / 5 + 7.25, abs=MILLISECOND)
    assert times(path, 5, -0.5) == pytest.approx(np.arange(10) / 5 - 0.5, abs=MILLISECOND)


def test_a_clock_that_does_not_start_at_zero_is_counted_from_its_start(tmp_path: Path) -> None:
    path = write_film(tmp_path / "clock.mkv", 100 + np.arange(10) / 5)
    assert times(path, 5) == pytest.approx(np.arange(10) / 5, abs=2 * MILLISECOND)


def test_a_frame_that_was_recorded_sideways_is_rotated_upright(tmp_path: Path) -> None:
    path = write_film(tmp_path / "phone.mp4", np.arange(5) / 5)
    flat = next(read_frames(path, 5)).image
    assert flat.shape == (HEIGHT, WIDTH, 3)
    assert flat[:, : WIDTH // 2].mean() > flat[:, WIDTH // 2 :].mean() + 80
    upright = next(read_frames(turn(path), 5)).image
    assert upright.shape == (WIDTH, HEIGHT, 3)
    # Turned by 90° clockwise, the left side comes to the top.
    assert upright[: WIDTH // 2].mean() > upright[WIDTH // 2 :].mean() + 80


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (64, 48), (40 * k, 0, 0)) for k in range(6)]
    path = tmp_path / "room.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[200, 500, 200, 200, 100, 200])
    frames = list(read_frames(path, 10))
    assert [f.time for f in frames] == pytest.approx([0, 0.2, 0.7, 0.9, 1.1, 1.2], abs=0.011)
    assert [int(f.image[0, 0, 0]) for f in frames] == pytest.approx([0, 40, 80, 120, 160, 200], abs=8)


@pytest.mark.parametrize(
    ("form", "codec"),
    [pytest.param("matroska", "mpeg4", id="mkv"), pytest.param("webm", "libvpx", id="webm")],
)
def test_a_stream_without_a_duration_is_read_completely(tmp_path: Path, form: str, codec: str) -> None:
    path = write_stream(tmp_path / f"stream.{form}", np.arange(30) / 10, form, codec)
    assert np.isnan(probe(path).duration)
    assert times(path, 5) == pytest.approx(np.arange(15) / 5, abs=2 * MILLISECOND)


def test_the_duration_is_what_the_file_declares(tmp_path: Path) -> None:
    path = write_film(tmp_path / "even.mp4", np.arange(40) / 10)
    assert probe(path).duration == pytest.approx(4.0, abs=0.15)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "nowhere.mp4")


def test_an_empty_file(tmp_path: Path) -> None:
    (path := tmp_path / "empty.mp4").touch()
    assert "empty" in error_of(path)


def test_a_folder(tmp_path: Path) -> None:
    assert "a folder, not a video" in error_of(tmp_path)


@pytest.mark.parametrize("content", [b"These are my notes on the film.\n" * 50, bytes(range(256)) * 40])
def test_a_file_that_is_no_video(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "notes.mp4").write_bytes(content)
    assert "not a readable video" in error_of(path)


def test_a_file_with_sound_alone(tmp_path: Path) -> None:
    assert "has no video stream" in error_of(write_sound(tmp_path / "voice.wav"))


def test_a_file_without_an_index(tmp_path: Path) -> None:
    path = write_film(tmp_path / "crash.mp4", np.arange(40) / 10)
    data = path.read_bytes()
    assert data.find(b"moov") > len(data) // 2
    path.write_bytes(data[: len(data) // 2])
    assert "not a readable video" in error_of(path)


def read_with_gaps(path: Path) -> tuple[list[Frame], list[tuple[float, float]]]:
    """The frames at five per second, and the gaps."""
    blanks: list[tuple[float, float]] = []
    return list(read_frames(path, 5, 0.0, blanks.append)), blanks


def test_a_truncated_file_gives_its_frames_and_reports_the_gap(tmp_path: Path) -> None:
    path = write_film(tmp_path / "half.mp4", np.arange(80) / 10, movflags="faststart")
    data = path.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")
    path.write_bytes(data[: len(data) // 2])
    seen, ((start, end),) = read_with_gaps(path)
    assert 2.5 < seen[-1].time <= start < 4.5
    assert end == pytest.approx(7.9, abs=0.15)


@pytest.mark.parametrize("share", [0.001, 0.25])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("mpeg4", "film.mp4"),
        ("libx264", "film.mp4"),
        ("libx264", "film.mkv"),
        ("libvpx", "film.webm"),
        ("libx264", "film.ts"),
        ("mpeg4", "film.avi"),
    ],
)
def test_damaged_frames_are_skipped_and_no_other_changes(
    tmp_path: Path, codec: str, name: str, share: float
) -> None:
    path = write_film(tmp_path / name, np.arange(120) / 10, codec)
    with av.open(str(path)) as container:
        origin = container.start_time / 1e6
        whole = {round(p.time - origin, 2): upright_rgb(p) for p in container.decode(video=0)}
    data = bytearray(path.read_bytes())
    start, length = len(data) * 2 // 5, int(len(data) * share)
    data[start : start + length] = np.random.default_rng(1).bytes(length)
    path.write_bytes(data)
    seen, blanks = read_with_gaps(path)
    assert len(seen) > 30
    assert all((frame.image == whole[round(frame.time, 2)]).all() for frame in seen)
    steps = [(one.time, two.time) for one, two in pairwise(seen)]
    missing = [step for step in steps if step[1] - step[0] > decode.MIN_GAP_SECONDS]
    if name.endswith("avi"):  # its clock is lost with the first picture that is
        assert (missing, blanks) == (
            [],
            [(pytest.approx(seen[-1].time, abs=0.2), pytest.approx(12, abs=0.2))],
        )
    else:
        assert blanks == [pytest.approx(step, abs=0.2) for step in missing]
        assert len(blanks) == (share > 0.1)
        assert seen[-1].time == pytest.approx(11.8, abs=MILLISECOND)


def test_a_name_with_a_colon_is_a_file_and_not_a_url(tmp_path: Path) -> None:
    path = write_film(tmp_path / "plain.mp4", [k / 10 for k in range(20)])
    odd = path.rename(tmp_path / "20:15 file:seat.mp4")
    assert len(list(read_frames(odd, 5))) == 10


def test_a_name_that_is_too_long_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="cannot be opened"):
        probe(tmp_path / ("x" * 300 + ".mp4"))


def test_a_last_timestamp_far_in_the_future_is_placed_after_the_others(tmp_path: Path) -> None:
    path = write_film(tmp_path / "wild.mkv", [0, 0.1, 0.2, 0.3, 0.4, 200_000])
    doubts: list[str] = []
    seen = [frame.time for frame in read_frames(path, 10, on_doubt=doubts.append)]
    assert seen == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=MILLISECOND)
    (line,) = doubts
    assert line.startswith("1 frame has a timestamp that cannot be right, at 0.5 s")


def test_a_last_frame_of_long_duration_is_no_truncation(tmp_path: Path) -> None:
    assert times(write_film(tmp_path / "slides.mkv", [0, 30, 60]), 5) == [0, 30, 60]


def read_with_doubts(path: Path, rate: float = 5) -> tuple[list[Frame], list[str]]:
    """The frames, and the reasons to doubt them; there are no gaps."""
    gaps: list[tuple[float, float]] = []
    doubts: list[str] = []
    frames = list(read_frames(path, rate, 0.0, gaps.append, doubts.append))
    assert gaps == []
    return frames, doubts


def seconds_of(frames: list[Frame]) -> list[float]:
    return [frame.time for frame in frames]


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_two_joined_recordings_are_read_to_the_end_and_reported(tmp_path: Path, codec: str) -> None:
    part = write_film(tmp_path / "part.ts", np.arange(60) / 10, codec)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(2 * part.read_bytes())
    frames, (doubt,) = read_with_doubts(joined)
    assert seconds_of(frames) == pytest.approx(np.arange(60) / 5, abs=0.1)
    assert "was set or started again at 6.0 s" in doubt
    assert "offset" in doubt


@pytest.mark.parametrize("wrong", [900.0, 40_000.0, 0.0])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_wrong_timestamp_costs_no_frame_and_no_time(tmp_path: Path, wrong: float, b_frames: int) -> None:
    path = write_film(tmp_path / "film.ts", 20 + np.arange(120) / 10, "libx264", b_frames)
    restamp(path, lambda k, time: wrong if k == 60 else time)
    frames, doubts = read_with_doubts(path)
    assert len(frames) == 60
    assert seconds_of(frames) == pytest.approx(np.arange(60) / 5, abs=0.1)
    (doubt,) = doubts
    assert doubt.startswith("1 frame has a timestamp that cannot be right, at 6.0 s")


@pytest.mark.parametrize("jump", [-3.0, -0.5])
def test_a_clock_that_is_set_back_costs_no_frame(tmp_path: Path, jump: float) -> None:
    path = write_film(tmp_path / "film.ts", 20 + np.arange(120) / 10, "libx264")
    restamp(path, lambda k, time: time + jump * (k >= 60))
    frames, (doubt,) = read_with_doubts(path)
    assert seconds_of(frames) == pytest.approx(np.arange(60) / 5, abs=0.1)
    assert "was set or started again" in doubt


def test_the_end_of_a_33_bit_clock_is_no_fault(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.ts", np.arange(120) / 10, "libx264")
    restamp(path, lambda k, time: time + 2**33 / 90_000 - 6)
    frames, doubts = read_with_doubts(path)
    assert seconds_of(frames) == pytest.approx(np.arange(60) / 5, abs=MILLISECOND)
    assert doubts == []


@pytest.mark.parametrize(("codec", "form"), [("libx264", "h264"), ("libx265", "hevc"), ("mpeg4", "m4v")])
def test_a_stream_without_timestamps_is_counted_at_its_rate(tmp_path: Path, codec: str, form: str) -> None:
    path = tmp_path / f"bare.{form}"
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=15, options={"x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for k in range(90):
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), 2 * k, np.uint8), format="rgb24")
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames, (doubt,) = read_with_doubts(path)
    assert seconds_of(frames) == pytest.approx(np.arange(30) / 5, abs=MILLISECOND)
    assert [frame.image.mean() for frame in frames] == pytest.approx(6 * np.arange(30), abs=5)
    assert "counted at the declared rate of 15 per second" in doubt


def test_a_stream_without_timestamps_and_rate_says_so(tmp_path: Path) -> None:
    path = tmp_path / "camera.mjpeg"
    picture = Image.new("RGB", (64, 48), (200, 30, 30))
    for _ in range(50):
        with path.open("ab") as file:
            picture.save(file, "JPEG")
    frames, (doubt,) = read_with_doubts(path)
    assert len(frames) == 10
    assert "no timestamps and no frame rate" in doubt
    assert "25 per second" in doubt


@pytest.mark.parametrize(
    ("aspect", "shape"),
    [
        (Fraction(25, 18), (HEIGHT, round(WIDTH * 25 / 18))),
        (Fraction(8, 9), (round(HEIGHT * 9 / 8), WIDTH)),
        (Fraction(1), (HEIGHT, WIDTH)),
        (Fraction(200, 201), (HEIGHT, WIDTH)),
        (Fraction(100, 1), (HEIGHT, WIDTH)),
    ],
)
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_pixels_are_square(tmp_path: Path, aspect: Fraction, shape: tuple[int, int], name: str) -> None:
    path = write_film(tmp_path / name, np.arange(10) / 10, "libx264", pixel_aspect=aspect)
    assert {frame.image.shape[:2] for frame in read_frames(path, 5)} == {shape}


def test_oblong_pixels_are_stretched_before_the_frame_is_rotated(tmp_path: Path) -> None:
    path = write_film(tmp_path / "phone.mp4", np.arange(10) / 10, "libx264", pixel_aspect=Fraction(2))
    assert next(read_frames(turn(path), 5)).image.shape == (2 * WIDTH, HEIGHT, 3)


@pytest.mark.parametrize(
    ("matrix", "rotated"),
    [
        ((0x10000, 0, 0, 0, 0x10000), lambda image: image),
        ((-0x10000, 0, 0, 0, 0x10000), lambda image: image[:, ::-1]),
        ((0x10000, 0, 0, 0, -0x10000), lambda image: image[::-1]),
        ((-0x10000, 0, 0, 0, -0x10000), lambda image: image[::-1, ::-1]),
        ((0, 0x10000, 0, -0x10000, 0), lambda image: np.rot90(image, -1)),
        ((0, -0x10000, 0, 0x10000, 0), lambda image: np.rot90(image, 1)),
        ((0, 0x10000, 0, 0x10000, 0), lambda image: image.transpose(1, 0, 2)),
        ((0, -0x10000, 0, -0x10000, 0), lambda image: np.rot90(image.transpose(1, 0, 2), 2)),
    ],
    ids=["none", "mirrored", "flipped", "180", "90", "270", "transposed", "transverse"],
)
def test_the_display_matrix_is_honored(
    tmp_path: Path, matrix: tuple[int, ...], rotated: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> None:
    path = write_film(tmp_path / "phone.mp4", np.arange(5) / 5)
    flat = next(read_frames(path, 5)).image
    turn(path, (*matrix, 0, 0, 0, 0x40000000))
    assert (next(read_frames(path, 5)).image == rotated(flat)).all()


def test_the_longest_track_is_the_recording(tmp_path: Path) -> None:
    for name in ("tracks.mkv", "tracks.mp4", "tracks.avi"):
        frames, doubts = read_with_doubts(write_tracks(tmp_path / name, (1, 100)))
        assert len(frames) == 50, name
        assert frames[0].image.mean() == pytest.approx(80, abs=4)
        assert doubts == []


def test_a_second_recording_in_the_file_is_reported(tmp_path: Path) -> None:
    frames, (doubt,) = read_with_doubts(write_tracks(tmp_path / "two.mkv", (100, 90), (64, 96)))
    assert len(frames) in (45, 50)
    assert doubt.startswith("contains 2 video tracks, of which only track ")


@pytest.mark.parametrize("striped", [0, 1, 2])
def test_a_track_that_shows_nothing_is_not_chosen(striped: int, tmp_path: Path) -> None:
    for name in ("lenses.mkv", "lenses.mp4"):
        frames, (doubt,) = read_with_doubts(write_tracks(tmp_path / name, (50, 50, 50), striped=striped))
        assert frames[5].image[:, :32].mean() > 240
        assert f"only track {striped + 1} " in doubt


def test_a_cover_picture_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "music.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        stream.disposition = Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "has no video stream" in error_of(path)


def test_frames_of_gigabytes_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.mjpeg"
    for _ in range(2):
        with path.open("ab") as file:
            Image.new("L", (8192, 8192)).save(file, "JPEG", quality=5)
    assert "frames larger than 8192×4352 pixels" in error_of(path)


def test_frames_that_grow_to_gigabytes_are_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "grows.mjpeg"
    for side in (*[64] * 50, *[8192] * 30):
        with path.open("ab") as file:
            Image.new("L", (side, side)).save(file, "JPEG", quality=5)
    frames, (gap,) = read_with_gaps(path)
    assert {frame.image.shape[:2] for frame in frames} == {(64, 64)}
    assert gap == pytest.approx((1.96, 3.16), abs=MILLISECOND)


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_frames_at_another_rate_than_declared_contradict_the_sound(tmp_path: Path, name: str) -> None:
    path = write_with_sound(tmp_path / name, 250, 25, 20)
    doubts: list[str] = []
    assert len(list(read_frames(path, 5, on_doubt=doubts.append))) == 50
    (doubt,) = doubts
    assert doubt.startswith("its frames last 10 s, but its sound 20 s")
    for seconds in (9, 10, 11):
        assert read_with_doubts(write_with_sound(tmp_path / name, 250, 25, seconds))[1] == []


def test_a_matroska_clock_that_started_in_1970_has_a_usable_duration(tmp_path: Path) -> None:
    path = write_film(tmp_path / "epoch.mkv", 1.6e9 + np.arange(100) / 10)
    assert probe(path).duration == pytest.approx(10, abs=0.2)
    frames, doubts = read_with_doubts(path)
    assert seconds_of(frames) == pytest.approx(np.arange(50) / 5, abs=2 * MILLISECOND)
    assert doubts == []


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp"])
def test_a_photograph_is_no_recording(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"seat.{suffix}"
    Image.new("RGB", (64, 48), (200, 10, 10)).save(path)
    assert "a single picture" in error_of(path)


def test_an_animation_that_ffmpeg_cannot_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "seat.webp"
    pictures = [Image.new("RGB", (64, 48), (40 * k, 0, 0)) for k in range(6)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200)
    assert "convert it to MP4 if it is an animation" in error_of(path)


def test_an_animated_png_is_a_video(tmp_path: Path) -> None:
    path = tmp_path / "seat.apng"
    pictures = [Image.new("RGB", (64, 48), (40 * k, 0, 0)) for k in range(6)]
    pictures[0].save(path, format="PNG", save_all=True, append_images=pictures[1:], duration=200)
    assert times(path, 5) == pytest.approx(np.arange(6) / 5, abs=MILLISECOND)
