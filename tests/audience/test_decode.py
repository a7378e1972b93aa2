"""Decoding: times are those of the file, frames are upright, and damage is reported."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from small_films import HEIGHT, WIDTH, turn, write_film, write_sound, write_stream

from moviemotion.audience.video import decode
from moviemotion.audience.video.decode import Frame, probe, read_frames, to_upright_rgb
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
        whole = [(picture.time, to_upright_rgb(picture)) for picture in container.decode(video=0)]
    assert len(whole) == 90
    with av.open(str(path)) as container:
        assert len(list(decode._needed_pictures(container, 5))) < 70
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
        whole = {round(p.time - origin, 2): to_upright_rgb(p) for p in container.decode(video=0)}
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


def test_a_timestamp_far_in_the_future_is_a_broken_clock(tmp_path: Path) -> None:
    path = write_film(tmp_path / "wild.mkv", [0, 0.1, 0.2, 200_000])
    assert "the timestamps are broken" in error_of(path)


def test_a_last_frame_of_long_duration_is_no_truncation(tmp_path: Path) -> None:
    assert times(write_film(tmp_path / "slides.mkv", [0, 30, 60]), 5) == [0, 30, 60]
