"""The demo: a synthetic audience watches a short film; the results are scored against the ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.audience.recordings import ProgressCallback
from moviemotion.simulation import demo_film
from moviemotion.simulation.recovery_score import RecoveryScore, score_recovery
from moviemotion.simulation.rendering.seat_videos import camera_name, write_seat_videos
from moviemotion.simulation.synthetic_audience import (
    SyntheticAudience,
    read_emotion_schedule,
    simulate_audience,
)
from moviemotion.workflows.screen import DEFAULT_SEED, Screening, screen
from moviemotion.workflows.settings_checks import check_seed

SEATS_BY_CAMERA = (*((seat,) for seat in range(9)), (9, 10, 11))
"""Nine seats with one camera each, and three seats that share a camera."""


@dataclass(frozen=True)
class DemoResult:
    """The demo's screening and its score."""

    screening: Screening
    recovery: RecoveryScore


def render_audience(out: Path, seed: int = DEFAULT_SEED) -> list[Path]:
    """Render videos of the demo's synthetic audience in the folder `out`, and return their paths."""
    check_seed(seed)
    return write_seat_videos(_demo_audience(seed), out, SEATS_BY_CAMERA)


def run_demo(rendered: Path, out: Path, progress: ProgressCallback, seed: int = DEFAULT_SEED) -> DemoResult:
    """Screen the rendered audience as any user would, and compare the result with its true emotions."""
    check_seed(seed)
    audience = _demo_audience(seed)
    # Keep the order of the cameras, so that measured and true viewers are in the same order.
    videos = [rendered / f"{camera_name(audience, seats)}.mp4" for seats in SEATS_BY_CAMERA]
    screening = screen(
        videos,
        out,
        demo_film.SCREENPLAY,
        demo_film.SUBTITLES,
        seed=seed,
        progress=progress,
        # The rendered videos start with the film, and have no sound by which this could be found.
        offsets={video.name: 0.0 for video in videos},
        film=TimeSpan(0, demo_film.DURATION),
    )
    schedule = read_emotion_schedule(demo_film.EMOTION_SCHEDULE)
    return DemoResult(screening, score_recovery(screening.analysis, audience, schedule))


def _demo_audience(seed: int) -> SyntheticAudience:
    viewers = sum(len(seats) for seats in SEATS_BY_CAMERA)
    return simulate_audience(
        read_emotion_schedule(demo_film.EMOTION_SCHEDULE), viewers, demo_film.DURATION, seed
    )
