"""Subtitle files whose words are right and whose times are not, for an invented film with known times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from synthetic_film import Film, make_film

from moviemotion.screenplay.subtitles.parse import Subtitle

_STEPS_PER_SECOND = 10


@dataclass(frozen=True)
class InventedFilm:
    """A film with known times.

    Attributes:
        film: its script, the right subtitles, and the true start of each line of dialogue.
        seconds: its length, with credits.
        voice: (T,) what a voice detector hears in it, in steps of 0.1 s.
    """

    film: Film
    seconds: float
    voice: NDArray[np.float32]


def invented_film(seed: int, lines: int = 480) -> InventedFilm:
    """A film of about a minute per twelve lines, with short credits."""
    rng = np.random.default_rng(seed)
    film = make_film(lines, seed, pause=2.0)
    seconds = film.subtitles[-1].end * float(rng.uniform(1.005, 1.02))
    return InventedFilm(film, seconds, heard_voice(film.subtitles, seconds, rng))


def heard_voice(
    subtitles: Sequence[Subtitle], seconds: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """What a voice detector hears: 12 % of the lines are drowned out, and some noises seem to be voices."""
    voice = np.zeros(int(seconds * _STEPS_PER_SECOND))
    at = 0.0
    while (at := at + float(rng.exponential(18.0))) < seconds:
        voice[int(at * _STEPS_PER_SECOND) : int((at + rng.uniform(0.5, 4)) * _STEPS_PER_SECOND)] = 1
    for subtitle in subtitles:
        spoken = min(0.25 * len(subtitle.text.split()) + 0.3, subtitle.end - subtitle.start)
        start = max(subtitle.start + float(rng.normal(0.1, 0.15)), 0.0)
        if rng.random() < 0.88:
            voice[int(start * _STEPS_PER_SECOND) : int((start + spoken) * _STEPS_PER_SECOND)] = 1
    return np.clip(0.85 * voice + rng.normal(0.05, 0.1, len(voice)), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class FaultyFile:
    """A subtitle file.

    Attributes:
        name: its file name.
        text: its content.
    """

    name: str
    text: str


Fault = Callable[[Sequence[Subtitle], np.random.Generator], FaultyFile]


def srt(subtitles: Sequence[Subtitle], first_number: int = 1) -> str:
    """Write subtitles as SubRip."""
    return "\n".join(
        f"{n}\n{_stamp(s.start)} --> {_stamp(s.end)}\n{s.text}\n"
        for n, s in enumerate(subtitles, first_number)
    )


def _stamp(seconds: float, point: str = ",") -> str:
    whole, ms = divmod(round(max(seconds, 0.0) * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{ms:03}"


def _timed(subtitles: Sequence[Subtitle], change: Callable[[float], float]) -> list[Subtitle]:
    return [replace(s, start=change(s.start), end=change(s.end)) for s in subtitles]


def _file(subtitles: Sequence[Subtitle]) -> FaultyFile:
    return FaultyFile("film.srt", srt(subtitles))


def _late(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    shift = float(rng.uniform(3, 90))
    return _file(_timed(subtitles, lambda t: t + shift))


def _early(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    shift = min(float(rng.uniform(2, 9)), subtitles[0].start)
    return _file(_timed(subtitles, lambda t: t - shift))


def _at_speed(speed: float, offset: float = 0.0) -> Fault:
    return lambda subtitles, _: _file(_timed(subtitles, lambda t: t / speed + offset))


def _one_hour(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    hours = int(rng.choice([1, 10]))
    return _file(_timed(subtitles, lambda t: t + hours * 3600))


def _second_half_late(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    at = subtitles[int(len(subtitles) * rng.uniform(0.35, 0.65))].start
    shift = float(rng.uniform(6, 60))
    return _file(_timed(subtitles, lambda t: t + shift * (t >= at)))


def _cuts_for_commercials(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    breaks = [subtitles[int(len(subtitles) * share)].start for share in (0.22, 0.5, 0.77)]
    shifts = rng.uniform(90, 180, 3)
    return _file(
        _timed(subtitles, lambda t: t + float(sum(s for b, s in zip(breaks, shifts, strict=True) if t >= b)))
    )


def _parts(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> tuple[list[Subtitle], list[Subtitle]]:
    at = int(len(subtitles) * rng.uniform(0.4, 0.6))
    # The second part begins with a picture some seconds before its first line.
    zero = max(subtitles[at].start - float(rng.uniform(0.5, 12)), subtitles[at - 1].end)
    return list(subtitles[:at]), _timed(subtitles[at:], lambda t: t - zero)


def _two_parts(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    first, second = _parts(subtitles, rng)
    number = 1 if rng.random() < 0.5 else len(first) + 1
    return FaultyFile("film.srt", srt(first) + "\n" + srt(second, number))


def _second_part_alone(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    return _file(_parts(subtitles, rng)[1])


def _first_part_alone(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    return _file(_parts(subtitles, rng)[0])


def _middle_missing(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    first = int(len(subtitles) * rng.uniform(0.25, 0.4))
    return _file([*subtitles[:first], *subtitles[first + len(subtitles) // 4 :]])


def _rolling(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    """Automatic captions: each line is shown once more while the next one is spoken."""
    if rng.random() < 0.5:
        rows = [f"{above.text}\n{s.text}" for above, s in pairwise(subtitles)]
        return _file([replace(s, text=t) for s, t in zip(subtitles, [subtitles[0].text, *rows], strict=True)])
    blocks, before = [], " "
    for s in subtitles:
        words = s.text.split()
        step = (s.end - s.start) / len(words)
        said = words[0] + "".join(
            f"<{_stamp(s.start + k * step, '.')}><c> {word}</c>" for k, word in enumerate(words[1:], 1)
        )
        end = _stamp(s.end - 0.01, ".")
        blocks += [
            f"{_stamp(s.start, '.')} --> {end} align:start position:0%\n{before}\n{said}\n",
            f"{end} --> {_stamp(s.end, '.')} align:start position:0%\n{s.text}\n \n",
        ]
        before = s.text
    return FaultyFile("film.vtt", "WEBVTT\nKind: captions\n\n" + "\n".join(blocks))


def _growing(subtitles: Sequence[Subtitle], _: np.random.Generator) -> FaultyFile:
    """Live captions: the words of a line appear one after the other."""
    cues = []
    for s in subtitles:
        words = s.text.split()
        step = (s.end - s.start) / len(words)
        cues += [
            Subtitle(s.start + k * step, s.start + (k + 1) * step - 0.001, " ".join(words[: k + 1]))
            for k in range(len(words))
        ]
    return _file(cues)


def _broken_stamps(subtitles: Sequence[Subtitle], rng: np.random.Generator) -> FaultyFile:
    lines = srt(subtitles).split("\n")
    timed = [n for n, line in enumerate(lines) if "-->" in line]
    for n in rng.choice(timed, len(timed) // 12, replace=False):
        line = lines[n]
        kind = int(rng.integers(7))
        lines[n] = (
            line.replace("00:", "0O:", 1),
            line.replace("1", "l"),
            line.replace(" --> ", " -> "),
            line.replace(",", ":"),
            line.replace("-->", ""),
            line.replace(" --> ", "-->").replace(":", ": "),
            "??" + line[8:],
        )[kind]
    return FaultyFile("film.srt", "\n".join(lines))


FAULTS: dict[str, Fault] = {
    "late by 3 to 90 s": _late,
    "early by 2 to 9 s": _early,
    "25 instead of 24 fps": _at_speed(25 / 24),
    "25 instead of 23.976 fps": _at_speed(25025 / 24000),
    "24 instead of 25 fps": _at_speed(24 / 25),
    "23.976 instead of 25 fps": _at_speed(24000 / 25025),
    "25 instead of 23.976 fps, and 7 s late": _at_speed(25025 / 24000, 7.0),
    "starts at one or ten hours": _one_hour,
    "second half late": _second_half_late,
    "three breaks for commercials": _cuts_for_commercials,
    "two parts, both from zero": _two_parts,
    "second part alone, from zero": _second_part_alone,
    "first part alone": _first_part_alone,
    "middle missing": _middle_missing,
    "rolling captions": _rolling,
    "growing captions": _growing,
    "broken time stamps": _broken_stamps,
}
"""Kinds of faults."""
