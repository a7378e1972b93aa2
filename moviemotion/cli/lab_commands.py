"""Laboratory commands: audit face sets; train, export, quantize and evaluate emotion models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from moviemotion._io.atomic_files import check_writable
from moviemotion.cli.console import parse_seeds, stage_progress_bar, stderr_console, step_progress_bar
from moviemotion.cli.exit_codes import INCOMPLETE
from moviemotion.errors import MoviemotionError

lab = typer.Typer(no_args_is_help=True, help="Audit face sets; train, export and evaluate emotion models.")
experiments = typer.Typer(no_args_is_help=True, help="Repeat the proposal's experiments.")
lab.add_typer(experiments, name="experiments")


@lab.command()
def audit(
    data: Annotated[Path, typer.Argument(help="Folder with <split>/<label>/<image>, or <label>/<image>.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html, issues.csv and decisions.csv.")] = Path(
        "audit"
    ),
    second_opinion: Annotated[
        str,
        typer.Option(
            help="What to check labels against: labels (networks trained on the other labels) or model "
            "(the shipped emotion model; not suitable for faces it was trained on)."
        ),
    ] = "labels",
    clean: Annotated[
        Path | None, typer.Option(help="Folder for a cleaned copy; the source folder is not changed.")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="Edited decisions.csv to apply with --clean, without repeating the audit."),
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy files instead of linking them.")] = False,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 36,
) -> None:
    """Find mislabeled, corrupt and duplicate images, and propose what to do with each."""
    from moviemotion.lab.audit import audit_report, find_issues
    from moviemotion.lab.data import cleaning

    if second_opinion not in list(find_issues.SecondOpinion):
        choices = " or ".join(find_issues.SecondOpinion)
        raise MoviemotionError(f"--second-opinion {second_opinion}: unknown; choose {choices}")
    # The audit takes minutes, so first check that its results can be written.
    cleaning.check_outside_dataset(data, out)
    if clean:
        cleaning.check_output_folder(data, clean)
    if decisions and not clean:
        raise MoviemotionError(
            "--decisions: has no effect without --clean; add --clean and the output folder"
        )
    if decisions:
        chosen = cleaning.read_decisions(decisions)
    else:
        opinion = find_issues.SecondOpinion(second_opinion)
        with stage_progress_bar() as on_progress:
            result = find_issues.audit_dataset(
                data, opinion, seed=seed, print_line=typer.echo, on_progress=on_progress
            )
        page = audit_report.write_audit_report(result, out)
        for line in audit_report.audit_lines(result):
            typer.echo(line)
        typer.echo(f"Report: {page}")
        chosen = cleaning.propose_decisions(result.issues)
    if clean:
        typer.echo(f"{clean}: {cleaning.write_cleaned_copy(data, clean, chosen, copy)} images")


@lab.command()
def split(
    data: Annotated[Path, typer.Argument(help="Folder with <split>/<label>/<image>, or <label>/<image>.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    train: Annotated[float, typer.Option(help="Fraction of the faces for training.", min=0, max=1)] = 0.7,
    validation: Annotated[
        float, typer.Option(help="Fraction of the faces for validation.", min=0, max=1)
    ] = 0.2,
    test: Annotated[float, typer.Option(help="Fraction of the faces for testing.", min=0, max=1)] = 0.1,
    copy: Annotated[bool, typer.Option("--copy", help="Copy files instead of linking them.")] = False,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 36,
) -> None:
    """Split faces into train, validation and test, stratified by class; duplicates stay together."""
    from moviemotion.lab.data import splitting

    shares = {"train": train, "validation": validation, "test": test}
    with step_progress_bar("finding duplicates") as (_, step):
        result = splitting.split_dataset(data, out, shares, seed, copy, step)
    for line in splitting.split_lines(result):
        typer.echo(line)


@lab.command()
def train(
    data: Annotated[
        Path, typer.Option(help="Folder with train/<label>/*.png and, for votes, annotations.csv.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the run; an interrupted run is resumed.")],
    network: Annotated[
        str, typer.Option(help="Network to train; each has its own default configuration.")
    ] = "compact",
    epochs: Annotated[
        int | None, typer.Option(help="Maximum number of epochs, overriding the configuration.", min=1)
    ] = None,
    fraction: Annotated[
        float, typer.Option(help="Fraction of the train split to use.", min=0.001, max=1)
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 36,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Initial weights: weights.pt of a run, or pretrained weights of a network; see the README."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Configuration override FIELD=VALUE, such as mixup=0; may be repeated."),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(help="Finished run to learn from, in addition to the votes; may be repeated."),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="MLflow tracking URI; defaults to mlflow.db next to --out.")
    ] = None,
) -> None:
    """Train an emotion model on annotators' votes, or one of the proposal's networks on labels."""
    from moviemotion.lab.training import runs
    from moviemotion.lab.training.config import make_config
    from moviemotion.lab.training.face_selection import load_train_and_test

    check_writable(out)
    config = make_config(
        network, epochs=epochs, fraction=fraction, seed=seed, initial_weights=weights, overrides=changes or ()
    )
    faces, test = load_train_and_test(data)
    with step_progress_bar("training") as (print_line, step):
        run = runs.train_emotion_model(faces, test, out, config, teacher or (), store, print_line, step)
    typer.echo(f"{out}: {len(run.history)} epochs, seed {seed}, temperature {run.temperature}")


@lab.command()
def average(
    first: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    second: Annotated[Path, typer.Argument(help="Folder of a run that started from the first's weights.")],
    data: Annotated[Path, typer.Option(help="The data of the second run.")],
    out: Annotated[Path, typer.Option(help="Folder for the averaged run.")],
    share: Annotated[float, typer.Option(help="Share of the second run's weights.", min=0, max=1)] = 0.5,
) -> None:
    """Average the weights of two runs of one network."""
    from moviemotion.lab.training.weight_averaging import average_runs

    check_writable(out)
    run = average_runs(first, second, share, data, out)
    typer.echo(f"{out}: {share:g} of {second}, {1 - share:g} of {first}, temperature {run.temperature}")


@lab.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    data: Annotated[Path, typer.Option(help="The run's data; the model card is measured on the test split.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its model card is written next to it.")],
) -> None:
    """Export a trained emotion model to ONNX, with its model card."""
    from moviemotion.lab.data.dataset import load_faces
    from moviemotion.lab.evaluation.model_card import write_model_card
    from moviemotion.lab.evaluation.vote_calibration import calibrate_to_votes
    from moviemotion.lab.training.onnx_export import export_run

    load_faces(data, "test")  # if the model card cannot be measured, fail before anything is written
    with stage_progress_bar() as on_progress:
        on_progress("exporting", 0, 1)
        export_run(run, out)
        calibrate_to_votes(out, data, lambda done, total: on_progress("calibrating", done, total))
        card = write_model_card(out, data, on_progress)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {card}")


@lab.command()
def quantize(
    model: Annotated[Path, typer.Argument(help="An exported emotion model.")],
    data: Annotated[
        Path,
        typer.Option(help="The data the model was trained on; scales are calibrated on the train split."),
    ],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its model card is written next to it.")],
) -> None:
    """Quantize the convolutions of an emotion model to INT8, for more speed at half the file size."""
    from moviemotion.lab.evaluation.model_card import write_model_card
    from moviemotion.lab.training import quantization

    with stage_progress_bar() as on_progress:
        quantization.quantize(model, data, out, lambda done, total: on_progress("calibrating", done, total))
        card = write_model_card(out, data, on_progress)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {card}")


@lab.command("train-occlusion")
def train_occlusion_model(
    data: Annotated[Path, typer.Option(help="Folder with train/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    epochs: Annotated[int, typer.Option(help="Number of epochs.", min=1)] = 6,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 36,
) -> None:
    """Train the occlusion model, which detects hands and objects in front of faces."""
    from moviemotion.lab.training import occlusion_model

    check_writable(out.parent)
    with step_progress_bar("training") as (print_line, step):
        occlusion_model.train_occlusion_model(data, out, epochs, seed, print_line, step)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


@lab.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    split: Annotated[
        str,
        typer.Option(
            help="Split to measure on; held-out is the part of train that the model's run did not use."
        ),
    ] = "test",
    truth: Annotated[
        str, typer.Option(help="Ground truth: label (the folder's label) or consensus (of the annotators).")
    ] = "label",
    model: Annotated[
        Path | None, typer.Option(help="An exported emotion model; defaults to the shipped model.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another exported emotion model to compare with on the same faces.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="HTML page with charts to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure an emotion model: accuracy with intervals, calibration and the annotator ceiling."""
    from moviemotion.lab.evaluation import evaluate
    from moviemotion.lab.evaluation.evaluation_page import write_evaluation_page
    from moviemotion.lab.evaluation.evaluation_text import evaluation_lines

    if truth not in list(evaluate.GroundTruth):
        raise MoviemotionError(f"--truth {truth}: unknown; choose {' or '.join(evaluate.GroundTruth)}")
    model_file = model or evaluate.SHIPPED_EMOTION_MODEL
    with stage_progress_bar() as on_progress:
        result = evaluate.evaluate(data, split, evaluate.GroundTruth(truth), model_file, against, on_progress)
    if page:
        write_evaluation_page(result, model_file.name, page)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
        return
    for line in evaluation_lines(result):
        typer.echo(line)


@lab.command("explain")
def explain_network(
    run: Annotated[list[Path], typer.Argument(help="Finished runs of deck36; the first must use ReLU.")],
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="Folder for explain.html and evidence.json.")],
    split: Annotated[
        str, typer.Option(help="Split to measure on; preferably one that none of the runs were trained on.")
    ] = "test",
    faces: Annotated[int, typer.Option(help="Maximum number of faces to measure.", min=8)] = 500,
    seed: Annotated[int, typer.Option(help="Random seed for choosing faces and filters.")] = 36,
) -> None:
    """Answer the proposal's three questions on one page, with measurements of trained networks."""
    from moviemotion.lab.proposal.explain import explain

    with stage_progress_bar() as on_progress:
        page = explain(run, data, split, out, seed, faces, typer.echo, on_progress)
    typer.echo(f"Page: {page}")


@experiments.command("list")
def list_experiments() -> None:
    """List the experiments and the results published in the proposal."""
    from moviemotion.lab.proposal.experiments_report import experiment_lines

    for line in experiment_lines():
        typer.echo(line)


@experiments.command("run")
def run_experiments(
    data: Annotated[Path, typer.Option(help="Folder with a train and a test split of labeled faces.")],
    out: Annotated[Path, typer.Option(help="Folder for the runs; finished runs are not repeated.")],
    numbers: Annotated[list[str] | None, typer.Argument(help="Experiment numbers; all by default.")] = None,
    seeds: Annotated[str, typer.Option(help="Random seeds for the runs, separated by commas.")] = "1,2,3",
    epochs: Annotated[int, typer.Option(help="Number of epochs of each run.", min=1)] = 60,
    fraction: Annotated[
        float, typer.Option(help="Fraction of the train split to use.", min=0.001, max=1)
    ] = 1.0,
    width: Annotated[
        float,
        typer.Option(help="Scaling factor for the number of filters and neurons in each layer.", min=0.01),
    ] = 1.0,
    jobs: Annotated[int, typer.Option(help="Number of parallel runs.", min=1)] = 1,
    weights: Annotated[Path | None, typer.Option(help="ImageNet weights for VGG-16; see the README.")] = None,
) -> None:
    """Train both variants of each experiment once per seed."""
    from moviemotion.lab.proposal import experiments as catalog

    budget = catalog.TrainingBudget(epochs, fraction, width, parse_seeds(seeds))
    failures = catalog.run_experiments(data, out, numbers or (), budget, jobs, weights, typer.echo)
    for line in failures:
        stderr_console.print(f"not run: {line}", markup=False, style="red")
    if failures:
        raise typer.Exit(INCOMPLETE)


@experiments.command("report")
def report_experiments(
    runs: Annotated[Path, typer.Argument(help="Folder that contains the runs.")],
    data: Annotated[Path, typer.Option(help="The data used for the runs.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md and its chart.")],
) -> None:
    """Report whether each published result was confirmed or contradicted, or remains inconclusive."""
    from moviemotion.lab.proposal.experiments_report import write_experiments_report

    typer.echo(f"Report: {write_experiments_report(data, runs, out, typer.echo)}")
