"""Report the proposal's experiments: a table and a chart with a verdict on each published change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Template
from numpy.typing import NDArray

from moviemotion._io.atomic_files import atomic_write, atomic_write_text, check_writable
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.data import dataset
from moviemotion.lab.proposal.experiments import (
    PREDICTIONS_FILE,
    Experiment,
    TrainingBudget,
    load_catalog,
    read_budget,
    select_experiments,
)
from moviemotion.lab.proposal.paired_differences import (
    PairedChange,
    ReplicationVerdict,
    judge_published_change,
    paired_change,
    required_images,
)
from moviemotion.statistics import holm_adjusted, wilson_interval

TEMPLATE = Path(__file__).with_name("experiments_report.md.jinja")
REPORT_FILE, CHART_FILE = "report.md", "changes.png"
PROPOSAL_TEST_IMAGES = 128


@dataclass(frozen=True)
class ExperimentResult:
    """The result of one experiment.

    Attributes:
        label_change: the change in accuracy against the folder labels, as in the proposal.
        consensus_change: the change in accuracy against the annotators' consensus; None without votes.
        adjusted_p: p-value of the label change, Holm-adjusted across all experiments of the report.
        verdict: verdict on the published change; None if the experiment is not in the proposal.
        images_for_published, images_for_measured: number of test images required to detect a change of the
            published size or of the measured size; None if no number of images suffices with this number
            of seeds.
    """

    experiment: Experiment
    label_change: PairedChange
    consensus_change: PairedChange | None
    adjusted_p: float
    verdict: ReplicationVerdict | None
    images_for_published: int | None
    images_for_measured: int | None


@dataclass(frozen=True)
class SkippedExperiment:
    """An experiment without a result, and the reason."""

    experiment: Experiment
    reason: str


def compare_runs(
    data: Path, runs: Path, numbers: Sequence[str] = ()
) -> tuple[TrainingBudget, list[ExperimentResult], list[SkippedExperiment]]:
    """Compare the runs of each experiment on `<data>/test`.

    Args:
        data: the face set on which the experiments were run.
        runs: the folder that contains the runs.
        numbers: experiments to compare; all if empty.

    Returns:
        The size of the runs, the results, and the experiments without a result.

    Raises:
        MoviemotionError: `runs` contains no experiments, or the predictions are for a different test split.
    """
    budget = read_budget(runs)
    _, experiments = load_catalog()
    faces = dataset.load_faces(data, "test")
    truths = [dataset.label_truth(faces)]
    if faces.votes is not None:
        truths.append(dataset.consensus_truth(faces))
    changes: list[tuple[Experiment, list[PairedChange]]] = []
    skipped: list[SkippedExperiment] = []
    for experiment in select_experiments(experiments, numbers):
        seeds = [
            s
            for s in budget.seeds
            if all(_predictions_file(runs, d, s).exists() for d in _both_designs(experiment))
        ]
        if len(seeds) < 2:
            skipped.append(
                SkippedExperiment(
                    experiment,
                    f"at least two seeds are required; the number run with both designs is {len(seeds)}",
                )
            )
            continue
        before, after = (
            _read_predictions(runs, design, seeds, len(faces)) for design in _both_designs(experiment)
        )
        changes.append(
            (
                experiment,
                [
                    paired_change(before[:, t >= 0] == t[t >= 0], after[:, t >= 0] == t[t >= 0])
                    for t in truths
                ],
            )
        )
    adjusted = holm_adjusted([change[0].p_value for _, change in changes]).tolist()
    return budget, [_make_result(e, c, p) for (e, c), p in zip(changes, adjusted, strict=True)], skipped


def write_experiments_report(
    data: Path, runs: Path, report_folder: Path, print_line: Callable[[str], None] = print
) -> Path:
    """Write `report.md` and `changes.png` to a folder.

    Args:
        data: the face set on which the experiments were run.
        runs: the folder that contains the runs.
        report_folder: the folder to which the report is written.
        print_line: called with one line per result.

    Returns:
        The path of `report.md`.

    Raises:
        MoviemotionError: there are no results yet, the folder cannot be written, or `compare_runs` fails.
    """
    check_writable(report_folder)
    budget, results, skipped = compare_runs(data, runs)
    if not results:
        raise MoviemotionError(
            f"{runs}: contains no results yet; run more seeds with moviemotion lab experiments run"
        )
    report_folder.mkdir(parents=True, exist_ok=True)
    draw_changes_chart(results, report_folder / CHART_FILE)
    published = [r for r in results if r.verdict is not None]
    text = Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, lstrip_blocks=True).render(
        budget=budget,
        results=results,
        published=published,
        skipped=skipped,
        by_number={r.experiment.number: r for r in results},
        counts={str(v): sum(r.verdict is v for r in published) for v in ReplicationVerdict},
        images=results[0].label_change.n_images,
        chart=CHART_FILE,
        proposal_interval=wilson_interval(120, PROPOSAL_TEST_IMAGES),
        points=_format_points,
        span=_format_interval,
        p_value=_format_p_value,
    )
    atomic_write_text(report_folder / REPORT_FILE, text)
    for result in results:
        print_line(_result_line(result))
    return report_folder / REPORT_FILE


def draw_changes_chart(results: Sequence[ExperimentResult], path: Path) -> None:
    """Plot each experiment's published change, and its measured change with an interval, as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.42 * len(results) + 1.4), layout="constrained", dpi=130)
    axes = figure.add_subplot()
    rows = np.arange(len(results))[::-1]
    axes.axvline(0, color="#999999", linewidth=1)
    colors = {
        ReplicationVerdict.CONFIRMED: "#1b7f4b",
        ReplicationVerdict.CONTRADICTED: "#b3261e",
        ReplicationVerdict.INCONCLUSIVE: "#666666",
    }
    for row, result in zip(rows, results, strict=True):
        low, high = (100 * end for end in result.label_change.interval)
        color = colors[result.verdict] if result.verdict else "#2f5d9b"
        axes.plot([low, high], [row, row], color=color, linewidth=3, solid_capstyle="round")
        axes.plot(100 * result.label_change.difference, row, "o", color=color, markersize=7)
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
    axes.set_xlabel("change in test accuracy, percentage points")
    handles = [axes.plot([], [], "D", markerfacecolor="white", markeredgecolor="#222222")[0]]
    names = ["published, on 128 images"]
    for verdict, color in colors.items():
        handles.append(axes.plot([], [], "o-", color=color, linewidth=3)[0])
        names.append(f"measured: {verdict}")
    handles.append(axes.plot([], [], "o-", color="#2f5d9b", linewidth=3)[0])
    names.append("measured: not in the proposal")
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e5e5e5")
    axes.set_axisbelow(True)
    with atomic_write(path) as partial:
        figure.savefig(partial, format="png")


def experiment_lines() -> list[str]:
    """List the experiments and their published changes, for the terminal."""
    _, experiments = load_catalog()
    lines = []
    for e in experiments:
        published = (
            f"{e.published.before_text} → {e.published.after_text}: {e.published.before:.2f} → "
            f"{e.published.after:.2f}"
            if e.published
            else "not in the proposal"
        )
        lines.append(f"{e.number:>8}  {e.title}  ({published})")
    return lines


def _both_designs(experiment: Experiment) -> tuple[str, str]:
    return experiment.before, experiment.after


def _predictions_file(out: Path, design: str, seed: int) -> Path:
    return out / design / f"seed-{seed}" / PREDICTIONS_FILE


def _read_predictions(out: Path, design: str, seeds: Sequence[int], images: int) -> NDArray[np.int64]:
    """(seeds, images) index of the emotion that each run predicted for each image."""
    predicted = []
    for seed in seeds:
        probabilities = np.load(_predictions_file(out, design, seed))
        if len(probabilities) != images:
            raise SettingError(
                "other-test-split",
                "{path}: contains predictions for {found} images, but the test split has {images}; "
                "set {data} to the face set of the runs",
                path=_predictions_file(out, design, seed),
                found=len(probabilities),
                images=images,
            )
        predicted.append(probabilities.argmax(axis=1))
    return np.stack(predicted)


def _make_result(experiment: Experiment, changes: list[PairedChange], adjusted_p: float) -> ExperimentResult:
    labels = changes[0]
    published = experiment.published
    return ExperimentResult(
        experiment,
        labels,
        changes[1] if len(changes) > 1 else None,
        adjusted_p,
        judge_published_change(labels, adjusted_p, published.change) if published else None,
        required_images(labels, published.change) if published else None,
        required_images(labels, labels.difference) if labels.difference else None,
    )


def _format_points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _format_interval(change: PairedChange) -> str:
    low, high = change.interval
    return f"{_format_points(low)} to {_format_points(high)}"


def _format_p_value(p: float) -> str:
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"


def _result_line(result: ExperimentResult) -> str:
    published = result.experiment.published
    claim = f"published {_format_points(published.change)}" if published else "not published"
    return (
        f"{result.experiment.number:>8}  {claim}, measured {_format_points(result.label_change.difference)} "
        f"({_format_interval(result.label_change)}; {result.label_change.n_seeds} seeds, "
        f"n={result.label_change.n_images}, "
        f"adjusted p {_format_p_value(result.adjusted_p)}): {result.verdict or 'not in the proposal'}"
    )
