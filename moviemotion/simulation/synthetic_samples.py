"""Simulate hours of samples from hundreds of viewers, as the emotion model would have produced them.

No frames are rendered. Each viewer reacts to the schedule (`synthetic_audience.simulate_reactions`) and to
the rest of the audience. The samples reproduce these reactions as an emotion model would read them: with an
individual resting expression, autocorrelated noise, blinks, turned heads, and temporarily empty seats. One
viewer is simulated at a time, so memory does not grow with the audience.
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
"""Samples per second; this is the default of a screening."""
EMOTION_LOG_ODDS = 6.0
"""Log-odds that an emotion of intensity 1 adds to its probability."""
NOISE_COMPONENTS = ((0.3, 0.6), (6.0, 0.5))
"""The noise of the emotion model: correlation time in seconds and standard deviation in log-odds of each
component, as measured in short clips of individual people: flicker from sample to sample, and drift of pose
and light."""
BLINK_SAD_LOG_ODDS = 1.0
"""Log-odds that closed eyes add to sad."""
SECONDS_BETWEEN_ABSENCES = 600.0
SECONDS_BETWEEN_GLANCES = 90.0
POSE_NOISE = ((0.4, 4.0), (60.0, 4.0))
"""The error of a pose: correlation time in seconds and standard deviation in degrees of each component."""
TURN_SECONDS = 1.0
"""Seconds at either end of an absence in which the face is turned too far away to be read."""


@dataclass(frozen=True)
class SimulatedScreening:
    """A screening whose viewers can be simulated one at a time.

    Attributes:
        schedule: the emotions that the film evokes.
        viewers: names of the V viewers.
        seconds: length of the film in seconds.
        seed: random seed for the viewers.
        contagion: mean fraction of the gap to the audience's mean by which a viewer's emotion is raised.
        audience_mean: (T, 7) mean of the intensities that viewers would feel if they were alone,
            `SAMPLE_RATE` time steps per second.
    """

    schedule: EmotionSchedule
    viewers: tuple[str, ...]
    seconds: int
    seed: int
    contagion: float
    audience_mean: Float


@dataclass(frozen=True)
class SimulatedViewer:
    """One simulated viewer: the samples and the ground truth.

    Attributes:
        reading: the samples, in the same form as in a screening; the weight is 0 while the face is turned
            away.
        felt_intensity: (S, 7) float32 mean intensity in each second, 0–1, in the order of
            `NON_NEUTRAL_EMOTIONS`.
        in_view: (S,) float32 fraction of each second in which the face could be read, 0–1.
        reaction_profile: the viewer's gain and delay.
        contagion: fraction of the gap to the audience's mean by which this viewer's emotion was raised.
        resting_probabilities: (8,) noise-free emotion probabilities of this face while the viewer feels
            nothing.
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
    """Prepare a screening by computing the audience's mean, on which every viewer depends.

    Args:
        schedule: the emotions that the film evokes.
        viewers: number of viewers.
        seconds: length of the film in seconds.
        seed: random seed for the viewers.
        contagion: mean fraction of the gap to the audience's mean by which a viewer's emotion is raised; 0 if
            viewers do not influence each other.
    """
    total = np.zeros((seconds * SAMPLE_RATE, len(NON_NEUTRAL_EMOTIONS)))
    for viewer in range(viewers):
        total += _own_reactions(schedule, seconds, seed, viewer)[0]
    return SimulatedScreening(
        schedule, seat_names(viewers), seconds, seed, contagion, total / max(viewers, 1)
    )


def simulate_viewer(screening: SimulatedScreening, viewer: int) -> SimulatedViewer:
    """Simulate one viewer.

    Args:
        screening: a screening prepared by `simulate_screening`.
        viewer: index into `screening.viewers`.
    """
    alone, profile, rng = _own_reactions(screening.schedule, screening.seconds, screening.seed, viewer)
    contagion = random_contagion(screening.contagion, rng)
    felt = apply_contagion(alone, screening.audience_mean, contagion, SAMPLE_RATE)
    rest = _resting_log_odds(rng)
    log_odds = np.tile(rest.astype(np.float32), (len(felt), 1))
    log_odds[:, 1:] += (EMOTION_LOG_ODDS * felt).astype(np.float32)
    for correlation_time, deviation in NOISE_COMPONENTS:
        log_odds += deviation * _autocorrelated_noise(rng, log_odds.shape, correlation_time)
    log_odds[:, EMOTIONS.index(Emotion.SAD)] += BLINK_SAD_LOG_ODDS * random_blinks(
        rng, screening.seconds, SAMPLE_RATE
    )
    away, turned = _random_absences(rng, screening.seconds)
    light = rng.uniform(0.7, 1.1) + 0.1 * _autocorrelated_noise(rng, (len(felt), 1), 60.0)[:, 0]
    weight = np.where(turned, 0, np.clip(light, 0.1, 1)).astype(np.float32)
    time = np.arange(len(felt)) / SAMPLE_RATE
    pose, displacement = _random_poses(rng, away, turned)
    return SimulatedViewer(
        reading=ViewerSamples(
            screening.viewers[viewer],
            time[~away],
            _softmax(log_odds[~away]),
            weight[~away],
            pose=pose[~away],
            displacement=displacement[~away],
        ),
        felt_intensity=felt.reshape(-1, SAMPLE_RATE, len(NON_NEUTRAL_EMOTIONS))
        .mean(axis=1)
        .astype(np.float32),
        in_view=(~away & ~turned).reshape(-1, SAMPLE_RATE).mean(axis=1).astype(np.float32),
        reaction_profile=profile,
        contagion=contagion,
        resting_probabilities=_softmax(rest),
    )


def _own_reactions(
    schedule: EmotionSchedule, seconds: int, seed: int, viewer: int
) -> tuple[Float, ReactionProfile, np.random.Generator]:
    """(T, 7) intensities that a viewer would feel alone, the reaction profile, and the generator."""
    rng = np.random.default_rng([seed, viewer])
    profile = random_reaction_profile(rng)
    return simulate_reactions(schedule, profile, seconds, SAMPLE_RATE, rng), profile, rng


def _resting_log_odds(rng: np.random.Generator) -> Float:
    """(8,) log-odds of a face at rest: mostly neutral; one in four looks somewhat sad or amused."""
    rest = rng.normal(0, 0.6, len(EMOTIONS))
    rest[0] = rng.normal(3.2, 0.5)
    if rng.random() < 0.25:
        looks = Emotion.SAD if rng.random() < 0.5 else Emotion.HAPPY
        rest[EMOTIONS.index(looks)] = rng.uniform(1.0, 2.2)
    return rest


def _autocorrelated_noise(
    rng: np.random.Generator, shape: tuple[int, int], correlation_time: float
) -> NDArray[np.float32]:
    """Unit-variance Gaussian noise; its correlation along axis 0 falls to 1/e within the correlation time."""
    # A first-order autoregressive process, scaled to preserve the variance.
    carried = float(np.exp(-1 / (SAMPLE_RATE * correlation_time)))
    white = rng.standard_normal(shape, dtype=np.float32)
    white[1:] *= np.float32(np.sqrt(1 - carried**2))
    return np.asarray(lfilter([1.0], np.array([1.0, -carried], np.float32), white, axis=0), np.float32)


def _random_absences(rng: np.random.Generator, seconds: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T,) whether the viewer is out of the frame, and (T,) whether the viewer is turned away."""
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


def _random_poses(
    rng: np.random.Generator, away: NDArray[np.bool_], turned: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(T, 2) yaw and pitch of a head that glances elsewhere, and (T,) distances from its usual place.

    Somebody who turns away leaves the place, and is far from it when the absence starts.
    """
    pose = np.tile(rng.normal(0, 10, 2).astype(np.float32), (len(away), 1))
    for correlation_time, deviation in POSE_NOISE:
        pose += np.float32(deviation) * _autocorrelated_noise(rng, pose.shape, correlation_time)
    for start in rng.integers(0, len(away), rng.poisson(len(away) / (SAMPLE_RATE * SECONDS_BETWEEN_GLANCES))):
        lasts = round(SAMPLE_RATE * (1 + float(rng.exponential(3))))
        aside = (float(rng.choice([-1, 1]) * rng.uniform(35, 60)), 0.0)
        pose[start : start + lasts] += aside if rng.random() < 0.5 else (0.0, -float(rng.uniform(28, 40)))
    pose[turned, 0] += 70
    displacement = np.abs(rng.normal(0, 0.1, len(away))).astype(np.float32)
    displacement[turned] += 1
    return pose, displacement


def _softmax(log_odds: NDArray[np.floating]) -> NDArray[np.floating]:
    p = np.exp(log_odds - log_odds.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)
