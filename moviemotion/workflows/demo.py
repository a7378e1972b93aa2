"""The demo: an invented audience watches a short film; the pipeline reads it and is marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.audience.recordings import Progress
from moviemotion.simulation import demo_film
from moviemotion.simulation.recovery_score import Recovery, compare_with_truth
from moviemotion.simulation.rendering.seat_videos import camera_name, write_seat_videos
from moviemotion.simulation.synthetic_audience import Audience, read_feeling_script, simulate_audience
from moviemotion.workflows.screen import SEED, Screening, screen

CAMERAS = (*((seat,) for seat in range(9)), (9, 10, 11))
"""Nine seats with a camera each, and three that share one."""


@dataclass(frozen=True)
class Demo:
    """What the demo made, read and scored."""

    screening: Screening
    recovery: Recovery


def film_audience(out: Path, seed: int = SEED) -> list[Path]:
    """Film the invented audience of the demo's film into `out`."""
    return write_seat_videos(_audience(seed), out, CAMERAS)


def run_demo(filmed: Path, out: Path, progress: Progress, seed: int = SEED) -> Demo:
    """Screen the audience filmed into `filmed` as any user would; compare with what it was made to feel."""
    audience = _audience(seed)
    # In the order of the cameras, so that viewers read and viewers filmed are in one order.
    videos = [filmed / f"{camera_name(audience, seats)}.mp4" for seats in CAMERAS]
    screening = screen(videos, out, demo_film.SCREENPLAY, demo_film.SUBTITLES, seed=seed, progress=progress)
    beats = read_feeling_script(demo_film.FEELINGS)
    return Demo(screening, compare_with_truth(screening.analysis, audience, beats))


def _audience(seed: int) -> Audience:
    viewers = sum(len(seats) for seats in CAMERAS)
    return simulate_audience(read_feeling_script(demo_film.FEELINGS), viewers, demo_film.SECONDS, seed)
