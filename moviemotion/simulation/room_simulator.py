"""Simulate screenings in realistic rooms: dark scenes, chatting, house lights, neighbors, duplicate cameras.

`simulate_room` makes a timeline directly, one row per viewer and second, so that thousands of screenings can
be simulated for `benchmarks/validity.py`. Each condition in `RoomConditions` is something that happens in
real screenings without being caused by the film. If no beats are planted, every moment found in such a room
is false.

The model of a face deliberately differs from the one in `synthetic_samples`: reactions are added in log-odds
with individual amplitudes, their durations vary widely, and the noise has three time scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import seat_names

Float = NDArray[np.float32]

STEPS_PER_SECOND = 4
"""Time steps simulated per second before they are averaged."""
REACTIONS_PER_MINUTE = 1.0
"""Median rate, per viewer, of reactions that the film did not cause."""
SEATS_PER_ROW = 8
"""Number of seats in a row; viewers fill the rows in order."""
_SPONTANEOUS = (Emotion.HAPPY, Emotion.HAPPY, Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD, Emotion.CONTEMPT)
_NOISE = ((0.4, 0.5), (5.0, 0.4), (60.0, 0.3))
"""Correlation time in seconds and standard deviation in log-odds of each component of the noise."""


@dataclass(frozen=True)
class Beat:
    """A stretch of the film to which a share of the viewers reacts.

    Attributes:
        start, end: film time in seconds.
        emotion: the emotion it evokes.
        share: probability that a viewer reacts, 0–1.
        amplitude: mean of the log-odds that a reaction adds to the emotion.
    """

    start: float
    end: float
    emotion: Emotion
    share: float
    amplitude: float = 4.0


@dataclass(frozen=True)
class RoomConditions:
    """What happens in the room without being caused by the film. The defaults describe an ordinary screening.

    Attributes:
        dark_share: share of the film in dark scenes, in which faces are rarely found, 0–1.
        dark_found: probability of finding a face in a second of a dark scene.
        dark_smile_odds: factor by which smiling raises the odds of finding a face in the dark.
        chat_seconds: length of the time at the start in which people chat and react `chat_rate` times as
            often as usual.
        chat_rate: factor by which the reaction rate increases while people chat.
        lights_up_seconds: length of the time at the end in which the house lights are on and people talk and
            leave.
        camera_runs_on: number of seconds for which one camera, which records a fifth of the viewers,
            continues after the others have stopped.
        contagion: probability with which a reaction spreads to each neighbor in the row.
        doubled: number of viewers who are recorded by two cameras.
        light_coupling: log-odds by which one standard deviation of the screen's light changes each reading.
        sag: log-odds by which all faces become sadder and less happy from the start of the film to its end.
        settling: log-odds of an expression that everybody has at the start and that fades within about 15 s.
        lively_scenes: number of scenes of 40–60 s in which everybody reacts six times as often, each
            viewer at different times.
        drift: standard deviation of the log-odds by which a viewer's readings drift linearly over the film.
    """

    dark_share: float = 0.0
    dark_found: float = 0.08
    dark_smile_odds: float = 1.0
    chat_seconds: int = 0
    chat_rate: float = 8.0
    lights_up_seconds: int = 0
    camera_runs_on: int = 0
    contagion: float = 0.0
    doubled: int = 0
    light_coupling: float = 0.0
    sag: float = 0.0
    settling: float = 0.0
    lively_scenes: int = 0
    drift: float = 0.0


@dataclass(frozen=True)
class SimulatedRoom:
    """A simulated screening.

    Attributes:
        timeline: what the faces showed, as the analysis would receive it.
        film: first and last second of the film within the timeline.
        rows: (V,) row of each viewer's seat.
        seats: (V,) position of each viewer's seat within the row.
        light: (S,) brightness of the screen, in standard deviations from its mean.
        beats: the planted beats.
    """

    timeline: Timeline
    film: tuple[int, int]
    rows: NDArray[np.int64]
    seats: NDArray[np.int64]
    light: NDArray[np.float64]
    beats: tuple[Beat, ...]


@dataclass
class _Reaction:
    viewer: int
    start: float
    duration: float
    emotion: Emotion
    amplitude: float


def simulate_room(
    viewers: int,
    seconds: int,
    seed: int,
    conditions: RoomConditions | None = None,
    beats: Sequence[Beat] = (),
) -> SimulatedRoom:
    """Simulate a screening.

    Args:
        viewers: number of viewers.
        seconds: length of the film, including chatting at its start and house lights at its end.
        seed: random seed for the room.
        conditions: what happens in the room; None for an ordinary screening.
        beats: the shared reactions to plant; none by default.

    Example:
        >>> room = simulate_room(6, 60, seed=1)
        >>> room.timeline.probabilities.shape
        (6, 60, 8)
    """
    c = conditions or RoomConditions()
    rng = np.random.default_rng([seed, viewers, seconds])
    total = seconds + c.camera_runs_on
    scenes = [float(start) for start in rng.uniform(0, max(seconds - 60, 1), c.lively_scenes)]
    reactions = _film_reactions(beats, viewers, rng)
    spontaneous = [r for v in range(viewers) for r in _own_reactions(v, seconds, total, c, scenes, rng)]
    reactions += _spread(spontaneous, viewers, c.contagion, rng)
    light = _screen_light(total, rng)
    dark = _dark_seconds(total, seconds, c.dark_share, rng)
    probabilities = np.empty((viewers, total, len(EMOTIONS)), np.float32)
    seen = np.empty((viewers, total), bool)
    double_probabilities, double_seen = [], []
    for v in range(viewers):
        felt = _felt(v, total, reactions)
        common = _common_changes(total, seconds, light, c, rng)
        rest = _rest(rng)
        copies = 2 if v < c.doubled else 1
        for copy in range(copies):
            log_odds = rest + felt + common + _noise(felt.shape, rng)
            log_odds += np.linspace(-0.5, 0.5, len(felt), dtype=np.float32)[:, None] * rng.normal(
                0, c.drift, len(EMOTIONS)
            ).astype(np.float32)
            p = _softmax(log_odds).reshape(total, STEPS_PER_SECOND, -1).mean(axis=1)
            visible = _seen(p, dark, v >= viewers - max(viewers // 5, 1), seconds, c, rng)
            if copy == 0:
                probabilities[v], seen[v] = p, visible
            else:
                double_probabilities.append(p)
                double_seen.append(visible)
    if double_seen:
        probabilities = np.concatenate([probabilities, np.stack(double_probabilities)])
        seen = np.concatenate([seen, np.stack(double_seen)])
    probabilities[~seen] = np.nan
    place = np.concatenate([np.arange(viewers), np.arange(len(double_seen))])
    return SimulatedRoom(
        Timeline(seat_names(len(seen)), 0, probabilities, np.where(seen, 5, 0).astype(np.int32)),
        (c.chat_seconds, seconds - c.lights_up_seconds),
        place // SEATS_PER_ROW,
        place % SEATS_PER_ROW,
        light.astype(np.float64),
        tuple(beats),
    )


def _film_reactions(beats: Sequence[Beat], viewers: int, rng: np.random.Generator) -> list[_Reaction]:
    delays = rng.uniform(0.2, 1.5, viewers)
    gains = rng.lognormal(0, 0.3, viewers)
    found = []
    for beat in beats:
        for v in np.flatnonzero(rng.random(viewers) < beat.share):
            start = beat.start + delays[v] + float(rng.normal(0, 0.2))
            stop = beat.end + delays[v] * 0.5 + float(rng.exponential(0.4))
            amplitude = beat.amplitude * gains[v] * float(rng.lognormal(0, 0.25))
            found.append(_Reaction(int(v), max(start, 0), max(stop - start, 0.6), beat.emotion, amplitude))
    return found


def _own_reactions(
    viewer: int, seconds: int, total: int, c: RoomConditions, scenes: list[float], rng: np.random.Generator
) -> list[_Reaction]:
    rate = REACTIONS_PER_MINUTE / 60 * float(rng.lognormal(0, 0.5))
    periods = [(0.0, float(total), rate), (0.0, float(c.chat_seconds), rate * (c.chat_rate - 1))]
    periods += [(start, start + float(rng.uniform(40, 60)), rate * 5) for start in scenes]
    if c.lights_up_seconds:
        periods.append((float(seconds - c.lights_up_seconds), float(seconds), rate * (c.chat_rate - 1)))
    found = []
    for start, stop, period_rate in periods:
        for _ in range(rng.poisson(period_rate * (stop - start))):
            emotion = _SPONTANEOUS[int(rng.integers(len(_SPONTANEOUS)))]
            duration = float(np.clip(rng.lognormal(0.9, 0.7), 0.6, 20))
            amplitude = float(np.clip(rng.normal(4, 1.2), 1, 7))
            found.append(_Reaction(viewer, float(rng.uniform(start, stop)), duration, emotion, amplitude))
    return found


def _spread(own: list[_Reaction], viewers: int, q: float, rng: np.random.Generator) -> list[_Reaction]:
    """Let each reaction spread along the row; a viewer catches the same reaction only once."""
    everything = list(own)
    for first in own if q else ():
        reached, edge = {first.viewer}, [first]
        while edge:
            one = edge.pop()
            for neighbor in (one.viewer - 1, one.viewer + 1):
                if (
                    not 0 <= neighbor < viewers
                    or neighbor // SEATS_PER_ROW != one.viewer // SEATS_PER_ROW
                    or neighbor in reached
                    or rng.random() >= q
                ):
                    continue
                reached.add(neighbor)
                start = one.start + float(rng.uniform(0.2, 1.0))
                caught = _Reaction(neighbor, start, one.duration, one.emotion, one.amplitude * 0.9)
                everything.append(caught)
                edge.append(caught)
    return everything


def _felt(viewer: int, total: int, reactions: list[_Reaction]) -> Float:
    """(T, 8) log-odds that the viewer's reactions add, with a rise of 0.3 s and a fall of 0.7 s."""
    steps = total * STEPS_PER_SECOND
    felt = np.zeros((steps, len(EMOTIONS)), np.float32)
    for r in reactions:
        if r.viewer != viewer:
            continue
        first = int(max(r.start - 1, 0) * STEPS_PER_SECOND)
        last = min(int((r.start + r.duration + 4) * STEPS_PER_SECOND), steps)
        t = np.arange(first, last) / STEPS_PER_SECOND
        rise = np.clip((t - r.start) / 0.3, 0, 1)
        fall = np.where(t > r.start + r.duration, np.exp(-(t - r.start - r.duration) / 0.7), 1)
        column = felt[first:last, EMOTIONS.index(r.emotion)]
        np.maximum(column, (r.amplitude * rise * fall).astype(np.float32), out=column)
    return felt


def _common_changes(
    total: int, seconds: int, light: Float, c: RoomConditions, rng: np.random.Generator
) -> Float:
    """(T, 8) log-odds that the room adds to everybody's readings, with individual sensitivities."""
    t = (np.arange(total * STEPS_PER_SECOND) / STEPS_PER_SECOND).astype(np.float32)
    common = np.zeros((len(t), len(EMOTIONS)), np.float32)
    happy, sad = EMOTIONS.index(Emotion.HAPPY), EMOTIONS.index(Emotion.SAD)
    individual = float(rng.lognormal(0, 0.3))
    if c.light_coupling:
        direction = np.array([0, 1, 0.5, -1, -0.5, 0, 0.5, 0], np.float32)
        common += c.light_coupling * individual * np.repeat(light, STEPS_PER_SECOND)[:, None] * direction
    if c.sag:
        common[:, sad] += c.sag * individual * t / seconds
        common[:, happy] -= c.sag * individual * t / seconds
    if c.settling:
        common[:, happy] += c.settling * individual * np.exp(-t / 15)
    if c.lights_up_seconds:
        lit = t >= seconds - c.lights_up_seconds
        common[lit, happy] += 1.5 * individual
    return common


def _rest(rng: np.random.Generator) -> Float:
    rest = rng.normal(0, 0.7, len(EMOTIONS))
    rest[0] = rng.normal(3.3, 0.6)
    if rng.random() < 0.25:
        rest[int(rng.integers(1, 4))] = rng.uniform(1.0, 2.4)
    return rest.astype(np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Float:
    noise = np.zeros(shape, np.float32)
    for correlation_time, deviation in _NOISE:
        carried = float(np.exp(-1 / (STEPS_PER_SECOND * correlation_time)))
        white = rng.standard_normal(shape, dtype=np.float32)
        white[1:] *= np.float32(np.sqrt(1 - carried**2))
        noise += deviation * lfilter([1.0], np.array([1.0, -carried], np.float32), white, axis=0)
    return noise


def _screen_light(total: int, rng: np.random.Generator) -> Float:
    """(S,) brightness: constant within a shot; the shots of a scene are similar."""
    light = np.empty(total, np.float32)
    second = 0
    scene, scene_end = 0.0, 0.0
    while second < total:
        if second >= scene_end:
            scene, scene_end = float(rng.normal()), second + float(rng.uniform(30, 120))
        length = 1 + int(rng.exponential(4))
        light[second : second + length] = 0.7 * scene + 0.7 * rng.normal()
        second += length
    return np.asarray((light - light.mean()) / max(float(light.std()), 1e-6), np.float32)


def _dark_seconds(total: int, seconds: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    dark = np.zeros(total, bool)
    while share and dark.sum() < share * seconds:
        length = int(rng.uniform(10, 30))
        start = int(rng.integers(0, max(seconds - length, 0) + 1))
        dark[start : start + length] = True
    return dark


def _seen(
    p: Float,
    dark: NDArray[np.bool_],
    on_long_camera: bool,
    seconds: int,
    c: RoomConditions,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    total = len(p)
    seen = np.ones(total, bool)
    for _ in range(rng.poisson(total / 400)):  # leaning, drinking, turning to a neighbor
        start = int(rng.integers(0, total))
        seen[start : start + int(2 + rng.exponential(6))] = False
    if dark.any():
        smiling = p[:, EMOTIONS.index(Emotion.HAPPY)] > 0.4
        found = c.dark_found * np.where(smiling, c.dark_smile_odds, 1.0)
        seen &= ~dark | (rng.random(total) < found / (1 - c.dark_found + found))
    if c.lights_up_seconds:
        leaves = seconds - c.lights_up_seconds + rng.exponential(c.lights_up_seconds)
        seen[int(leaves) :] = False
    if not on_long_camera:
        seen[seconds:] = False
    return seen


def _softmax(log_odds: Float) -> Float:
    p = np.exp(log_odds - log_odds.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True), np.float32)
