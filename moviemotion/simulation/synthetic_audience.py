"""An audience that is invented: what it feels while a film with known beats runs, viewer by viewer.

The truth is what each viewer was made to show. `videos.py` beside this module films it.
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
"""Steps a second of an audience's curves, and frames a second of its videos."""
SCHEDULE_COLUMNS = ("start", "end", "emotion", "strength")
"""Of a script of feelings."""
SPONTANEOUS_EMOTIONS: tuple[Emotion, ...] = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
SECONDS_BETWEEN_BLINKS = 4.0
MISS_PROBABILITY = 0.1
"""Share of the beats that a viewer misses."""
DEFAULT_CONTAGION = 0.3
"""Share of the way to the room's feeling that an average viewer is drawn who feels less than the room."""
CONTAGION_DELAY = 1
"""Seconds until a viewer follows the room."""


@dataclass(frozen=True)
class EmotionEvent:
    """A stretch of film that makes people feel something.

    Attributes:
        start, end: seconds of film time.
        emotion: what most people feel.
        strength: 0–1, in an average viewer.
    """

    start: float
    end: float
    emotion: Emotion
    strength: float


@dataclass(frozen=True)
class EmotionSchedule:
    """What a film makes people feel: its beats in order of time; between them, nothing."""

    events: tuple[EmotionEvent, ...]


def read_emotion_schedule(path: Path) -> EmotionSchedule:
    """Read a CSV file with the columns start, end, emotion, strength.

    Raises:
        MoviemotionError: the file cannot be read, lacks a column, or a row is not a beat.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if not set(SCHEDULE_COLUMNS) <= set(table.fieldnames or ()):
                raise MoviemotionError(
                    f"{path}: lacks the columns {','.join(SCHEDULE_COLUMNS)}; add them as its first line"
                )
            rows = list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not CSV in UTF-8"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); give a CSV file of beats") from error
    beats = []
    for number, row in enumerate(rows, start=2):
        try:
            beat = EmotionEvent(
                float(row["start"]), float(row["end"]), Emotion(row["emotion"]), float(row["strength"])
            )
        except (TypeError, ValueError) as error:
            raise MoviemotionError(
                f"{path}: line {number} is no beat ({error}); expected {','.join(SCHEDULE_COLUMNS)}"
            ) from error
        if not (
            0 <= beat.start < beat.end and 0 <= beat.strength <= 1 and beat.emotion in NON_NEUTRAL_EMOTIONS
        ):
            raise MoviemotionError(
                f"{path}: line {number} is no beat; mend it: start before end, strength 0–1, not neutral"
            )
        beats.append(beat)
    return EmotionSchedule(tuple(sorted(beats, key=lambda b: b.start)))


@dataclass(frozen=True)
class ReactionProfile:
    """How one viewer reacts.

    Attributes:
        gain: what a feeling of an average viewer is multiplied by.
        delay: seconds after which this viewer reacts to what the film does.
    """

    gain: float
    delay: float


@dataclass(frozen=True)
class SyntheticAudience:
    """What V viewers do during a film of T steps, `RATE` a second.

    Attributes:
        viewers: V names.
        tempers: V, how each reacts.
        feelings: (V, T, 7) intensities 0–1 in the order of `FEELINGS`; at most one in sum.
        rest: (V, 7) what each face shows when nothing is felt: some look sad, or amused.
        away: (V, T) how far the viewer has leaned out of the picture, 0 (in) to 1 (out).
        blinks: (V, T) how far a blink has closed the eyes, 0–1.
        hand: (V, T) how far a hand has come up to the face, 0 (in the lap) to 1 (there).
        gesture: (V, T) what the hand does there, index into `hand.GESTURES`.
        moved: (V, T) how many seats to the right of their own the viewer sits.
        seed: what it was made from.
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
        """(V, S, 8) mean intensity in each second in the order of `EMOTIONS`; neutral is the rest."""
        seconds = self.felt_intensity.reshape(
            len(self.viewers), -1, FRAME_RATE, len(NON_NEUTRAL_EMOTIONS)
        ).mean(axis=2)
        rest = 1 - seconds.sum(axis=-1, keepdims=True)
        return np.concatenate([np.clip(rest, 0, 1), seconds], axis=-1)

    @property
    def in_view(self) -> Float:
        """(V, S) share of each second in which the face is wholly in the picture, 0–1."""
        return self._share(self.out_of_frame < 0.05)

    @property
    def occluded(self) -> Float:
        """(V, S) share of each second in which a hand is before the face, 0–1."""
        return self._share(self.hand_raised > 0.8)

    @property
    def displayed_intensity(self) -> Float:
        """(V, T, 7) intensities that the faces show: rest gives way to what is felt."""
        return self.felt_intensity + self.resting_intensity[:, None] * (
            1 - self.felt_intensity.sum(axis=-1, keepdims=True)
        )

    def _share(self, steps: NDArray[np.bool_]) -> Float:
        share: Float = steps.reshape(len(self.viewers), -1, FRAME_RATE).mean(axis=2)
        return share


def simulate_audience(
    schedule: EmotionSchedule, viewers: int, seconds: int, seed: int, contagion: float = 0.0
) -> SyntheticAudience:
    """Let an audience watch a film.

    Viewers differ in how strongly (gain), how late (0.3–2 s) and how long they react; they miss about
    one beat in ten, feel something of their own about once a minute, blink, and some lean out of the
    picture for a few seconds. Feelings rise and fall smoothly, as faces do. Hands stay in laps, and faces at
    rest are plain: `restless.py` changes that.

    Args:
        script: the beats.
        viewers: V.
        seconds: length of the film.
        seed: same seed, same audience.
        contagion: mean share of the way to the room's feeling that viewers are drawn.
    """
    steps = seconds * FRAME_RATE
    tempers = []
    feelings = np.zeros((viewers, steps, len(NON_NEUTRAL_EMOTIONS)))
    away, blinks = np.zeros((viewers, steps)), np.zeros((viewers, steps))
    drawn = np.zeros(viewers)
    for v in range(viewers):
        rng = np.random.default_rng([seed, v])
        tempers.append(random_reaction_profile(rng))
        feelings[v] = simulate_reactions(schedule, tempers[v], seconds, FRAME_RATE, rng)
        away[v] = _random_absence(rng, seconds)
        blinks[v] = random_blinks(rng, seconds, FRAME_RATE)
        drawn[v] = random_contagion(contagion, rng)
    room = feelings.mean(axis=0)
    return SyntheticAudience(
        viewers=seat_names(viewers),
        reaction_profiles=tuple(tempers),
        felt_intensity=np.stack(
            [apply_contagion(own, room, d, FRAME_RATE) for own, d in zip(feelings, drawn, strict=True)]
        ),
        resting_intensity=np.zeros((viewers, len(NON_NEUTRAL_EMOTIONS))),
        out_of_frame=away,
        eye_closure=blinks,
        hand_raised=np.zeros((viewers, steps)),
        gesture=np.zeros((viewers, steps), np.int8),
        seat_shift=np.zeros((viewers, steps), np.int8),
        seed=seed,
    )


def seat_names(count: int) -> tuple[str, ...]:
    """`seat-01`, `seat-02`, …, as wide as the last one needs."""
    width = max(2, len(str(count)))
    return tuple(f"seat-{v + 1:0{width}d}" for v in range(count))


def random_reaction_profile(rng: np.random.Generator) -> ReactionProfile:
    """Somebody: gain 0.65–1.2, delay 0.3–2 s."""
    return ReactionProfile(float(np.clip(rng.normal(0.95, 0.12), 0.65, 1.2)), float(rng.uniform(0.3, 2.0)))


def simulate_reactions(
    schedule: EmotionSchedule, profile: ReactionProfile, seconds: int, rate: int, rng: np.random.Generator
) -> Float:
    """What one viewer feels.

    Args:
        rate: steps a second.

    Returns:
        (seconds · rate, 7) intensities 0–1 in the order of `FEELINGS`; at most one in sum.
    """
    curves = np.zeros((seconds * rate, len(NON_NEUTRAL_EMOTIONS)))
    for beat in schedule.events:
        missed, own = rng.random() < MISS_PROBABILITY, float(rng.normal(1.0, 0.1))
        late, linger = profile.delay + float(rng.normal(0, 0.15)), float(rng.uniform(0.0, 1.0))
        if not missed:
            start, end = beat.start + max(0.2, late), beat.end + late * 0.5 + linger
            _add_reaction(curves, rate, start, end, beat.emotion, beat.strength * profile.gain * own)
    for _ in range(rng.poisson(seconds / 60)):
        start = float(rng.uniform(0, seconds))
        emotion = SPONTANEOUS_EMOTIONS[int(rng.integers(len(SPONTANEOUS_EMOTIONS)))]
        lasts, strength = float(rng.uniform(1.5, 3)), float(rng.uniform(0.4, 0.8))
        _add_reaction(curves, rate, start, start + lasts, emotion, strength)
    felt = curves.any(axis=0)
    curves[:, felt] = gaussian_filter1d(curves[:, felt], 0.3 * rate, axis=0)
    return curves / np.maximum(curves.sum(axis=-1, keepdims=True), 1)


def random_contagion(mean: float, rng: np.random.Generator) -> float:
    """The share of the way to the room's feeling that one viewer is drawn, 0–1."""
    return min(mean * 2 * float(rng.beta(2, 2)), 1.0)


def apply_contagion(own: Float, audience_mean: Float, contagion: float, rate: int) -> Float:
    """Who feels less than the room did a moment ago is drawn towards it.

    Args:
        alone: (T, 7) what a viewer would feel in an empty room, `rate` steps a second.
        room: (T, 7) mean over the viewers of that.
        drawn: share of the way, 0–1.

    Returns:
        (T, 7) what is felt; at most one in sum.
    """
    late = np.zeros_like(audience_mean)
    late[CONTAGION_DELAY * rate :] = audience_mean[: -CONTAGION_DELAY * rate]
    felt = own + contagion * np.maximum(late - own, 0)
    return felt / np.maximum(felt.sum(axis=1, keepdims=True), 1)


def _add_reaction(
    curves: Float, rate: int, start: float, end: float, emotion: Emotion, strength: float
) -> None:
    """Raise one feeling to `strength` between two seconds; the stronger of two reactions wins."""
    column = curves[round(start * rate) : round(end * rate), NON_NEUTRAL_EMOTIONS.index(emotion)]
    np.maximum(column, np.clip(strength, 0, 1), out=column)


def _random_absence(rng: np.random.Generator, seconds: int) -> Float:
    """Every other viewer drops something once and is out of the picture for three to six seconds."""
    away = np.zeros(seconds * FRAME_RATE)
    out, start, lasts = rng.random() < 0.5, rng.uniform(0.1, 0.9) * seconds, rng.uniform(3, 6)
    if out:
        away[round(start * FRAME_RATE) : round((start + lasts) * FRAME_RATE)] = 1
    return np.asarray(gaussian_filter1d(away, 0.25 * FRAME_RATE), np.float64)


def random_blinks(rng: np.random.Generator, seconds: int, rate: int) -> Float:
    """(seconds · rate,) how far the eyes are closed, 0–1: about a quarter of a second, every few seconds."""
    blinks = np.zeros(seconds * rate)
    moment = rng.exponential(SECONDS_BETWEEN_BLINKS)
    while moment < seconds:
        step = int(moment * rate)
        blinks[step : step + max(1, rate // 4)] = 1
        moment += 0.5 + rng.exponential(SECONDS_BETWEEN_BLINKS)
    return blinks


def write_ground_truth(audience: SyntheticAudience, path: Path) -> None:
    """Write the truth: one row a viewer and second: viewer, second, in_view, covered, then the emotions."""
    truth, in_view, covered = audience.ground_truth, audience.in_view, audience.occluded
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["viewer", "second", "in_view", "covered", *EMOTIONS])
        for v, viewer in enumerate(audience.viewers):
            for s in range(truth.shape[1]):
                seen = (f"{in_view[v, s]:.2f}", f"{covered[v, s]:.2f}")
                writer.writerow([viewer, s, *seen, *(f"{x:.4f}" for x in truth[v, s])])
