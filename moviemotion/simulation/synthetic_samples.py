"""A crowd: hundreds of invented viewers over hours, read as the emotion reader would have read them.

No picture is drawn. Each viewer feels what `audience.react` says, is caught up by the room, and is then
seen through a reader: a resting face of their own, noise that lingers, blinks, heads that turn and seats
that are empty for a while. One viewer is held at a time, so memory does not grow with the room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from moviemotion.analysis.signals.timeline import ViewerSamples
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import (
    DEFAULT_CONTAGION,
    EmotionSchedule,
    ReactionProfile,
    apply_contagion,
    random_blinks,
    random_contagion,
    random_reaction_profile,
    seat_names,
    simulate_reactions,
)

Float = NDArray[np.float64]

SAMPLE_RATE = 5
"""Samples a second, as a screening takes by default."""
EMOTION_LOG_ODDS = 6.0
"""Log-odds by which a feeling of intensity 1 rises in the reader's eyes."""
NOISE_COMPONENTS = ((0.3, 0.6), (6.0, 0.5))
"""The reader's noise: seconds over which it lingers and its standard deviation in log-odds, as short clips
of single people showed it: a flicker from sample to sample, and a drift of pose and light."""
BLINK_SAD_LOG_ODDS = 1.0
"""Log-odds of sad that closed eyes add."""
SECONDS_BETWEEN_ABSENCES = 600.0
TURN_SECONDS = 1.0
"""Seconds at both ends of an absence in which the face is seen too far from the side to be read."""


@dataclass(frozen=True)
class SimulatedScreening:
    """Viewers who have watched a film together.

    Attributes:
        script: what the film made people feel.
        viewers: V names.
        seconds: length of the film.
        seed: same seed, same crowd.
        contagion: mean share of the way to the room's feeling that viewers are drawn.
        room: (T, 7) mean over the viewers of what each felt alone, `RATE` steps a second.
    """

    schedule: EmotionSchedule
    viewers: tuple[str, ...]
    seconds: int
    seed: int
    contagion: float
    audience_mean: Float


@dataclass(frozen=True)
class SimulatedViewer:
    """One viewer of a crowd: the reading, and the truth behind it.

    Attributes:
        reading: samples as a screening has them; weight 0 where the face was turned away.
        feelings: (S, 7) float32 mean intensity felt in each second, 0–1, in the order of `FEELINGS`.
        in_view: (S,) float32 share of each second in which the face could be read, 0–1.
        temper: gain and delay.
        contagion: share of the way to the room that this viewer was drawn.
        rest: (8,) probabilities that this face reads as when nothing is felt, without noise.
    """

    reading: ViewerSamples
    felt_intensity: NDArray[np.float32]
    in_view: NDArray[np.float32]
    reaction_profile: ReactionProfile
    contagion: float
    resting_probabilities: NDArray[np.floating]


def simulate_screening(
    schedule: EmotionSchedule, viewers: int, seconds: int, seed: int, contagion: float = DEFAULT_CONTAGION
) -> SimulatedScreening:
    """Let a crowd watch a film.

    Args:
        contagion: 0 where nobody is moved by the others.
    """
    room = np.zeros((seconds * SAMPLE_RATE, len(NON_NEUTRAL_EMOTIONS)))
    for viewer in range(viewers):
        room += _own_reactions(schedule, seconds, seed, viewer)[0]
    return SimulatedScreening(schedule, seat_names(viewers), seconds, seed, contagion, room / max(viewers, 1))


def simulate_viewer(screening: SimulatedScreening, viewer: int) -> SimulatedViewer:
    """Read one viewer of a crowd.

    Args:
        viewer: index into `crowd.viewers`.
    """
    alone, temper, rng = _own_reactions(screening.schedule, screening.seconds, screening.seed, viewer)
    drawn = random_contagion(screening.contagion, rng)
    felt = apply_contagion(alone, screening.audience_mean, drawn, SAMPLE_RATE)
    rest = _resting_log_odds(rng)
    log_odds = np.tile(rest.astype(np.float32), (len(felt), 1))
    log_odds[:, 1:] += (EMOTION_LOG_ODDS * felt).astype(np.float32)
    for lingers, deviation in NOISE_COMPONENTS:
        log_odds += deviation * _autocorrelated_noise(rng, log_odds.shape, lingers)
    log_odds[:, EMOTIONS.index(Emotion.SAD)] += BLINK_SAD_LOG_ODDS * random_blinks(
        rng, screening.seconds, SAMPLE_RATE
    )
    away, turned = _random_absences(rng, screening.seconds)
    light = rng.uniform(0.7, 1.1) + 0.1 * _autocorrelated_noise(rng, (len(felt), 1), 60.0)[:, 0]
    weight = np.where(turned, 0, np.clip(light, 0.1, 1)).astype(np.float32)
    time = np.arange(len(felt)) / SAMPLE_RATE
    return SimulatedViewer(
        reading=ViewerSamples(
            screening.viewers[viewer], time[~away], _softmax(log_odds[~away]), weight[~away]
        ),
        felt_intensity=felt.reshape(-1, SAMPLE_RATE, len(NON_NEUTRAL_EMOTIONS))
        .mean(axis=1)
        .astype(np.float32),
        in_view=(~away & ~turned).reshape(-1, SAMPLE_RATE).mean(axis=1).astype(np.float32),
        reaction_profile=temper,
        contagion=drawn,
        resting_probabilities=_softmax(rest),
    )


def _own_reactions(
    script: EmotionSchedule, seconds: int, seed: int, viewer: int
) -> tuple[Float, ReactionProfile, np.random.Generator]:
    """(T, 7) what a viewer would feel in an empty room, and the generator to go on with."""
    rng = np.random.default_rng([seed, viewer])
    temper = random_reaction_profile(rng)
    return simulate_reactions(script, temper, seconds, SAMPLE_RATE, rng), temper, rng


def _resting_log_odds(rng: np.random.Generator) -> Float:
    """(8,) of a face at rest: mostly neutral; one in four looks somewhat sad, or amused."""
    rest = rng.normal(0, 0.6, len(EMOTIONS))
    rest[0] = rng.normal(3.2, 0.5)
    if rng.random() < 0.25:
        looks = Emotion.SAD if rng.random() < 0.5 else Emotion.HAPPY
        rest[EMOTIONS.index(looks)] = rng.uniform(1.0, 2.2)
    return rest


def _autocorrelated_noise(
    rng: np.random.Generator, shape: tuple[int, int], lingers: float
) -> NDArray[np.float32]:
    """Gaussian noise of variance 1 whose correlation along the first axis falls to 1/e in `lingers` s."""
    kept = float(np.exp(-1 / (SAMPLE_RATE * lingers)))
    white = rng.standard_normal(shape, dtype=np.float32)
    white[1:] *= np.float32(np.sqrt(1 - kept**2))
    return np.asarray(lfilter([1.0], np.array([1.0, -kept], np.float32), white, axis=0), np.float32)


def _random_absences(rng: np.random.Generator, seconds: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T,) out of the picture, and (T,) too far turned to be read: leaning out, talking, leaving a while."""
    away, turned = np.zeros((2, seconds * SAMPLE_RATE), dtype=bool)
    for _ in range(rng.poisson(seconds / SECONDS_BETWEEN_ABSENCES)):
        start = float(rng.uniform(0, seconds))
        lasts = 3 + float(rng.exponential(5 if rng.random() < 0.9 else 120))
        turned[
            max(0, round((start - TURN_SECONDS) * SAMPLE_RATE)) : round(
                (start + lasts + TURN_SECONDS) * SAMPLE_RATE
            )
        ] = True
        away[round(start * SAMPLE_RATE) : round((start + lasts) * SAMPLE_RATE)] = True
    return away, turned & ~away


def _softmax(log_odds: NDArray[np.floating]) -> NDArray[np.floating]:
    p = np.exp(log_odds - log_odds.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)
