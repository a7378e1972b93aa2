"""Draw contact sheets of real clips, to check by eye what was measured in one frame per second.

    python benchmarks/contact_sheets.py ../shared/data/seats ../shared/data/groups --out sheets/

The text below each frame states the viewer, the strongest emotion with its strength and its probability, and
the quality weight in that second with the reasons for any rejected samples. The sheets show faces, so store
them only where the clips may be stored.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.audience.faces.quality import REJECTION_REASONS
from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.audience.samples import Samples
from moviemotion.audience.video.decode import read_frames
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.study.provenance import audience_timeline
from moviemotion.workflows.screen import DEFAULT_RATE

FONT = ImageFont.load_default(13)
LINE = 16
FACE = 72
"""Width and height in pixels of each separate face image, shown if a clip has several viewers."""
ALONE, TOGETHER = 300, 480
"""Width in pixels of a frame with one viewer, and of a frame with several."""
PAGE = 1500, 6
"""Width of a page in pixels, and its maximum number of rows."""
SUFFIXES = {".mp4", ".mov", ".mkv", ".avi", ".webm", ".gif"}
MIN_STRENGTH = 0.1
"""Strength below which a face is labeled neutral."""


@dataclass(frozen=True)
class Readings:
    """The measurements of a clip with V viewers and S seconds.

    Attributes:
        samples: the samples of the clip.
        strength: (V, S, 7) strength of each emotion.
        probabilities: (V, S, 8) emotion probabilities.
        weight: (V, S) quality weight.
    """

    samples: Samples
    strength: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    weight: NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="folders that contain the clips")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    processor = CameraProcessor(DEFAULT_RATE)
    for clip in sorted(p for folder in options.folders for p in folder.iterdir() if p.suffix in SUFFIXES):
        samples = processor.process(Camera(clip.stem, clip), lambda camera, seconds: None)
        for number, page in enumerate(pages(clip, read(samples)), start=1):
            path = options.out / f"{clip.stem}-{number}.png"
            page.save(path)
            print(path, flush=True)


def read(samples: Samples) -> Readings:
    timeline = audience_timeline([samples])
    weight = (
        timeline.weight if timeline.weight is not None else np.ones(timeline.sample_counts.shape, np.float32)
    )
    return Readings(
        samples,
        strength_above_baseline(timeline, estimate_baseline(timeline)),
        timeline.probabilities,
        weight,
    )


def pages(clip: Path, readings: Readings) -> list[Image.Image]:
    """Arrange the seconds of a clip on pages, from left to right and top to bottom."""
    cells = [cell(*shot, readings) for shot in shots(clip)]
    across = max(1, PAGE[0] // max(c.width for c in cells))
    on_page = across * (PAGE[1] if cells[0].width == ALONE else PAGE[1] // 2)
    return [_grid(cells[at : at + on_page], across) for at in range(0, len(cells), on_page)]


def shots(clip: Path) -> list[tuple[float, Image.Image]]:
    """Return the time and image of the sampled frame nearest to the middle of each second."""
    nearest: dict[int, tuple[float, Image.Image]] = {}
    for frame in read_frames(clip, DEFAULT_RATE):
        second = int(frame.time)
        if second not in nearest or frame.time - second <= 0.5:
            nearest[second] = frame.time, Image.fromarray(frame.image)
    return [nearest[second] for second in sorted(nearest)]


def cell(time: float, frame: Image.Image, readings: Readings) -> Image.Image:
    samples, second = readings.samples, int(time)
    here = np.flatnonzero(np.abs(samples.time - time) < 1e-6)
    viewers = len(samples.viewers)
    width = ALONE if viewers <= 1 else TOGETHER
    zoom = width / frame.width
    picture = frame.resize((width, round(frame.height * zoom)), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    for row in here:
        left, top, right, bottom = samples.box[row] * zoom
        draw.rectangle((left, top, right, bottom), outline=(255, 210, 60), width=2)
        if viewers > 1:
            draw.text((left + 3, top + 1), str(samples.viewer[row] + 1), (255, 210, 60), FONT)
    draw.text((4, 2), f"{clock(time)}", (255, 255, 255), FONT, stroke_width=2, stroke_fill=(0, 0, 0))
    across = max(1, width // (ALONE if viewers <= 1 else 150))
    rows = -(-max(viewers, 1) // across)
    high = 3 * LINE + 8 + (FACE if viewers > 1 else 0)
    sheet = Image.new("RGB", (width, picture.height + rows * high), (24, 24, 28))
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    for viewer in range(viewers):
        x, y = viewer % across * (width // across), picture.height + viewer // across * high
        seen = here[samples.viewer[here] == viewer]
        if viewers > 1 and len(seen):
            left, top, right, bottom = samples.box[seen[0]]
            sheet.paste(
                frame.crop((round(left), round(top), round(right), round(bottom))).resize((FACE, FACE)),
                (x + 4, y + 4),
            )
        text = y + 4 + (FACE if viewers > 1 else 0)
        draw.multiline_text(
            (x + 4, text), "\n".join(lines(viewer, second, readings)), (235, 235, 235), FONT, spacing=2
        )
    if not viewers:
        draw.text((4, picture.height + 4), "no viewer", (235, 235, 235), FONT)
    return sheet


def lines(viewer: int, second: int, readings: Readings) -> tuple[str, str, str]:
    """Return the viewer, the measured emotion, and the weight with the reasons for rejected samples."""
    samples, own = readings.samples, readings.strength[viewer, second]
    name = f"{viewer + 1}" if len(samples.viewers) > 1 else samples.viewers[viewer]
    within = (samples.viewer == viewer) & (samples.time.astype(int) == second)
    reasons = Counter(REJECTION_REASONS[r] for r in samples.rejection_reason[within] if r)
    if np.isnan(own).any():
        return name, "not seen", ", ".join(f"{n} {reason}" for reason, n in reasons.items()) or "no face"
    top = int(own.argmax())
    probability = readings.probabilities[viewer, second, EMOTIONS.index(NON_NEUTRAL_EMOTIONS[top])]
    shown = (
        f"{NON_NEUTRAL_EMOTIONS[top]} {own[top]:.2f} (p {probability:.2f})"
        if own[top] >= MIN_STRENGTH
        else "neutral"
    )
    weight = f"weight {readings.weight[viewer, second]:.2f}, {within.sum()} faces"
    return name, shown, ", ".join([weight, *(f"{n} {reason}" for reason, n in reasons.items())])


def clock(time: float) -> str:
    return f"{int(time) // 60}:{int(time) % 60:02d}"


def _grid(cells: list[Image.Image], across: int) -> Image.Image:
    width, height = max(c.width for c in cells), max(c.height for c in cells)
    sheet = Image.new("RGB", (across * width, -(-len(cells) // across) * height), (24, 24, 28))
    for k, one in enumerate(cells):
        sheet.paste(one, (k % across * width, k // across * height))
    return sheet


if __name__ == "__main__":
    main()
