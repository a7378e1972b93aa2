"""Simulate the emotions of each viewer from a schedule of the emotions that a film evokes.

The result is the ground truth for a screening: the intensity of each emotion shown by each viewer at each
time step. `rendering.seat_videos` renders it as the videos of seat cameras.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from moviemotion._io.atomic_files import atomic_write
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError

Float = NDArray[np.float64]

FRAME_RATE = 8
"""Time steps per second of an audience's curves, and frames per second of its videos."""
SCHEDULE_COLUMNS = ("start", "end", "emotion", "strength")
"""Columns of an emotion schedule's CSV file."""
SPONTANEOUS_EMOTIONS: tuple[Emotion, ...] = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
"""Emotions that viewers show spontaneously, regardless of the film."""
SECONDS_BETWEEN_BLINKS = 4.0
MISS_PROBABILITY = 0.1
"""Fraction of events to which a viewer does not react."""
DEFAULT_CONTAGION = 0.3
"""Fraction of the gap to the audience's mean by which an average viewer's weaker emotion is raised."""
CONTAGION_DELAY = 1
"""Delay in seconds with which a viewer follows the audience."""


@dataclass(frozen=True)
class EmotionEvent:
    """A stretch of the film that evokes an emotion.

    Attributes:
        start, end: film times in seconds.
        emotion: the emotion that most viewers feel.
        strength: intensity of the emotion in an average viewer, 0–1.
    """

    start: float
    end: float
    emotion: Emotion
    strength: float


@dataclass(frozen=True)
class EmotionSchedule:
    """The emotions that a film evokes, as events in chronological order."""

    events: tuple[EmotionEvent, ...]


def read_emotion_schedule(path: Path) -> EmotionSchedule:
    """Read an emotion schedule from a CSV file with the columns start, end, emotion and strength.

    Raises:
        MoviemotionError: the file cannot be read, lacks a column, or contains an invalid row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if not set(SCHEDULE_COLUMNS) <= set(table.fieldnames or ()):
                raise MoviemotionError(
                    f"{path}: the columns {','.join(SCHEDULE_COLUMNS)} are missing; "
                    "add them to the first line"
                )
            rows = list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not CSV in UTF-8"
        raise MoviemotionError(
            f"{path}: cannot be read ({reason}); give a CSV file of emotion events"
        ) from error
    events = []
    for number, row in enumerate(rows, start=2):
        try:
            event = EmotionEvent(
                float(row["start"]), float(row["end"]), Emotion(row["emotion"]), float(row["strength"])
            )
        except (TypeError, ValueError) as error:
            raise MoviemotionError(
                f"{path}: line {number} is not a valid emotion event ({error}); "
                f"expected {','.join(SCHEDULE_COLUMNS)}"
            ) from error
        if not (
            0 <= event.start < event.end
            and 0 <= event.strength <= 1
            and event.emotion in NON_NEUTRAL_EMOTIONS
        ):
            raise MoviemotionError(
                f"{path}: line {number} is not a valid emotion event; "
                "give a start that is before the end, a strength from 0 to 1, and an emotion other than "
                "neutral"
            )
        events.append(event)
    return EmotionSchedule(tuple(sorted(events, key=lambda event: event.start)))


@dataclass(frozen=True)
class ReactionProfile:
    """How one viewer reacts.

    Attributes:
        gain: factor relative to the intensity of an average viewer.
        delay: delay in seconds with which this viewer reacts to an event.
    """

    gain: float
    delay: float


@dataclass(frozen=True)
class SyntheticAudience:
    """The emotions and actions of V viewers during a film of T time steps, `FRAME_RATE` per second.

    Attributes:
        viewers: names of the V viewers.
        reaction_profiles: reaction profiles of the V viewers.
        felt_intensity: (V, T, 7) intensities 0–1 in the order of `NON_NEUTRAL_EMOTIONS`; their sum is at
            most 1.
        resting_intensity: (V, 7) expression of each face while the viewer feels nothing, because some people
            look sad or amused at rest.
        out_of_frame: (V, T) how far the viewer has leaned out of the frame, 0 (in) to 1 (out).
        eye_closure: (V, T) how far a blink has closed the eyes, 0–1.
        hand_raised: (V, T) how far a hand has been raised, 0 (in the lap) to 1 (at the face).
        gesture: (V, T) gesture of the hand, as an index into `hand.GESTURES`.
        seat_shift: (V, T) number of seats by which the viewer has moved to the right.
        seed: random seed for the simulation.
    """

    viewers: tuple[str, ...]
    reaction_profiles: tuple[ReactionProfile, ...]
    felt_intensity: Float
    resting_intensity: Float
    out_of_frame: Float
    eye_closure: Float
    hand_raised: Float
    gesture: NDArray[np.int8]
    seat_shift: NDArray[np.int8]
    seed: int

    @property
    def ground_truth(self) -> Float:
        """(V, S, 8) mean intensity in each second, in the order of `EMOTIONS`; neutral is the remainder."""
        seconds = self.felt_intensity.reshape(
            len(self.viewers), -1, FRAME_RATE, len(NON_NEUTRAL_EMOTIONS)
        ).mean(axis=2)
        neutral = 1 - seconds.sum(axis=-1, keepdims=True)
        return np.concatenate([np.clip(neutral, 0, 1), seconds], axis=-1)

    @property
    def in_view(self) -> Float:
        """(V, S) fraction of each second in which the face is completely in the frame, 0–1."""
        return self._share(self.out_of_frame < 0.05)

    @property
    def occluded(self) -> Float:
        """(V, S) fraction of each second in which a hand covers the face, 0–1."""
        return self._share(self.hand_raised > 0.8)

    @property
    def displayed_intensity(self) -> Float:
        """(V, T, 7) intensities shown by the faces; felt emotions suppress the resting expression."""
        return self.felt_intensity + self.resting_intensity[:, None] * (
            1 - self.felt_intensity.sum(axis=-1, keepdims=True)
        )

    def _share(self, steps: NDArray[np.bool_]) -> Float:
        share: Float = steps.reshape(len(self.viewers), -1, FRAME_RATE).mean(axis=2)
        return share


def simulate_audience(
    schedule: EmotionSchedule, viewers: int, seconds: int, seed: int, contagion: float = 0.0
) -> SyntheticAudience:
    """Simulate an audience watching a film.

    Viewers differ in how strongly (gain), how late (0.3–2 s) and how long they react. They miss about one
    event in ten, show a spontaneous emotion about once a minute, and blink. Some lean out of the frame for a
    few seconds. Emotions rise and fall smoothly, as on real faces. Hands stay in laps and faces at rest are
    neutral; `nuisances.add_nuisances` changes this.

    Args:
        schedule: the emotion events.
        viewers: the number of viewers, V.
        seconds: length of the film in seconds.
        seed: random seed for the audience.
        contagion: mean fraction of the gap to the audience's mean by which a viewer's emotion is raised.
    """
    steps = seconds * FRAME_RATE
    profiles = []
    alone = np.zeros((viewers, steps, len(NON_NEUTRAL_EMOTIONS)))
    absences, blinks = np.zeros((viewers, steps)), np.zeros((viewers, steps))
    shares = np.zeros(viewers)
    for v in range(viewers):
        rng = np.random.default_rng([seed, v])
        profiles.append(random_reaction_profile(rng))
        alone[v] = simulate_reactions(schedule, profiles[v], seconds, FRAME_RATE, rng)
        absences[v] = _random_absence(rng, seconds)
        blinks[v] = random_blinks(rng, seconds, FRAME_RATE)
        shares[v] = random_contagion(contagion, rng)
    audience_mean = alone.mean(axis=0)
    return SyntheticAudience(
        viewers=seat_names(viewers),
        reaction_profiles=tuple(profiles),
        felt_intensity=np.stack(
            [
                apply_contagion(own, audience_mean, share, FRAME_RATE)
                for own, share in zip(alone, shares, strict=True)
            ]
        ),
        resting_intensity=np.zeros((viewers, len(NON_NEUTRAL_EMOTIONS))),
        out_of_frame=absences,
        eye_closure=blinks,
        hand_raised=np.zeros((viewers, steps)),
        gesture=np.zeros((viewers, steps), np.int8),
        seat_shift=np.zeros((viewers, steps), np.int8),
        seed=seed,
    )


def seat_names(count: int) -> tuple[str, ...]:
    """Seat names `seat-01`, `seat-02`, …, padded to the width of the last number."""
    width = max(2, len(str(count)))
    return tuple(f"seat-{v + 1:0{width}d}" for v in range(count))


def random_reaction_profile(rng: np.random.Generator) -> ReactionProfile:
    """Generate a random reaction profile with a gain of 0.65–1.2 and a delay of 0.3–2 s."""
    return ReactionProfile(float(np.clip(rng.normal(0.95, 0.12), 0.65, 1.2)), float(rng.uniform(0.3, 2.0)))


def simulate_reactions(
    schedule: EmotionSchedule, profile: ReactionProfile, seconds: int, rate: int, rng: np.random.Generator
) -> Float:
    """Simulate one viewer's emotions, ignoring the influence of other viewers.

    Args:
        schedule: the emotion events.
        profile: the viewer's reaction profile.
        seconds: length of the film in seconds.
        rate: time steps per second.
        rng: random generator for the variation between events.

    Returns:
        (seconds · rate, 7) intensities 0–1 in the order of `NON_NEUTRAL_EMOTIONS`; their sum is at most 1.
    """
    curves = np.zeros((seconds * rate, len(NON_NEUTRAL_EMOTIONS)))
    for event in schedule.events:
        missed, own = rng.random() < MISS_PROBABILITY, float(rng.normal(1.0, 0.1))
        late, linger = profile.delay + float(rng.normal(0, 0.15)), float(rng.uniform(0.0, 1.0))
        if not missed:
            start, end = event.start + max(0.2, late), event.end + late * 0.5 + linger
            _add_reaction(curves, rate, start, end, event.emotion, event.strength * profile.gain * own)
    for _ in range(rng.poisson(seconds / 60)):
        start = float(rng.uniform(0, seconds))
        emotion = SPONTANEOUS_EMOTIONS[int(rng.integers(len(SPONTANEOUS_EMOTIONS)))]
        lasts, strength = float(rng.uniform(1.5, 3)), float(rng.uniform(0.4, 0.8))
        _add_reaction(curves, rate, start, start + lasts, emotion, strength)
    nonzero = curves.any(axis=0)
    curves[:, nonzero] = gaussian_filter1d(curves[:, nonzero], 0.3 * rate, axis=0)
    return curves / np.maximum(curves.sum(axis=-1, keepdims=True), 1)


def random_contagion(mean: float, rng: np.random.Generator) -> float:
    """Choose one viewer's susceptibility to others at random: a fraction from 0 to 1 with the given mean."""
    return min(mean * 2 * float(rng.beta(2, 2)), 1.0)


def apply_contagion(own: Float, audience_mean: Float, contagion: float, rate: int) -> Float:
    """Raise a viewer's emotions toward the audience's mean one second earlier, if they are weaker than it.

    Args:
        own: (T, 7) intensities that the viewer would feel alone, `rate` steps per second.
        audience_mean: (T, 7) mean of these intensities over all viewers.
        contagion: fraction of the gap by which the viewer's emotion is raised, 0–1.
        rate: time steps per second.

    Returns:
        (T, 7) intensities felt by the viewer; their sum is at most 1.
    """
    late = np.zeros_like(audience_mean)
    late[CONTAGION_DELAY * rate :] = audience_mean[: -CONTAGION_DELAY * rate]
    felt = own + contagion * np.maximum(late - own, 0)
    return felt / np.maximum(felt.sum(axis=1, keepdims=True), 1)


def _add_reaction(
    curves: Float, rate: int, start: float, end: float, emotion: Emotion, strength: float
) -> None:
    """Raise one emotion to `strength` between two times; the stronger of overlapping reactions counts."""
    column = curves[round(start * rate) : round(end * rate), NON_NEUTRAL_EMOTIONS.index(emotion)]
    np.maximum(column, np.clip(strength, 0, 1), out=column)


def _random_absence(rng: np.random.Generator, seconds: int) -> Float:
    """(T,) degree of absence; half of the viewers bend down once and are out of frame for 3 to 6 s."""
    away = np.zeros(seconds * FRAME_RATE)
    out, start, lasts = rng.random() < 0.5, rng.uniform(0.1, 0.9) * seconds, rng.uniform(3, 6)
    if out:
        away[round(start * FRAME_RATE) : round((start + lasts) * FRAME_RATE)] = 1
    return np.asarray(gaussian_filter1d(away, 0.25 * FRAME_RATE), np.float64)


def random_blinks(rng: np.random.Generator, seconds: int, rate: int) -> Float:
    """(seconds · rate,) closure of the eyes, 0–1, with a quarter-second blink every few seconds."""
    blinks = np.zeros(seconds * rate)
    moment = rng.exponential(SECONDS_BETWEEN_BLINKS)
    while moment < seconds:
        step = int(moment * rate)
        blinks[step : step + max(1, rate // 4)] = 1
        moment += 0.5 + rng.exponential(SECONDS_BETWEEN_BLINKS)
    return blinks


def write_ground_truth(audience: SyntheticAudience, path: Path) -> None:
    """Write the ground truth as CSV.

    There is one row per viewer and second, with the columns viewer, second, in_view, covered, and the
    intensity of each emotion.
    """
    truth, in_view, occluded = audience.ground_truth, audience.in_view, audience.occluded
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["viewer", "second", "in_view", "covered", *EMOTIONS])
        for v, viewer in enumerate(audience.viewers):
            for s in range(truth.shape[1]):
                seen = (f"{in_view[v, s]:.2f}", f"{occluded[v, s]:.2f}")
                writer.writerow([viewer, s, *seen, *(f"{x:.4f}" for x in truth[v, s])])
