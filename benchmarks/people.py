"""Measure baselines, strength, mixed emotions, peaks and quality weights on real and rendered faces.

    python benchmarks/people.py --data ../shared/data/faces                  # several minutes on 2 cores
    python benchmarks/people.py --data ../shared/data/faces --only strength mixed

Real faces are those that `moviemotion lab train` holds out of the train split with its default configuration;
the test split is used only to exclude duplicates. Real faces are single images, so a real "viewer" is
simulated: one neutral face is repeated between the expressions of other people, with small changes in
position, angle, light and noise. Rendered viewers have a resting expression that is sad, amused or neutral.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.stats import bootstrap, pearsonr, spearmanr

from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.baseline import (
    AVERAGE_REST,
    MAX_EMOTION_AT_REST,
    Baseline,
    estimate_baseline,
    strength_above_baseline,
)
from moviemotion.analysis.signals.timeline import Timeline, ViewerSamples, build_timeline
from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox, crop_face
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.emotions import EMOTIONS, MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.lab.data.dataset import (
    FaceSet,
    exclude_duplicates_of,
    load_faces,
    soft_targets,
    stratified_sample_mask,
    usable_mask,
)
from moviemotion.lab.training.config import make_config
from moviemotion.simulation.rendering.face import Identity, blended_expression, random_identity
from moviemotion.simulation.rendering.render import render_face
from moviemotion.simulation.synthetic_audience import (
    FRAME_RATE,
    EmotionEvent,
    EmotionSchedule,
    simulate_audience,
)
from moviemotion.statistics import wilson_interval

Float64Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

SEED = 36
PEOPLE = 12
ACTED = (Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD)
LEVELS = np.linspace(0, 1, 5)
VIEWS = 6
"""Number of slightly different views of each rendered face."""
BIAS = 0.25
"""The resting expression is strengthened until the emotion model assigns this probability to its emotion."""
NEUTRAL_FACES = 100
MIN_REDUCTION = 0.70
"""Share of a resting expression's bias that the baseline should remove."""
SAMPLES_PER_SECOND = 5
CALM = 0.03
"""Total true intensity below which a second is calm."""


@dataclass(frozen=True)
class Cast:
    """Rendered people.

    Attributes:
        kinds: the resting expression of each of P people.
        readings: (P, 3, L, VIEWS, 8) emotion probabilities, by person, acted emotion, level and view.
    """

    kinds: tuple[str, ...]
    readings: Float64Array


@dataclass(frozen=True)
class Bench:
    """The data that all parts share."""

    data: Path

    @cached_property
    def held_out(self) -> FaceSet:
        recipe = make_config("compact")
        train = load_faces(self.data, "train")
        train = exclude_duplicates_of(train.subset(usable_mask(train)), load_faces(self.data, "test"))
        return train.subset(stratified_sample_mask(train, recipe.validation, recipe.seed))

    @cached_property
    def shares(self) -> Float64Array:
        """(n, 8) shares of the annotators' votes, for each held-out face."""
        assert self.held_out.votes is not None
        return soft_targets(self.held_out.votes).astype(np.float64)

    @cached_property
    def probabilities(self) -> Float64Array:
        """(n, 8) emotion probabilities of each held-out face."""
        return read(list(self.held_out.images))

    @cached_property
    def cast(self) -> Cast:
        return render_cast()


def read(crops: list[Pixels]) -> Float64Array:
    model = OnnxEmotionModel()
    parts = [model.predict(crops[at : at + 64]) for at in range(0, len(crops), 64)]
    return np.concatenate(parts).astype(np.float64)


# --- Rendered people ----------------------------------------------------------------------------------


def render_cast() -> Cast:
    """Render people at each level of each acted emotion, and estimate their emotion probabilities.

    Their resting expressions are neutral, sad or amused.
    """
    detector = CenterFaceDetector()
    kinds = tuple(("plain", "sad", "smile")[n % 3] for n in range(PEOPLE))
    readings = np.empty((PEOPLE, len(ACTED), len(LEVELS), VIEWS, len(EMOTIONS)))
    for person, kind in enumerate(kinds):
        rng = np.random.default_rng([SEED, person])
        mouth = {"plain": 0.0, "sad": -1.0, "smile": 1.0}[kind]
        who = replace(random_identity(SEED, person), resting_mouth=mouth)
        (face, *_) = detector.detect([drawn(who, np.zeros(7)).astype(np.uint8)], 320)[0]

        def views(
            intensities: Float64Array, who: Identity = who, face: FaceBox = face, rng=rng
        ) -> Float64Array:
            picture = drawn(who, intensities)
            return read([view(picture, face, rng) for _ in range(VIEWS)])

        rest, biased = np.zeros(7), {"plain": None, "sad": Emotion.SAD, "smile": Emotion.HAPPY}[kind]
        while biased and views(rest)[:, EMOTIONS.index(biased)].mean() < BIAS and rest.max() < 0.9:
            rest[NON_NEUTRAL_EMOTIONS.index(biased)] += 0.08
        for acted, emotion in enumerate(ACTED):
            column = NON_NEUTRAL_EMOTIONS.index(emotion)
            for step, level in enumerate(LEVELS):
                intensities = rest * (1 - level)
                intensities[column] = rest[column] + level * (1 - rest[column])
                readings[person, acted, step] = views(intensities)
    return Cast(kinds, readings)


def drawn(who: Identity, intensities: Float64Array) -> Float64Array:
    rgba = render_face(who, blended_expression(intensities), 44.0).astype(np.float64)
    alpha = rgba[..., 3:] / 255
    return rgba[..., :3] * alpha + np.array([30, 29, 38]) * (1 - alpha)


def view(picture: Float64Array, face: FaceBox, rng: np.random.Generator) -> Pixels:
    """Crop a face with random brightness and with the noise of a camera and of a face detector."""
    lit = np.clip(picture * rng.uniform(0.75, 1.15) + rng.normal(0, 3, picture.shape), 0, 255)
    (x, y), half = face.center + rng.normal(0, 1.2, 2), face.size / 2 * np.exp(rng.normal(0, 0.02))
    box = FaceBox(x - half, y - half, x + half, y + half, face.score, face.landmarks)
    return crop_face(lit.astype(np.uint8), box)


def sessions(
    cast: Cast, share: float, only: tuple[Emotion, ...], seed: int
) -> tuple[Float64Array, Float64Array]:
    """Simulate four minutes in which emotions are felt for `share` of the time.

    Returns:
        The ground truth, (P, S, 7); the emotion probabilities of the samples, (P, S × 5, 8).
    """
    rng, seconds = np.random.default_rng(seed), 240
    events, at = [], 5.0
    while at < seconds - 10:
        lasts = float(rng.uniform(4, 9))
        emotion = only[int(rng.integers(len(only)))]
        events.append(EmotionEvent(at, at + lasts, emotion, float(rng.uniform(0.4, 1.0))))
        at += lasts / share
    audience = simulate_audience(EmotionSchedule(tuple(events)), len(cast.kinds), seconds, seed)
    step = (np.arange(seconds * SAMPLES_PER_SECOND) * FRAME_RATE / SAMPLES_PER_SECOND).astype(int)
    samples = np.empty((len(cast.kinds), len(step), len(EMOTIONS)))
    for person, felt in enumerate(
        audience.felt_intensity[:, step][:, :, [NON_NEUTRAL_EMOTIONS.index(e) for e in ACTED]]
    ):
        # An intensity between two rendered levels becomes one of them at random, usually the nearer one.
        level = felt.max(axis=1) * (len(LEVELS) - 1) + rng.uniform(-0.5, 0.5, len(step))
        which = np.clip(np.round(level), 0, len(LEVELS) - 1).astype(int)
        seen = np.repeat(rng.integers(0, VIEWS, len(step) // 3 + 1), 3)[: len(step)]
        log = np.log(np.maximum(cast.readings[person, felt.argmax(axis=1), which, seen], 1e-5))
        noisy = np.exp(log + rng.normal(0, 0.5, log.shape))
        samples[person] = noisy / noisy.sum(axis=1, keepdims=True)
    return audience.ground_truth[:, :, 1:], samples


def timeline_of(samples: Float64Array, step: int = 1) -> Timeline:
    """(V, n, 8) samples, every `step`-th of `SAMPLES_PER_SECOND` → the timeline of the V viewers."""
    time = np.arange(samples.shape[1]) * step / SAMPLES_PER_SECOND
    weight = np.ones(len(time), np.float32)
    viewers = (ViewerSamples(str(v), time, own.astype(np.float32), weight) for v, own in enumerate(samples))
    return build_timeline(viewers, float(time[-1]))


def means_only(samples: Float64Array) -> Timeline:
    return replace(timeline_of(samples), peak=None)


# --- Parts --------------------------------------------------------------------------------------------


def baseline(bench: Bench) -> Iterator[str]:
    """Measure how much of the bias of resting expressions the baseline removes."""
    cases = ((0.1, ACTED), (0.3, ACTED), (0.6, ACTED), (0.5, (Emotion.HAPPY,)))
    for share, only in cases:
        before: dict[str, list[float]] = {"sad": [], "smile": []}
        after: dict[str, list[float]] = {"sad": [], "smile": []}
        for seed in range(4):
            truth, samples = sessions(bench.cast, share, only, seed)
            timeline = timeline_of(samples)
            without, measured = (
                strength_above_baseline(timeline, average_rest(timeline)),
                strength_above_baseline(timeline, estimate_baseline(timeline)),
            )
            calm = truth.sum(axis=2) < 0.03
            for person, kind in enumerate(bench.cast.kinds):
                if kind != "plain" and calm[person].sum() >= 5:
                    column = NON_NEUTRAL_EMOTIONS.index(Emotion.SAD if kind == "sad" else Emotion.HAPPY)
                    before[kind].append(float(without[person, calm[person], column].mean()))
                    after[kind].append(float(measured[person, calm[person], column].mean()))
        what = "smiling" if len(only) == 1 else "showing an emotion"
        for kind, biases in before.items():
            case = f"rendered, resting {kind:<5}, {what} {share:.0%} of the time"
            yield f"{case}: {reduction(biases, after[kind])}"
    yield from real_baseline(bench)


def real_baseline(bench: Bench) -> Iterator[str]:
    faces, shares, rng = bench.held_out, bench.shares, np.random.default_rng(SEED)
    neutral = np.flatnonzero(shares[:, 0] > 0.5)
    moved = np.quantile(1 - bench.probabilities[neutral, 0], 0.95)
    yield (
        f"real neutral faces: 19 of 20 have {moved:.2f} or less for all other emotions together "
        f"(n={len(neutral)}); a baseline estimated from the film is limited to {MAX_EMOTION_AT_REST:g}"
    )
    neutral = rng.permutation(neutral)[:NEUTRAL_FACES]
    views = [jittered(faces.images[n], rng) for n in neutral for _ in range(24)]
    resting = read(views).reshape(len(neutral), 24, 8)
    expressions = np.flatnonzero(shares[:, [EMOTIONS.index(e) for e in ACTED]].max(axis=1) >= 0.7)
    # The baseline is estimated from twelve views of each face and eight expressions of other people. The bias
    # is measured on the other twelve views.
    others = bench.probabilities[rng.choice(expressions, (len(neutral), 8))]
    session = np.concatenate([resting[:, :12], others], axis=1).astype(np.float32)
    rest = estimate_baseline(
        Timeline(faces.names[: len(neutral)], 0, session, np.ones(session.shape[:2], np.int32))
    )
    held = resting[:, 12:].astype(np.float32)
    timeline = Timeline(faces.names[: len(neutral)], 0, held, np.ones(held.shape[:2], np.int32))
    without, measured = (
        strength_above_baseline(timeline, average_rest(timeline)),
        strength_above_baseline(timeline, rest),
    )
    for name, columns in (("sad", [NON_NEUTRAL_EMOTIONS.index(Emotion.SAD)]), ("all seven", list(range(7)))):
        before, after = (s[:, :, columns].sum(axis=2).mean(axis=1).tolist() for s in (without, measured))
        yield f"real neutral faces, {name}: {reduction(before, after)}"


def average_rest(timeline: Timeline) -> Baseline:
    """The average face at rest for everybody: strength without individual baselines."""
    viewers, average = len(timeline.viewers), [AVERAGE_REST] * len(NON_NEUTRAL_EMOTIONS)
    rest = np.tile([1 - sum(average), *average], (viewers, 1))
    return Baseline(rest, np.ones(viewers, int), np.zeros(viewers, bool))


def jittered(face: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a face shifted by about a pixel and rotated by a degree or two, with other light and noise."""
    turned = Image.fromarray(face).rotate(
        float(rng.normal(0, 1.5)), Image.Resampling.BILINEAR, translate=tuple(np.round(rng.normal(0, 0.7, 2)))
    )
    lit = 255 * (np.asarray(turned, np.float64) / 255) ** float(np.exp(rng.normal(0, 0.15)))
    return np.clip(lit + rng.normal(0, 3, face.shape), 0, 255).astype(np.uint8)


def reduction(before: list[float], after: list[float]) -> str:
    """Format the reduction of a mean bias, with its interval over viewers."""
    a, b = np.array(before), np.array(after)
    low, high = interval(lambda i: 1 - b[i].mean() / a[i].mean(), len(a))
    gone = 1 - b.mean() / a.mean()
    verdict = "pass" if gone >= MIN_REDUCTION else "missed"
    return (
        f"{a.mean():.3f} → {b.mean():.3f}, reduced by {gone:.0%} (95 % {low:.0%} to {high:.0%}, n={len(a)}); "
        f"target {MIN_REDUCTION:.0%}: {verdict}"
    )


def strengths(bench: Bench) -> Iterator[str]:
    """Measure how strength rises with the rendered intensity, and probability with the annotators' votes."""
    cast = bench.cast
    for acted, emotion in enumerate(ACTED):
        column = EMOTIONS.index(emotion)
        readings = cast.readings[:, acted]
        people = len(readings)
        one_row = Timeline(
            tuple(map(str, range(people))),
            0,
            readings.reshape(people, -1, len(EMOTIONS)).astype(np.float32),
            np.ones((people, readings[0, :, :, 0].size), np.int32),
        )
        rest = cast.readings[:, :, 0].mean(axis=(1, 2))
        baselines = Baseline(rest, np.ones(people, int), np.ones(people, bool))
        p = readings[:, :, :, column]
        won = strength_above_baseline(one_row, baselines)[:, :, column - 1].reshape(p.shape)
        drawn_at = np.broadcast_to(LEVELS[:, None], p.shape[1:])
        own = [float(spearmanr(drawn_at.ravel(), one.ravel()).statistic) for one in won]
        means = won.mean(axis=(0, 2))
        steps = np.diff(won.mean(axis=2), axis=1)
        yield (
            f"rendered {emotion}, intensity {LEVELS[0]:g} to {LEVELS[-1]:g}: strength "
            f"{', '.join(f'{m:.2f}' for m in means)}; Spearman within a person "
            f"{np.median(own):.2f} (median of {len(own)}, minimum {min(own):.2f}), over all "
            f"{spearmanr(np.broadcast_to(drawn_at, p.shape).ravel(), won.ravel()).statistic:.2f}; "
            f"strength does not fall in {(steps >= -0.02).mean():.0%} of {steps.size} steps"
        )
    for column, emotion in enumerate(EMOTIONS):
        p, share = bench.probabilities[:, column], bench.shares[:, column]
        low, high = interval(lambda i, p=p, s=share: spearmanr(p[i], s[i]).statistic, len(p), draws=200)
        bins = []
        for a, b in ((0, 0.05), (0.05, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
            here = (p >= a) & (p < b)
            if here.sum() >= 10:
                half = 1.96 * share[here].std(ddof=1) / np.sqrt(here.sum())
                bins.append(f"{p[here].mean():.2f}→{share[here].mean():.2f}±{half:.2f} (n={here.sum()})")
        yield (
            f"votes, {emotion}: Spearman {spearmanr(p, share).statistic:.2f} (95 % {low:.2f} to {high:.2f}, "
            f"n={len(p)}); probability→share of votes: {', '.join(bins)}"
        )


def mixed(bench: Bench) -> Iterator[str]:
    """Measure how well faces with votes split between two emotions are found, compared with chance."""
    reported: set[tuple[Emotion, ...]] = set()
    for mixed_emotion in MIXED_EMOTIONS:
        parts = tuple(sorted(mixed_emotion.components))
        if parts in reported:
            continue
        reported.add(parts)
        columns = [EMOTIONS.index(part) for part in mixed_emotion.components]
        truth = bench.shares[:, columns].min(axis=1) >= mixed_emotion.threshold
        found = bench.probabilities[:, columns].min(axis=1) >= mixed_emotion.threshold
        names = " / ".join(f.name for f in MIXED_EMOTIONS if tuple(sorted(f.components)) == parts)
        hits, n = int((truth & found).sum()), len(truth)
        yield (
            f"{names}: {truth.sum()} of {n} faces according to the votes; "
            f"precision {part_of(hits, int(found.sum()))}, by chance {truth.mean():.3f}; "
            f"recall {part_of(hits, int(truth.sum()))}, by chance {found.mean():.3f}"
        )


def peaks(bench: Bench) -> Iterator[str]:
    """Compare strength from the peaks of seconds with strength from their means.

    Correlation with the ground truth over all seconds, share of calm seconds that count as reactions, and the
    strength of a smile of 0.6 s that is read as 0.99, for resting faces with different probabilities of joy.
    """
    for name, chosen in {"peaks (as shipped)": timeline_of, "means": means_only}.items():
        found: dict[Emotion, list[float]] = {emotion: [] for emotion in ACTED}
        reacting, calm_seconds = 0, 0
        for seed in range(4):
            truth, samples = sessions(bench.cast, 0.3, ACTED, seed)
            timeline = chosen(samples)
            measured = strength_above_baseline(timeline, estimate_baseline(timeline))
            calm = truth.sum(axis=2) < CALM
            reacting += int((measured.max(axis=2) >= REACTION_THRESHOLD)[calm].sum())
            calm_seconds += int(calm.sum())
            for emotion, column in ((e, NON_NEUTRAL_EMOTIONS.index(e)) for e in ACTED):
                for own, acted in zip(measured[:, :, column], truth[:, :, column], strict=True):
                    if acted.max() > 0.2:
                        found[emotion].append(float(pearsonr(own, acted).statistic))
        figures = ", ".join(f"{e} {np.mean(r):.3f}" for e, r in found.items())
        yield f"{name}: correlation {figures} (n={min(map(len, found.values()))} viewers each)"
        yield f"{name}: calm seconds that count as reactions {part_of(reacting, calm_seconds)}"
        smiles = {rest: short_smile_strengths(rest, chosen) for rest in (0.005, 0.02, 0.05, 0.1)}
        by_rest = ", ".join(f"{rest:g}: {min(s):.2f} to {max(s):.2f}" for rest, s in smiles.items())
        yield f"{name}: strength of a smile of 0.6 s, by joy at rest: {by_rest}"


def rates(bench: Bench) -> Iterator[str]:
    """Measure how mean strength during strong expressions depends on the number of samples per second."""
    for step in (1, 2, 5):
        strong: list[Float64Array] = []
        for seed in range(4):
            truth, samples = sessions(bench.cast, 0.3, ACTED, seed)
            timeline = timeline_of(samples[:, ::step], step)
            strength = strength_above_baseline(timeline, estimate_baseline(timeline)).max(axis=2)
            seconds = min(strength.shape[1], truth.shape[1])
            strong.append(strength[:, :seconds][truth[:, :seconds].max(axis=2) > 0.5])
        values = np.concatenate(strong)
        half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
        yield (
            f"{SAMPLES_PER_SECOND / step:g} samples per second: mean strength at an intensity above 0.5 "
            f"{values.mean():.3f} ± {half:.3f} (n={len(values)} seconds)"
        )


def short_smile_strengths(joy_at_rest: float, chosen: Callable[[Float64Array], Timeline]) -> list[float]:
    """Return the strength of a smile of three samples, for each position of its start within a second."""
    joy = EMOTIONS.index(Emotion.HAPPY)
    found = []
    for start in range(500, 500 + SAMPLES_PER_SECOND):
        samples = np.full((1, 1500, len(EMOTIONS)), 0.001)
        samples[:, :, joy] = joy_at_rest
        samples[0, start : start + 3] = 0.001
        samples[0, start : start + 3, joy] = 0.99
        samples[:, :, EMOTIONS.index(Emotion.NEUTRAL)] += 1 - samples.sum(axis=2)
        timeline = chosen(samples)
        strength = strength_above_baseline(timeline, estimate_baseline(timeline))
        found.append(float(strength[0, :, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)].max()))
    return found


def quality(bench: Bench) -> Iterator[str]:
    """Check that the quality weight falls as the errors on degraded faces grow."""
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(bench.held_out))[:200]
    images, shares = bench.held_out.images[chosen], bench.shares[chosen]
    marks = np.array([[15, 20], [31, 20], [23, 29], [16, 37], [30, 37]], np.float32)
    faces = [FaceBox(0, 0, 46, 46, 0.9, marks)] * len(images)
    weights, errors = [], []
    for name, degrade in DEGRADATIONS.items():
        degraded = [degrade(image, rng) for image in images]
        weight, _ = quality_weights(faces, degraded)
        error = np.abs(read(degraded) - shares).sum(axis=1) / 2
        weights.append(weight)
        errors.append(error)
        yield (
            f"quality, {name}: share of votes misplaced {error.mean():.3f}, mean weight {weight.mean():.2f}, "
            f"rejected {(weight == 0).mean():.0%} (n={len(images)})"
        )
    w, e = np.concatenate(weights), np.concatenate(errors)
    rho = spearmanr(w, e).statistic
    yield (
        f"quality, all: share of votes misplaced {e.mean():.3f}, weighted {np.average(e, weights=w):.3f}, "
        f"rejected faces {e[w == 0].mean():.3f}; Spearman of weight and error {rho:.2f} (n={len(w)})"
    )


def _covered(image: Pixels, inside: NDArray[np.bool_], rng: np.random.Generator) -> Pixels:
    hand = gaussian_filter(rng.normal(0, 1, image.shape), 3)
    skin = np.median(image[10:30, 10:38]) * 0.95 + 8 * hand / hand.std()
    return np.where(inside, np.clip(skin, 0, 255), image).astype(np.uint8)


_Y, _X = np.mgrid[:48, :48]
DEGRADATIONS: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "unchanged": lambda x, rng: x,
    "dark (gamma 2.5, noise)": lambda x, rng: np.clip(
        255 * (x / 255.0) ** 2.5 + rng.normal(0, 3, x.shape), 0, 255
    ).astype(np.uint8),
    "almost no light": lambda x, rng: np.clip(x * 0.03 + rng.normal(0, 2, x.shape), 0, 255).astype(np.uint8),
    "blur of 2 px": lambda x, rng: gaussian_filter(x, 2),
    "blur of 4 px": lambda x, rng: gaussian_filter(x, 4),
    "hand over the mouth": lambda x, rng: _covered(x, ((_Y - 40) / 12) ** 2 + ((_X - 24) / 17) ** 2 < 1, rng),
    "hand on one side": lambda x, rng: _covered(x, ((_Y - 26) / 22) ** 2 + ((_X - 6) / 16) ** 2 < 1, rng),
    "popcorn in front of the mouth": lambda x, rng: np.where(
        (_Y > 30) & (abs(_X - 24) < 18), rng.integers(120, 256, x.shape), x
    ).astype(np.uint8),
}


def part_of(count: int, total: int) -> str:
    low, high = wilson_interval(count, total)
    return f"{count / total:.2f} ({low:.2f} to {high:.2f}, n={total})" if total else "– (n=0)"


def interval(
    statistic: Callable[[NDArray[np.int64]], float], n: int, draws: int = 1000
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval over n units."""
    result = bootstrap(
        (np.arange(n),),
        statistic,
        n_resamples=draws,
        vectorized=False,
        method="percentile",
        random_state=np.random.default_rng(SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


PARTS = {
    "baseline": baseline,
    "strength": strengths,
    "mixed": mixed,
    "peaks": peaks,
    "rates": rates,
    "quality": quality,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train/<label>/*.png and the annotators' votes"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    bench = Bench(arguments.data)
    for name in arguments.only:
        for line in PARTS[name](bench):
            print(line, flush=True)


if __name__ == "__main__":
    main()
