"""Measure how well attention is measured, and print a Markdown table.

    python benchmarks/attention.py --data ../shared/data
    python benchmarks/attention.py --data ../shared/data --sheet sheets/

*Heads* (needs the clips): real portraits on a simple three-dimensional head (`turned_heads`), turned by known
angles, dimmed and made smaller, found by the face detector and kept by the quality gate. Stated are the
correlation of the true with the estimated angles, and how often "facing the screen" is right for a single
picture, compared with the usual direction of the same head. The weights of `head_pose` were fitted to the
same six portraits in full light, without their combinations of yaw and pitch.

*Audiences* (needs no data): simulated viewers with noisy poses who look elsewhere at their own times, are
lost in the dark, lean and sit down again. A drop counts as found if its start is within 2 s. The rows
"nothing planted" show how often a drop or a walk-out is reported that nobody planted. All intervals are 95 %
Wilson intervals; simulated poses have the errors that *heads* measures.

`--sheet` draws one frame per second of the real clips with each head's direction, to be looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.signal import lfilter
from turned_heads import portraits, turned

from moviemotion.analysis.attention import Attention, measure_attention
from moviemotion.analysis.signals.attention_states import ATTENTION_STATES, SCREEN, classify_turns
from moviemotion.analysis.signals.timeline import ViewerSamples, build_timeline
from moviemotion.audience.displacement import face_displacements
from moviemotion.audience.faces.detect import CenterFaceDetector, crop_face
from moviemotion.audience.faces.head_pose import head_poses
from moviemotion.audience.faces.quality import REJECTION_REASONS, TURNED_AWAY, quality_weights
from moviemotion.audience.recordings import Camera, CameraProcessor, no_progress
from moviemotion.audience.video.decode import read_frames
from moviemotion.emotions import EMOTIONS
from moviemotion.simulation.synthetic_samples import POSE_NOISE
from moviemotion.statistics import wilson_interval
from moviemotion.study.provenance import audience_timeline

RATE = 5
MINUTES = 20
FACE = 60.0
"""Size of a simulated face, in pixels."""
TOLERANCE = 2.0
SIZES = (1.0, 0.5, 0.3)
LIGHTS = (1.0, 0.25)


def share(successes: int, trials: int) -> str:
    low, high = wilson_interval(successes, trials)
    return f"{successes / max(trials, 1):.1%} ({float(low):.1%} to {float(high):.1%}, n = {trials})"


def measure_heads(data: Path) -> Iterator[tuple[str, str]]:
    """Rows about portraits turned by known angles."""
    detector = CenterFaceDetector()
    rng = np.random.default_rng(36)
    heads = list(portraits(sorted((data / "seats").glob("seat-*.mp4")), detector))
    true, found, missed, rejected = [], [], 0, 0
    usual: dict[str, NDArray[np.float32]] = {}
    names = []
    angles = [(yaw, pitch) for yaw in range(-75, 76, 15) for pitch in (-40, -20, 0, 20, 40)]
    for name, image, face in heads:
        for size in SIZES:
            for light in LIGHTS:
                for yaw, pitch in angles:
                    picture = Image.fromarray(turned(image, face, yaw, pitch))
                    side = round(picture.width * size)
                    small = np.asarray(picture.resize((side, side), Image.Resampling.BOX), np.float64)
                    shown = np.full((320, 320, 3), 60.0)
                    shown[:side, :side] = small
                    shown = np.clip(shown * light + rng.normal(0, 3, shown.shape), 0, 255)
                    pixels = shown.astype(np.uint8)
                    faces = detector.detect([pixels], 320)[0]
                    if not faces:
                        missed += 1
                        continue
                    weight, reason = quality_weights(faces[:1], [crop_face(pixels, faces[0])])
                    if not weight[0] and REJECTION_REASONS[reason[0]] != TURNED_AWAY:
                        rejected += 1
                        continue
                    pose = head_poses(faces[:1])[0]
                    key = f"{name} {size} {light}"
                    if (yaw, pitch) == (0, 0):
                        usual[key] = pose
                    names.append(key)
                    true.append((yaw, pitch))
                    found.append(pose)
    truth, poses = np.array(true, np.float64), np.array(found, np.float64)
    relative = np.array([pose - usual[key] for key, pose in zip(names, poses, strict=True)])
    facing = classify_turns(relative) == SCREEN
    yaw, pitch = truth.T
    yield (
        f"heads drawn: {len(heads)} portraits, {len(SIZES)} sizes, {len(LIGHTS)} lights: found",
        share(len(truth) + rejected, len(truth) + rejected + missed),
    )
    yield "of these, kept by the quality gate", share(len(truth), len(truth) + rejected)
    yield "correlation of yaw, −75° to 75°", f"{np.corrcoef(yaw, poses[:, 0])[0, 1]:.3f} (n = {len(truth)})"
    yield (
        "correlation of pitch, −40° to 40°, yaw up to 45°",
        f"{np.corrcoef(pitch[abs(yaw) <= 45], poses[abs(yaw) <= 45, 1])[0, 1]:.3f} "
        f"(n = {(abs(yaw) <= 45).sum()})",
    )
    yield (
        "median error of yaw, up to 60°",
        f"{np.median(np.abs(relative[abs(yaw) <= 60, 0] - yaw[abs(yaw) <= 60])):.1f}°",
    )
    level = abs(pitch) <= 20
    angle = np.degrees(np.arccos(np.cos(np.radians(yaw)) * np.cos(np.radians(pitch))))
    for title, rows, right in (
        ("turned by more than 35° in any direction: not facing", angle > 35, ~facing),
        ("turned aside by 45° or more (pitch up to 20°): not facing", level & (abs(yaw) >= 45), ~facing),
        ("turned down by 40° (yaw up to 30°): not facing", (pitch == -40) & (abs(yaw) <= 30), ~facing),
        ("turned up by 40° (yaw up to 15°): not facing", (pitch == 40) & (abs(yaw) <= 15), ~facing),
        ("straight ahead up to 15° of yaw: facing", (pitch == 0) & (abs(yaw) <= 15), facing),
    ):
        yield title, share(int(right[rows].sum()), int(rows.sum()))


@dataclass(frozen=True)
class Room:
    """A simulated audience.

    Attributes:
        viewers: number of viewers.
        drop: first second of a drop, or None; its length in seconds; the share of viewers who look elsewhere.
        walk_outs: viewer → seconds of leaving and of coming back.
        dark: stretches in which most faces are not found.
    """

    viewers: int
    drop: tuple[int, int, float] | None = None
    walk_outs: tuple[tuple[int, int, int], ...] = ()
    dark: tuple[tuple[int, int], ...] = ()


def simulate(room: Room, seed: int) -> Attention:
    seconds = MINUTES * 60
    viewers = [_viewer(room, k, seconds, np.random.default_rng([seed, k])) for k in range(room.viewers)]
    timeline = build_timeline(viewers, seconds - 1 / RATE)
    return measure_attention(timeline, seed, np.ones(timeline.sample_counts.shape[1], dtype=bool))


def _viewer(room: Room, number: int, seconds: int, rng: np.random.Generator) -> ViewerSamples:
    n = seconds * RATE
    time = np.arange(n) / RATE
    pose = np.tile(rng.normal(0, 12, 2), (n, 1))  # the camera's place differs
    for correlation, deviation in POSE_NOISE:
        pose += deviation * _noise(rng, n, correlation)
    for start in rng.uniform(0, seconds, rng.poisson(seconds / 75)):
        _turn(pose, time, start, 1 + rng.exponential(4), rng)
    if room.drop and rng.random() < room.drop[2]:
        start, length, _ = room.drop
        _turn(pose, time, start + rng.normal(0, 0.8), length + rng.normal(0, 0.8), rng)
    center = np.array([300.0, 200.0]) + 0.1 * FACE * _noise(rng, n, 3.0)
    for start in rng.uniform(0, seconds, rng.poisson(seconds / 300)):  # leaning, or sitting down again
        center[time >= start] += rng.normal(0, 0.25 * FACE, 2)
    found = rng.random(n) > 0.02
    for start, stop in room.dark:
        found[(time >= start) & (time < stop)] &= rng.random() < 0.3
    for start in rng.uniform(0, seconds, rng.poisson(seconds / 600)):  # a head in front
        found[(time >= start) & (time < start + rng.exponential(20))] = False
    for viewer, left, back in room.walk_outs:
        if viewer == number:
            rising = np.clip(time - left, 0, 1.2)
            center[(time >= left) & (time < back), 1] -= (
                1.5 * FACE * rising[(time >= left) & (time < back)] / 1.2
            )
            found[(time >= left + 1.2) & (time < back)] = False
    box = np.concatenate([center - FACE / 2, center + FACE / 2], axis=1).astype(np.float32)[found]
    emotions = np.full((int(found.sum()), len(EMOTIONS)), 1 / len(EMOTIONS), np.float32)
    return ViewerSamples(
        f"seat-{number + 1:03d}",
        time[found],
        emotions,
        np.ones(len(emotions), np.float32),
        box,
        pose[found].astype(np.float32),
        face_displacements(np.zeros(len(box), np.int16), time[found], box),
    )


def _turn(
    pose: NDArray[np.float64],
    time: NDArray[np.float64],
    start: float,
    length: float,
    rng: np.random.Generator,
) -> None:
    """Turn a head to a neighbor or down to a phone."""
    rows = (time >= start) & (time < start + length)
    side = rng.choice([-1, 1]) * rng.uniform(35, 65)
    pose[rows] += (side, 0) if rng.random() < 0.5 else (rng.normal(0, 8), -rng.uniform(28, 40))


def _noise(rng: np.random.Generator, n: int, correlation: float) -> NDArray[np.float64]:
    carried = float(np.exp(-1 / (RATE * correlation)))
    white = rng.standard_normal((n, 2))
    white[1:] *= np.sqrt(1 - carried**2)
    return np.asarray(lfilter([1.0], [1.0, -carried], white, axis=0))


def measure_audiences(seeds: int) -> Iterator[tuple[str, str]]:
    """Rows about simulated audiences."""
    rng = np.random.default_rng(36)
    for viewers in (12, 24):
        nothing = [simulate(Room(viewers, dark=((400, 460),)), seed) for seed in range(seeds)]
        yield (
            f"{viewers} viewers, {MINUTES} minutes, nothing planted: screenings with a false drop",
            share(sum(bool(a.drops) for a in nothing), seeds),
        )
        yield (
            f"{viewers} viewers, nothing planted: viewers with a false walk-out",
            share(sum(len({w.viewer for w in a.walk_outs}) for a in nothing), seeds * viewers),
        )
        for part, length in ((0.3, 10), (0.5, 10), (0.5, 60)):
            hits, errors, extra = 0, [], 0
            for seed in range(seeds):
                start = int(rng.integers(600, 1000))
                drops = simulate(Room(viewers, (start, length, part), dark=((400, 460),)), 1000 + seed).drops
                near = [d for d in drops if abs(d.start - start) <= TOLERANCE]
                hits += bool(near)
                errors += [d.end - start - length for d in near[:1]]
                extra += any(d.end < start - 5 or d.start > start + length + 5 for d in drops)
            ends = f"; end within 2 s in {sum(abs(e) <= 2 for e in errors)} of these" if errors else ""
            yield (
                f"{viewers} viewers, a drop of {part:.0%} for {length} s: found, start within 2 s",
                share(hits, seeds) + ends + f"; another drop reported in {extra}",
            )
        yield from _walk_outs(viewers, seeds)


def _walk_outs(viewers: int, seeds: int) -> Iterator[tuple[str, str]]:
    rng = np.random.default_rng(viewers)
    planted = timed = returned = came = 0
    for seed in range(seeds):
        left = rng.integers(120, 900, 3).tolist()
        back = [left[0] + 60, left[1] + 200, MINUTES * 60]
        leavers = tuple(zip(range(3), left, back, strict=True))
        found = simulate(Room(viewers, walk_outs=leavers), 2000 + seed).walk_outs
        for number, start, stop in leavers:
            planted += 1
            mine = [
                w for w in found if w.viewer == f"seat-{number + 1:03d}" and abs(w.left - start) <= TOLERANCE
            ]
            timed += bool(mine)
            if stop < MINUTES * 60 and mine:
                came += 1
                returned += abs(mine[0].returned - stop) <= TOLERANCE
    yield f"{viewers} viewers, three walk out: found, time within 2 s", share(timed, planted)
    yield f"{viewers} viewers: return timed within 2 s, of those found", share(returned, came)


def draw_sheets(data: Path, out: Path) -> None:
    """One frame per second of each clip; a line shows where each head points, and the state stands above."""
    out.mkdir(parents=True, exist_ok=True)
    processor = CameraProcessor(RATE)
    clips = [*sorted((data / "seats").glob("*.mp4")), *sorted((data / "groups").iterdir())]
    for clip in clips:
        samples = processor.process(Camera(clip.stem, clip), no_progress)
        if not samples.viewers:
            continue
        timeline = audience_timeline([samples])
        assert timeline.attention is not None
        tiles = []
        for frame in read_frames(clip, 1.0):
            image = Image.fromarray(frame.image)
            draw = ImageDraw.Draw(image)
            for row in np.flatnonzero(np.abs(samples.time - frame.time) < 0.5 / RATE):
                left, top, right, bottom = samples.box[row].tolist()
                yaw, pitch = np.radians(samples.pose[row].astype(float))
                x, y, reach = (left + right) / 2, (top + bottom) / 2, 0.8 * (bottom - top)
                tip = (x + reach * np.sin(yaw) * np.cos(pitch), y - reach * np.sin(pitch))
                width = max(2, image.width // 160)
                draw.line((x, y, *tip), fill=(255, 220, 0), width=width)
                draw.ellipse(
                    (tip[0] - width, tip[1] - width, tip[0] + width, tip[1] + width), fill=(255, 0, 0)
                )
                state = ATTENTION_STATES[timeline.attention[samples.viewer[row], int(frame.time)]]
                draw.text((left, max(top - 12, 0)), state, fill=(255, 255, 255))
            image.thumbnail((240, 240))
            tiles.append(image)
        tiles = tiles[:: max(1, len(tiles) // 24)]
        sheet = Image.new("RGB", (6 * 244, -(-len(tiles) // 6) * (max(t.height for t in tiles) + 4)))
        for k, tile in enumerate(tiles):
            sheet.paste(tile, (k % 6 * 244, k // 6 * (max(t.height for t in tiles) + 4)))
        sheet.save(out / f"{clip.stem}.png")
        print(out / f"{clip.stem}.png", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with the real clips")
    parser.add_argument(
        "--sheet", type=Path, help="folder for contact sheets of the clips; nothing is measured"
    )
    parser.add_argument("--seeds", type=int, default=100, help="number of simulated screenings per row")
    parser.add_argument("--only", choices=("heads", "audiences"))
    options = parser.parse_args()
    if options.sheet:
        draw_sheets(options.data, options.sheet)
        return
    parts: list[Callable[[], Iterator[tuple[str, str]]]] = []
    if options.data and options.only != "audiences":
        parts.append(lambda: measure_heads(options.data))
    if options.only != "heads":
        parts.append(lambda: measure_audiences(options.seeds))
    print("| measured | result |\n| --- | --- |")
    for part in parts:
        for title, result in part():
            print(f"| {title} | {result} |", flush=True)


if __name__ == "__main__":
    main()
