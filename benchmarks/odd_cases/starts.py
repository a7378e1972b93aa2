"""Recordings of one room that were started by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from odd_cases.oracle import Case, Person, Result, judge_control, judge_screening, screen
from odd_cases.video import RATE, Pictures, person, plain_readings, write

SOUND_RATE = 16_000
SIDE = 160
SECONDS = 30
"""Length of each recording."""
CLOCKS = r"clock|offset|start|align|sound|light|creation|did not fit|does not fit|fits no"
NAMES = ("seat-a1", "seat-a3", "seat-b1")

Floats = NDArray[np.float64]


def film_sound(seconds: int, seed: int) -> Floats:
    """Speech-like bursts of noise over music."""
    rng = np.random.default_rng(seed)
    n = seconds * SOUND_RATE
    syllables = np.repeat(rng.random(seconds * 8) ** 3, SOUND_RATE // 8)
    voice = sosfilt(butter(2, (300, 3000), "bandpass", fs=SOUND_RATE, output="sos"), rng.normal(0, 1, n))
    notes = np.repeat(rng.choice([220, 262, 330, 392, 440], seconds * 2), SOUND_RATE // 2)
    music = np.sin(2 * np.pi * np.cumsum(notes) / SOUND_RATE)
    return 0.3 * voice * syllables + 0.05 * music


def film_light(seconds: int, seed: int) -> Floats:
    """Brightness of the screen, cut every few seconds, at `RATE`."""
    rng = np.random.default_rng([seed, 7])
    light, k = np.empty(seconds * RATE), 0
    while k < len(light):
        length = int(rng.integers(RATE // 2, 4 * RATE))
        light[k : k + length] = rng.uniform(0.1, 1) + 0.05 * rng.normal(size=len(light[k : k + length]))
        k += length
    return light


def lit(pictures: Pictures, light: Floats) -> Pictures:
    """Pictures in the light of the screen."""
    level = 0.55 + 0.45 * light[: len(pictures), None, None, None].clip(0, 1)
    return (pictures * level).astype(np.uint8)


def heard(sound: Floats, start: int, seed: int, seconds: int = SECONDS) -> Floats:
    """What a camera's microphone hears from film second `start` on."""
    rng = np.random.default_rng([seed, 3])
    part = sound[start * SOUND_RATE : (start + seconds) * SOUND_RATE]
    return (0.7 * part + rng.normal(0, 0.02, len(part))).clip(-1, 1)


def _people(pictures: list[Pictures], starts: tuple[int, ...]) -> list[Person]:
    return [plain_readings(one, start) for one, start in zip(pictures, starts, strict=True)]


def _three(seconds: int = SECONDS) -> list[Pictures]:
    return [person(name, seconds, 0.0, SIDE) for name in NAMES]


def by_sound(folder: Path) -> Result:
    starts, sound, pictures = (0, 4, 7), film_sound(60, 1), _three()
    cameras = [
        write(folder / f"{name}.mp4", shown, sound=heard(sound, start, start))
        for name, shown, start in zip(NAMES, pictures, starts, strict=True)
    ]
    return judge_screening(screen(folder, cameras), _people(pictures, starts), CLOCKS)


def by_light(folder: Path) -> Result:
    starts, light = (0, 3, 8), film_light(80, 2)
    pictures = [lit(shown, light[start * RATE :]) for shown, start in zip(_three(48), starts, strict=True)]
    cameras = [write(folder / f"{name}.mp4", shown) for name, shown in zip(NAMES, pictures, strict=True)]
    return judge_screening(screen(folder, cameras), _people(pictures, starts), CLOCKS)


def by_creation_times(folder: Path) -> Result:
    starts, pictures = (0, 6, 9), _three(16)
    cameras = [
        write(folder / f"{name}.mp4", shown, created=f"2026-03-05T19:30:{start + 10:02}.000000Z")
        for name, shown, start in zip(NAMES, pictures, starts, strict=True)
    ]
    return judge_screening(screen(folder, cameras), _people(pictures, starts), CLOCKS)


def contradiction(folder: Path) -> Result:
    """The files' times say that both started at once; their sound says 5 s apart."""
    starts, sound, pictures = (0, 5), film_sound(60, 3), _three()[:2]
    cameras = [
        write(
            folder / f"{name}.mp4",
            shown,
            sound=heard(sound, start, start),
            created="2026-03-05T19:30:00.000000Z",
        )
        for name, shown, start in zip(NAMES, pictures, starts, strict=False)
    ]
    return judge_screening(screen(folder, cameras), _people(pictures, starts), CLOCKS)


def other_night(folder: Path) -> Result:
    """Three cameras of one evening, and one of another film."""
    sound, pictures, names = (
        film_sound(60, 4),
        [*_three(), person("seat-b2", SECONDS, 0.0, SIDE)],
        (*NAMES, "seat-b2"),
    )
    starts = (0, 2, 5, 0)
    cameras = [
        write(
            folder / f"{name}.mp4",
            shown,
            sound=heard(film_sound(60, 99) if name == "seat-b2" else sound, start, start),
        )
        for name, shown, start in zip(names, pictures, starts, strict=True)
    ]
    run = screen(folder, cameras)
    # Where the fourth belongs cannot be known, so it is not among the people.
    return judge_screening(run, _people(pictures[:3], starts[:3]), r"seat-b2.*(fit|sound|align|clock)")


def paused(folder: Path) -> Result:
    """The second camera misses 5 s, and its file goes on as if nothing had happened."""
    sound, pictures = film_sound(60, 5), _three(48)[:2]
    kept = np.concatenate([pictures[1][: 20 * RATE], pictures[1][25 * RATE :]])
    second = heard(sound, 0, 2, 48)
    cut = np.concatenate([second[: 20 * SOUND_RATE], second[25 * SOUND_RATE :]])
    cameras = [
        write(folder / "whole.mp4", pictures[0], sound=heard(sound, 0, 1, 48)),
        write(folder / "paused.mp4", kept, sound=cut),
    ]
    truth = plain_readings(pictures[1]).readings.copy()
    truth[20:25] = np.nan
    people = [plain_readings(pictures[0]), Person(truth)]
    return judge_screening(screen(folder, cameras), people, r"paused.*(part|pause|miss|clock|fit)")


def house_lights(folder: Path) -> Result:
    """The film starts when the lights go down, 10 s into the recordings; before that, people talk."""
    light = np.concatenate([np.full(10 * RATE, 3.0), film_light(60, 6) * 0.6])
    pictures = [
        (shown * (0.3 + 0.7 * light[: len(shown), None, None, None] / 3)).astype(np.uint8)
        for shown in _three(48)[:2]
    ]
    cameras = [write(folder / f"{k}.mp4", shown) for k, shown in enumerate(pictures)]
    return judge_screening(screen(folder, cameras), [], r"lights|film is taken|before the film")


def nothing_known(folder: Path) -> Result:
    """Two silent cameras in constant light, started 6 s apart: nobody can know."""
    pictures = [person(name, 16, 0.0, SIDE) for name in NAMES[:2]]
    cameras = [write(folder / f"{name}.mp4", one) for name, one in zip(NAMES, pictures, strict=False)]
    return judge_screening(screen(folder, cameras), _people(pictures, (0, 6)), CLOCKS)


def given_and_wrong(folder: Path) -> Result:
    """An offset is given with the wrong sign; the sound knows better."""
    starts, sound, pictures = (5, 0), film_sound(60, 8), _three()[:2]
    cameras = [
        write(folder / f"{name}.mp4", shown, sound=heard(sound, start, start))
        for name, shown, start in zip(NAMES, pictures, starts, strict=False)
    ]
    run = screen(folder, cameras, "--offset", f"{NAMES[0]}=-5")
    return judge_screening(run, _people(pictures, starts), r"offset|sound|disagree|clock")


def together(folder: Path) -> Result:
    sound, pictures = film_sound(60, 7), _three()
    cameras = [
        write(folder / f"{name}.mp4", shown, sound=heard(sound, 0, seed))
        for seed, (name, shown) in enumerate(zip(NAMES, pictures, strict=True))
    ]
    return judge_control(screen(folder, cameras), _people(pictures, (0, 0, 0)))


CASES = [
    Case("starts", name, built, judge, control)
    for name, judge, built, control in (
        ("by_sound", by_sound, "three cameras start 0, 4 and 7 s into the film, with sound", False),
        ("by_light", by_light, "three silent cameras start 0, 3 and 8 s into the film", False),
        (
            "by_creation_times",
            by_creation_times,
            "only the files' creation times differ, by 6 and 9 s",
            False,
        ),
        ("contradiction", contradiction, "equal creation times, but sound that is 5 s apart", False),
        ("other_night", other_night, "one of four cameras hears another film", False),
        ("paused", paused, "a camera was paused for 5 s and its file goes on", False),
        ("house_lights", house_lights, "the lights go down 10 s into the recordings", False),
        ("nothing_known", nothing_known, "two silent cameras, 6 s apart, in constant light", False),
        (
            "given_and_wrong",
            given_and_wrong,
            "an offset given with the wrong sign; the sound contradicts",
            False,
        ),
        ("together", together, "three cameras that started together, with sound", True),
    )
]
