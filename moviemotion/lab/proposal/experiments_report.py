"""The deck's experiments, measured: one table, one picture, one verdict each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Template
from numpy.typing import NDArray

from moviemotion._io.atomic_files import appearing, refuse_unwritable, write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.proposal.experiments import (
    PREDICTIONS,
    Experiment,
    Reduction,
    choose,
    load_catalogue,
    read_reduction,
)
from moviemotion.lab.proposal.paired_differences import Change, Verdict, images_needed, judge, paired_change
from moviemotion.statistics import holm, wilson_interval

TEMPLATE = Path(__file__).with_name("experiments_report.md.jinja")
REPORT, PICTURE = "report.md", "changes.png"
DECK_IMAGES = 128


@dataclass(frozen=True)
class Result:
    """One experiment, measured.

    Attributes:
        labels: the change against the folders' labels, as the deck measured it.
        consensus: the same against the annotators' consensus; None without votes.
        adjusted_p: Holm-adjusted over the experiments of the report.
        verdict: on the published change; None where the deck published none.
        images_for_published, images_for_measured: test images that would show a change of that size.
    """

    experiment: Experiment
    labels: Change
    consensus: Change | None
    adjusted_p: float
    verdict: Verdict | None
    images_for_published: int | None
    images_for_measured: int | None


@dataclass(frozen=True)
class Left:
    """An experiment without a result, and why."""

    experiment: Experiment
    reason: str


def measure(data: Path, out: Path, numbers: Sequence[str] = ()) -> tuple[Reduction, list[Result], list[Left]]:
    """Compare the runs in `out` on `<data>/test`.

    Raises:
        MoviemotionError: no experiments were run there, or the test split is not the one they answered.
    """
    reduction = read_reduction(out)
    _, experiments = load_catalogue()
    faces = dataset.load_faces(data, "test")
    truths = [dataset.original_truth(faces)]
    if faces.votes is not None:
        truths.append(dataset.consensus_truth(faces))
    changes: list[tuple[Experiment, list[Change]]] = []
    left: list[Left] = []
    for experiment in choose(experiments, numbers):
        seeds = [
            s for s in reduction.seeds if all(_answers(out, d, s).exists() for d in _designs(experiment))
        ]
        if len(seeds) < 2:
            left.append(Left(experiment, f"seeds run on both sides: {len(seeds)}; two are needed"))
            continue
        before, after = (_read(out, design, seeds, len(faces)) for design in _designs(experiment))
        changes.append(
            (
                experiment,
                [
                    paired_change(before[:, t >= 0] == t[t >= 0], after[:, t >= 0] == t[t >= 0])
                    for t in truths
                ],
            )
        )
    adjusted = holm([change[0].p for _, change in changes]).tolist()
    return reduction, [_result(e, c, p) for (e, c), p in zip(changes, adjusted, strict=True)], left


def write_report(data: Path, out: Path, to: Path, say: Callable[[str], None] = print) -> Path:
    """Write `report.md` and `changes.png` into the folder `to`.

    Raises:
        MoviemotionError: as `measure` does, nothing can be compared yet, or `to` cannot be written.
    """
    refuse_unwritable(to)
    reduction, results, left = measure(data, out)
    if not results:
        raise MoviemotionError(
            f"{out}: nothing to compare yet; run more seeds with: moviemotion lab experiments run"
        )
    to.mkdir(parents=True, exist_ok=True)
    draw(results, to / PICTURE)
    published = [r for r in results if r.verdict is not None]
    text = Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, lstrip_blocks=True).render(
        reduction=reduction,
        results=results,
        published=published,
        left=left,
        by_number={r.experiment.number: r for r in results},
        counts={str(v): sum(r.verdict is v for r in published) for v in Verdict},
        images=results[0].labels.images,
        picture=PICTURE,
        deck_interval=wilson_interval(120, DECK_IMAGES),
        points=_points,
        span=_span,
        p_value=_p_value,
    )
    write_whole(to / REPORT, text)
    for result in results:
        say(_line(result))
    return to / REPORT


def draw(results: Sequence[Result], path: Path) -> None:
    """One picture: the published change, and the measured one with its interval, for each experiment."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.42 * len(results) + 1.4), layout="constrained", dpi=130)
    axes = figure.add_subplot()
    rows = np.arange(len(results))[::-1]
    axes.axvline(0, color="#999999", linewidth=1)
    colours = {Verdict.CONFIRMED: "#1b7f4b", Verdict.CONTRADICTED: "#b3261e", Verdict.CANNOT_TELL: "#666666"}
    for row, result in zip(rows, results, strict=True):
        low, high = (100 * end for end in result.labels.interval)
        colour = colours[result.verdict] if result.verdict else "#2f5d9b"
        axes.plot([low, high], [row, row], color=colour, linewidth=3, solid_capstyle="round")
        axes.plot(100 * result.labels.mean, row, "o", color=colour, markersize=7)
        if result.experiment.published:
            axes.plot(
                100 * result.experiment.published.change,
                row,
                "D",
                markerfacecolor="white",
                markeredgecolor="#222222",
                markersize=6,
            )
    labels = [
        f"#{r.experiment.number}  {r.experiment.title}"
        if r.experiment.number.isdigit()
        else r.experiment.title
        for r in results
    ]
    axes.set_yticks(rows, labels)
    axes.set_xlabel("change of test accuracy, percentage points")
    handles = [axes.plot([], [], "D", markerfacecolor="white", markeredgecolor="#222222")[0]]
    names = ["published, on 128 images"]
    for verdict, colour in colours.items():
        handles.append(axes.plot([], [], "o-", color=colour, linewidth=3)[0])
        names.append(f"measured: {verdict}")
    handles.append(axes.plot([], [], "o-", color="#2f5d9b", linewidth=3)[0])
    names.append("measured: not in the deck")
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e5e5e5")
    axes.set_axisbelow(True)
    with appearing(path) as partial:
        figure.savefig(partial, format="png")


def list_lines() -> list[str]:
    """Every experiment with its published change, for the terminal."""
    _, experiments = load_catalogue()
    lines = []
    for e in experiments:
        told = (
            f"{e.published.before_text} → {e.published.after_text}: {e.published.before:.2f} → "
            f"{e.published.after:.2f}"
            if e.published
            else "not in the deck"
        )
        lines.append(f"{e.number:>8}  {e.title}  ({told})")
    return lines


def _designs(experiment: Experiment) -> tuple[str, str]:
    return experiment.before, experiment.after


def _answers(out: Path, design: str, seed: int) -> Path:
    return out / design / f"seed-{seed}" / PREDICTIONS


def _read(out: Path, design: str, seeds: Sequence[int], images: int) -> NDArray[np.int64]:
    """(seeds, images) the emotion that each run chose."""
    chosen = []
    for seed in seeds:
        probabilities = np.load(_answers(out, design, seed))
        if len(probabilities) != images:
            raise MoviemotionError(
                f"{_answers(out, design, seed)}: answers {len(probabilities)} images, the test split has "
                f"{images}; name the --data of the runs"
            )
        chosen.append(probabilities.argmax(axis=1))
    return np.stack(chosen)


def _result(experiment: Experiment, changes: list[Change], adjusted_p: float) -> Result:
    labels = changes[0]
    published = experiment.published
    return Result(
        experiment,
        labels,
        changes[1] if len(changes) > 1 else None,
        adjusted_p,
        judge(labels, adjusted_p, published.change) if published else None,
        images_needed(labels, published.change) if published else None,
        images_needed(labels, labels.mean) if labels.mean else None,
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _span(change: Change) -> str:
    low, high = change.interval
    return f"{_points(low)} to {_points(high)}"


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"


def _line(result: Result) -> str:
    published = result.experiment.published
    told = f"published {_points(published.change)}" if published else "not published"
    return (
        f"{result.experiment.number:>8}  {told}, measured {_points(result.labels.mean)} "
        f"({_span(result.labels)}; {result.labels.seeds} seeds, n={result.labels.images}, "
        f"adjusted p {_p_value(result.adjusted_p)}): {result.verdict or 'no claim'}"
    )
