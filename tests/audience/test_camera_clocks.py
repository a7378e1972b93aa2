"""Cameras that were started by hand: their clocks are found within a sample, or doubted by name."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from room_recordings import (
    SOUND_RATE,
    Film,
    Microphone,
    Recording,
    make_film,
    read_recording,
    record,
    true_film_times,
    write_film,
)

from moviemotion.audience.synchronization.camera_clocks import (
    FoundClocks,
    Recorded,
    ScreenedFilm,
    find_clocks,
    room_lights,
)
from moviemotion.audience.synchronization.clock import (
    CameraClock,
    ClockPiece,
    ClockSource,
    composed,
    inverted,
)
from moviemotion.audience.synchronization.creation_times import (
    FileTime,
    offsets_like_aligned,
    offsets_of_unaligned,
    read_creation_time,
)
from moviemotion.audience.synchronization.house_lights import find_house_lights
from moviemotion.audience.synchronization.sound import NoSoundError, read_sound_signal
from moviemotion.audience.video.decode import probe

SECONDS = 120.0
SAMPLE = 0.2
"""Seconds between two samples."""
TAKEN = {
    "steady": Recording(0, 118),
    "late": Recording(25.3, 90, microphone=Microphone(noise=0.04, neighbors=0.2)),
    "drifting": Recording(-6.2, 115, drift=1e-3, microphone=Microphone(0.02, 1, 0.8, 0.5, True)),
    "paused": Recording(4, 100, microphone=Microphone(), coupling=0, pause=(50, 62)),
    "mute": Recording(11.7, 105, microphone=None),
    "dark": Recording(8, 80, coupling=0),
    "elsewhere": Recording(0, 110),
    "nothing": Recording(0, 90, microphone=None, coupling=0),
}


@pytest.fixture(scope="module")
def film() -> Film:
    return make_film(SECONDS, seed=1)


@pytest.fixture(scope="module")
def film_file(film: Film, tmp_path_factory: pytest.TempPathFactory) -> ScreenedFilm:
    path = write_film(film, tmp_path_factory.mktemp("film") / "film.mp4")
    return ScreenedFilm(path, probe(path).duration)


@pytest.fixture(scope="module")
def recorded(film: Film, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    folder = tmp_path_factory.mktemp("room")
    other = make_film(SECONDS, seed=2)
    return {
        name: read_recording(
            record(other if name == "elsewhere" else film, taken, folder / f"{name}.mp4", seed), name
        )
        for seed, (name, taken) in enumerate(TAKEN.items())
    }


def clocks_of(recorded: dict[str, Recorded], *names: str, film: ScreenedFilm | None = None) -> FoundClocks:
    return find_clocks([recorded[name] for name in names], film, 1)


def error(name: str, clock: CameraClock, start: float = 0.0) -> float:
    """Largest error of a clock in seconds, if film time 0 of the clocks is `start`."""
    taken = TAKEN[name]
    times = np.linspace(0.5, taken.seconds / (1 + taken.drift) - 0.5, 40)
    if taken.pause:
        boundary = clock.pieces[-1]
        times = times[np.abs(times - boundary.start) > boundary.start_half_width]
    return float(np.abs(clock.film_times(times) - (true_film_times(taken, times) - start)).max())


def test_cameras_are_aligned_by_sound_wherever_they_start(recorded: dict[str, Recorded]) -> None:
    names = ("steady", "late", "drifting", "dark")
    found = clocks_of(recorded, *names)
    for name in names:
        assert error(name, found.clocks[name], TAKEN["drifting"].start) < SAMPLE / 2, name
        assert found.clocks[name].source is ClockSource.SOUND
        assert found.clocks[name].half_width < SAMPLE
    assert found.notes == ()
    assert not found.film_found
    drifting = found.clocks["drifting"]
    assert drifting.drift == pytest.approx(1e-3, abs=2 * drifting.drift_half_width)


def test_the_film_itself_gives_film_time(recorded: dict[str, Recorded], film_file: ScreenedFilm) -> None:
    names = ("late", "drifting", "mute")
    found = clocks_of(recorded, *names, film=film_file)
    for name in names:
        assert error(name, found.clocks[name]) < SAMPLE / 2, name
    assert found.film_found
    assert found.clocks["mute"].source is ClockSource.LIGHT
    assert found.notes == ()


def test_an_offset_that_leaves_no_camera_at_the_start_is_told(recorded: dict[str, Recorded]) -> None:
    late = Recorded(**{**vars(recorded["late"]), "offset": -TAKEN["late"].start})
    found = find_clocks([recorded["steady"], late], None, 1)
    assert (
        f"if steady started with the film, the offset of late is {late_after_steady():+.1f} s" in found.placed
    )
    right = Recorded(**{**vars(recorded["late"]), "offset": late_after_steady()})
    assert find_clocks([recorded["steady"], right], None, 1).placed == ""


def late_after_steady() -> float:
    return TAKEN["late"].start - TAKEN["steady"].start


def test_one_camera_and_the_film(recorded: dict[str, Recorded], film_file: ScreenedFilm) -> None:
    found = clocks_of(recorded, "late", film=film_file)
    assert error("late", found.clocks["late"]) < SAMPLE / 2


def test_without_sound_the_light_of_the_screen_aligns(recorded: dict[str, Recorded]) -> None:
    found = clocks_of(recorded, "mute", "steady", "elsewhere")
    assert found.clocks["mute"].source is ClockSource.LIGHT
    assert error("mute", found.clocks["mute"], TAKEN["steady"].start) < SAMPLE / 2
    assert len(found.notes) == 1


def test_another_room_is_named_and_never_forced(recorded: dict[str, Recorded]) -> None:
    found = clocks_of(recorded, "steady", "late", "elsewhere")
    assert found.clocks["elsewhere"].source is ClockSource.ASSUMED
    (note,) = found.notes
    assert note.startswith(f"{recorded['elsewhere'].path}: the clock does not fit")
    assert "its sound does not resemble theirs" in note
    assert "10 s apart hide about a quarter of the moments" in note
    assert "offsets elsewhere=SECONDS" in note


def test_a_camera_with_nothing_in_common_is_named(recorded: dict[str, Recorded]) -> None:
    found = clocks_of(recorded, "steady", "late", "nothing")
    (note,) = found.notes
    assert "nothing.mp4: the clock does not fit" in note
    assert "it has no sound track" in note


def test_nobody_can_be_aligned(recorded: dict[str, Recorded]) -> None:
    found = clocks_of(recorded, "nothing", "elsewhere")
    assert {clock.offset for clock in found.clocks.values()} == {0.0}
    (note,) = found.notes
    assert note.startswith(("elsewhere, nothing: ", "nothing, elsewhere: "))
    assert "taken to have started together" in note


def test_a_pause_is_found_and_both_parts_are_aligned(recorded: dict[str, Recorded]) -> None:
    found = clocks_of(recorded, "steady", "paused")
    clock = found.clocks["paused"]
    assert len(clock.pieces) == 2
    assert error("paused", clock) < SAMPLE / 2
    assert abs(clock.pieces[1].start - 46) <= clock.pieces[1].start_half_width + 1
    (note,) = found.notes
    assert "the clock jumps by +12.0 s" in note


def test_the_camera_that_was_paused_is_named_even_if_it_is_the_longest(
    film: Film, recorded: dict[str, Recorded], tmp_path: Path
) -> None:
    longest = Recording(-10, 128, pause=(50, 57))
    path = record(film, longest, tmp_path / "longest.mp4", 9)
    found = find_clocks(
        [read_recording(path, "longest"), *(recorded[name] for name in ("steady", "late", "mute"))], None, 1
    )
    (note,) = found.notes
    assert note.startswith(f"{path}: the clock jumps by +7.0 s")
    for name in ("steady", "late", "mute"):
        assert error(name, found.clocks[name], longest.start) < SAMPLE / 2, name


def test_given_offsets_win_and_contradictions_are_named(recorded: dict[str, Recorded]) -> None:
    given = [
        Recorded(**{**vars(recorded["steady"]), "offset": 100.0}),
        Recorded(**{**vars(recorded["late"]), "offset": 105.0}),
        recorded["dark"],
    ]
    found = find_clocks(given, None, 1)
    assert found.clocks["steady"] == CameraClock.of_offset(100.0, ClockSource.GIVEN) or (
        found.clocks["steady"].offset == 100.0
    )
    assert found.clocks["late"].offset == 105.0
    assert found.clocks["dark"].source is ClockSource.SOUND
    assert any("late.mp4: the clock was given, but by its sound" in note for note in found.notes)


def test_offsets_that_were_given_for_all_are_not_doubted(recorded: dict[str, Recorded]) -> None:
    given = [Recorded(**{**vars(recorded[name]), "offset": 0.0}) for name in ("nothing", "elsewhere")]
    found = find_clocks(given, None, 1)
    assert found.notes == ()
    assert {clock.source for clock in found.clocks.values()} == {ClockSource.GIVEN}


def test_a_film_that_repeats_itself_is_not_guessed(tmp_path: Path) -> None:
    film = make_film(SECONDS, seed=3, loop=8)
    paths = [
        record(film, Recording(start, 100), tmp_path / f"{k}.mp4", k) for k, start in enumerate((0, 11.0))
    ]
    found = find_clocks([read_recording(path, path.stem) for path in paths], None, 1)
    assert all(clock.source is ClockSource.ASSUMED for clock in found.clocks.values())
    assert "repeats itself and fits at several times" in found.notes[0]


def test_another_film_than_that_was_shown_is_named(recorded: dict[str, Recorded], tmp_path: Path) -> None:
    path = write_film(make_film(SECONDS, seed=4), tmp_path / "wrong.mp4")
    found = clocks_of(recorded, "steady", "late", film=ScreenedFilm(path, SECONDS))
    assert not found.film_found
    assert error("late", found.clocks["late"]) < SAMPLE / 2
    assert any(note.startswith(f"{path}: this film was found neither") for note in found.notes)


def test_sound_that_is_out_of_step_with_the_pictures_is_named(recorded: dict[str, Recorded]) -> None:
    late = recorded["late"]
    moved = Recorded(**{**vars(late), "picture_time": late.picture_time - 3.0})
    found = find_clocks([recorded["steady"], recorded["mute"], moved], None, 1)
    (note,) = found.notes
    assert "late.mp4: the clock differs between sound and light by 3.0 s" in note
    assert found.clocks["late"].source is ClockSource.LIGHT


def test_house_lights_are_found(film: Film, tmp_path: Path) -> None:
    taken = Recording(-30, 180, house_lights=(0.0, SECONDS))
    recording = read_recording(record(film, taken, tmp_path / "room.mp4", 1), "room")
    down, up = room_lights([recording], {"room": CameraClock.of_offset(-30.0, ClockSource.GIVEN)})
    assert down == pytest.approx(0, abs=2)
    assert up == pytest.approx(SECONDS, abs=2)


def test_silent_cameras_that_agree_about_the_lights_are_believed() -> None:
    rng, times = np.random.default_rng(2), np.arange(0, 50, 0.2)
    level = np.where(times < 11, 150.0, np.repeat(rng.uniform(20, 60, 50), 5)).astype(np.float32)
    cameras = [Recorded(name, Path(name), None, 50.0, times, level) for name in "ab"]
    later = Recorded("c", Path("c"), None, 50.0, times, np.roll(level, 100))
    clocks = dict.fromkeys("abc", CameraClock())
    assert room_lights(cameras, clocks)[0] == pytest.approx(11, abs=1)
    assert room_lights([cameras[0], later], clocks) == (None, None)


def test_a_bright_beginning_is_not_taken_for_house_lights() -> None:
    rng = np.random.default_rng(1)
    times = np.arange(0, 600, 0.2)
    level = np.repeat(rng.uniform(5, 60, 150), 20)
    level[:300] = np.repeat(rng.uniform(60, 180, 15), 20)  # snow, cut every four seconds
    assert find_house_lights([(times, level)]) == (None, None)


def test_the_second_sound_track_is_used_if_the_first_is_silent(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono") for _ in range(2)]
        for start in range(0, 20 * SOUND_RATE, 1600):
            noise = (3000 * rng.normal(0, rng.uniform(0.1, 1), 1600)).astype(np.int16)
            for stream, sound in zip(streams, (np.zeros(1600, np.int16), noise), strict=True):
                frame = av.AudioFrame.from_ndarray(sound[None], "s16", "mono")
                frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
                container.mux(stream.encode(frame))
    signal = read_sound_signal(path, tmp_path / "signal")
    assert not signal.is_silent
    assert signal.seconds == pytest.approx(20, abs=0.2)


def test_a_file_without_sound_says_so(recorded: dict[str, Recorded], tmp_path: Path) -> None:
    with pytest.raises(NoSoundError, match="it has no sound track"):
        read_sound_signal(recorded["mute"].path, tmp_path / "signal")


# Creation times


def test_creation_times_that_agree_with_aligned_cameras_are_used() -> None:
    times = {"a": FileTime(1000, 600), "b": FileTime(1011, 500), "c": FileTime(1050, 480)}
    offsets, width = offsets_like_aligned(times, {"a": 0.0, "b": 11.4})
    assert offsets["c"] == pytest.approx(50.2)
    assert width >= 2


def test_creation_times_at_the_end_of_recordings_are_recognized() -> None:
    times = {"a": FileTime(1600, 600), "b": FileTime(1511, 500), "c": FileTime(1530, 480)}
    offsets, _ = offsets_like_aligned(times, {"a": 0.0, "b": 11.4})
    assert offsets["c"] == pytest.approx(50.2)


def test_creation_times_that_contradict_aligned_cameras_are_not_used() -> None:
    times = {"a": FileTime(1000, 600), "b": FileTime(5000, 500), "c": FileTime(1050, 480)}
    assert offsets_like_aligned(times, {"a": 0.0, "b": 11.4})[0] == {}


def test_clocks_in_different_time_zones() -> None:
    times = {"a": FileTime(10_000, 600), "b": FileTime(10_000 + 3600 + 12, 500)}
    assert offsets_of_unaligned(times) == {"a": 0.0, "b": 12.0}


@pytest.mark.parametrize(
    "times",
    [
        {"a": FileTime(0, 600)},
        {"a": FileTime(0, 600), "b": FileTime(0, 500)},
        {"a": FileTime(0, 600), "b": FileTime(20, 600)},  # cut to one length
        {"a": FileTime(0, 600), "b": FileTime(590, 600.8)},  # one after the other
    ],
)
def test_implausible_creation_times_are_not_used(times: dict[str, FileTime]) -> None:
    assert offsets_of_unaligned(times) == {}


def test_the_creation_time_of_a_file(film: Film, tmp_path: Path) -> None:
    taken = Recording(0, 1, creation_time="2026-11-28T19:30:05.000000Z")
    assert read_creation_time(record(film, taken, tmp_path / "a.mp4", 1)) == 1795894205.0
    taken = Recording(0, 1, creation_time="1904-01-01T00:00:00.000000Z")
    assert read_creation_time(record(film, taken, tmp_path / "b.mp4", 1)) is None


def test_creation_times_align_what_nothing_else_does(film: Film, tmp_path: Path) -> None:
    paths = [
        record(
            film,
            Recording(
                start, 90 + start, microphone=None, coupling=0, creation_time=f"2026-11-28T19:30:{start:02}Z"
            ),
            tmp_path / f"seat-{start}.mp4",
            start,
        )
        for start in (0, 14)
    ]
    found = find_clocks([read_recording(path, path.stem) for path in paths], None, 1)
    assert found.clocks["seat-14"].offset == 14
    assert found.clocks["seat-14"].source is ClockSource.CREATION_TIME
    (note,) = found.notes
    assert "set by the time at which the file was created" in note


# Clocks


PIECES = st.lists(
    st.tuples(st.floats(1, 100), st.floats(-50, 50), st.floats(-1e-3, 1e-3)), min_size=1, max_size=3
)


def pieces(drawn: list[tuple[float, float, float]]) -> tuple[ClockPiece, ...]:
    """Pieces whose film time never goes back."""
    found = [ClockPiece(-math.inf, drawn[0][1], drawn[0][2])]
    for length, gap, drift in drawn[1:]:
        start = (0.0 if math.isinf(found[-1].start) else found[-1].start) + length
        film_time = found[-1].film_time(start) + abs(gap)
        found.append(ClockPiece(start, film_time - (1 + drift) * start, drift))
    return tuple(found)


@given(PIECES, PIECES, st.floats(-200, 400))
def test_composed_clocks_are_those_of_both(
    first: list[tuple[float, float, float]], second: list[tuple[float, float, float]], time: float
) -> None:
    inner, outer = CameraClock(pieces(first)), CameraClock(pieces(second))
    both = CameraClock(composed(outer.pieces, inner.pieces))
    boundaries = [piece.start for piece in both.pieces[1:]]
    if all(abs(time - boundary) > 1e-3 for boundary in boundaries):
        expected = outer.film_times(inner.film_times(time))
        assert float(both.film_times(time)) == pytest.approx(float(expected), abs=1e-6)


@given(PIECES, st.floats(-200, 400))
def test_file_times_invert_film_times(drawn: list[tuple[float, float, float]], time: float) -> None:
    clock = CameraClock(pieces(drawn))
    assert float(clock.file_times(clock.film_times(time))) == pytest.approx(time, abs=1e-6)
    back = CameraClock(inverted(clock.pieces))
    assert float(back.film_times(clock.film_times(time))) == pytest.approx(time, abs=1e-6)


def test_a_clock_survives_json() -> None:
    clock = CameraClock(
        (ClockPiece(-math.inf, 1.25, 1e-4), ClockPiece(60.0, 8.0)), ClockSource.LIGHT, 0.03, math.nan
    )
    read = CameraClock.from_json(clock.to_json())
    assert read.to_json() == clock.to_json()
    assert read.pieces == clock.pieces
