"""The commands of `moviemotion lab`: audit and split face sets, train, export and evaluate models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from moviemotion._io.atomic_files import check_writable
from moviemotion.cli.console import (
    parse_seeds,
    require_lab,
    stage_progress_bar,
    stderr_console,
    step_progress_bar,
)
from moviemotion.cli.exit_codes import INCOMPLETE
from moviemotion.errors import MoviemotionError

lab = typer.Typer(no_args_is_help=True, help="The laboratory: train, export and evaluate emotion models.")
experiments = typer.Typer(no_args_is_help=True, help="Repeat the experiments of the proposal.")
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
            help="What labels are compared with: labels (networks trained on the other labels) or model (the "
            "shipped emotion model, for faces that it was not trained on)."
        ),
    ] = "labels",
    clean: Annotated[
        Path | None, typer.Option(help="Folder for a cleaned copy; the source stays unchanged.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="Edited decisions.csv to apply with --clean, instead of a new audit.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy files instead of linking to them.")] = False,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Find mislabeled, corrupted and duplicate images, and propose what to do with each."""
    with require_lab():
        from moviemotion.lab.audit import audit_report, find_issues
        from moviemotion.lab.data import cleaning

    if second_opinion not in list(find_issues.SecondOpinion):
        choices = " or ".join(find_issues.SecondOpinion)
        raise MoviemotionError(f"--second-opinion {second_opinion}: unknown; choose {choices}")
    # An audit takes minutes, so outputs are checked first.
    cleaning.check_outside_dataset(data, out)
    if clean:
        cleaning.check_output_folder(data, clean)
    if decisions and not clean:
        raise MoviemotionError("--decisions: needs a folder for the copy; add --clean OUT")
    if decisions:
        chosen = cleaning.read_decisions(decisions)
    else:
        with require_lab(), stage_progress_bar() as on_progress:
            opinion = find_issues.SecondOpinion(second_opinion)
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
    train: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.7,
    validation: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.2,
    test: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.1,
    copy: Annotated[bool, typer.Option("--copy", help="Copy files instead of linking to them.")] = False,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Divide a face set into new splits, stratified by class, with duplicates in one split."""
    with require_lab():
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
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run resumes.")],
    network: Annotated[str, typer.Option(help="Network; each has its own configuration.")] = "compact",
    epochs: Annotated[
        int | None, typer.Option(help="Largest number of epochs; by default the configuration's.", min=1)
    ] = None,
    fraction: Annotated[float, typer.Option(help="Share of the train split to use.", min=0.001, max=1)] = 1.0,
    seed: Annotated[int, typer.Option()] = 36,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Initial weights: a run's weights.pt, or those of a pretrained network; see the README."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE of the configuration, such as mixup=0; may be repeated."),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(help="Finished run whose predictions are mixed into the targets; may be repeated."),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="MLflow tracking URI; by default mlflow.db beside --out.")
    ] = None,
) -> None:
    """Train a network on annotators' votes, or the proposal's networks on labels."""
    with require_lab():
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
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    data: Annotated[
        Path, typer.Option(help="The same face set; its test split is evaluated for the model card.")
    ],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its model card is written beside it.")],
) -> None:
    """Write a trained emotion model as ONNX, with its model card."""
    with require_lab():
        from moviemotion.lab.training import onnx_export
    from moviemotion.lab.data.dataset import load_faces
    from moviemotion.lab.evaluation.model_card import write_model_card
    from moviemotion.lab.evaluation.vote_calibration import calibrate_to_votes

    load_faces(
        data, "test"
    )  # the model card needs it, so errors in it are reported before anything is written
    with stage_progress_bar() as on_progress:
        on_progress("exporting", 0, 1)
        onnx_export.export_run(run, out)
        calibrate_to_votes(out, data, lambda done, total: on_progress("calibrating", done, total))
        card = write_model_card(out, data, on_progress)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {card}")


@lab.command()
def quantize(
    model: Annotated[Path, typer.Argument(help="Exported emotion model.")],
    data: Annotated[
        Path,
        typer.Option(help="The face set it was trained on; activations are measured on its train split."),
    ],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its model card is written beside it.")],
) -> None:
    """Quantize an emotion model to INT8, which makes it faster and its file half as large."""
    with require_lab():
        from moviemotion.lab.training import quantization
    from moviemotion.lab.evaluation.model_card import write_model_card

    with stage_progress_bar() as on_progress:
        quantization.quantize(
            model, data, out, lambda done, total: on_progress("measuring activations", done, total)
        )
        card = write_model_card(out, data, on_progress)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {card}")


@lab.command("train-occlusion")
def train_occlusion_model(
    data: Annotated[Path, typer.Option(help="Folder with train/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    epochs: Annotated[int, typer.Option(min=1)] = 6,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Train the occlusion model, which finds hands and objects before faces."""
    with require_lab():
        from moviemotion.lab.training import occlusion_model

    check_writable(out.parent)
    with step_progress_bar("training") as (print_line, step):
        occlusion_model.train_occlusion_model(data, out, epochs, seed, print_line, step)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


@lab.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    split: Annotated[
        str, typer.Option(help="Split; held-out: the faces that the model's own run held out of train.")
    ] = "test",
    truth: Annotated[
        str,
        typer.Option(help="What counts as correct: label (of the folder) or consensus (of the annotators)."),
    ] = "label",
    model: Annotated[
        Path | None, typer.Option(help="Exported emotion model; by default the shipped one.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another emotion model to compare with on the same faces.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="HTML page with charts to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Evaluate an emotion model: accuracy, calibration, and the uncertainty of both."""
    from moviemotion.lab.evaluation import evaluate
    from moviemotion.lab.evaluation.evaluation_page import write_evaluation_page
    from moviemotion.lab.evaluation.evaluation_text import evaluation_lines

    if truth not in list(evaluate.GroundTruth):
        raise MoviemotionError(f"--truth {truth}: unknown; choose {' or '.join(evaluate.GroundTruth)}")
    model = model or evaluate.SHIPPED_EMOTION_MODEL
    with stage_progress_bar() as on_progress:
        result = evaluate.evaluate(
            data, split, evaluate.GroundTruth(truth), model, against, on_progress=on_progress
        )
    if page:
        write_evaluation_page(result, model.name, page)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
        return
    for line in evaluation_lines(result):
        typer.echo(line)


@lab.command("explain")
def explain_network(
    run: Annotated[list[Path], typer.Argument(help="Finished runs of deck36; the first one has ReLU.")],
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="Folder for explain.html and evidence.json.")],
    split: Annotated[str, typer.Option(help="Split; best one that no run was trained on.")] = "test",
    faces: Annotated[int, typer.Option(help="Largest number of faces.", min=8)] = 500,
    seed: Annotated[int, typer.Option(help="Seed of the random choice of faces and filters.")] = 36,
) -> None:
    """Measure a trained network to test the proposal's answers to three questions, and write a page."""
    with require_lab():
        from moviemotion.lab.proposal.explain import explain

    with stage_progress_bar() as on_progress:
        page = explain(run, data, split, out, seed, faces, typer.echo, on_progress)
    typer.echo(f"Page: {page}")


@experiments.command("list")
def list_experiments() -> None:
    """List the experiments with the published results."""
    from moviemotion.lab.proposal.experiments_report import experiment_lines

    for line in experiment_lines():
        typer.echo(line)


@experiments.command("run")
def run_experiments(
    data: Annotated[Path, typer.Option(help="Folder with a train and a test split of labelled faces.")],
    out: Annotated[Path, typer.Option(help="Folder of the runs; finished runs are not repeated.")],
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Numbers of experiments; by default all.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the runs, separated by commas.")] = "1,2,3",
    epochs: Annotated[int, typer.Option(help="Largest number of epochs of each run.", min=1)] = 60,
    fraction: Annotated[float, typer.Option(help="Share of the train split.", min=0.001, max=1)] = 1.0,
    width: Annotated[
        float, typer.Option(help="Factor of the number of filters and neurons in each layer.", min=0.01)
    ] = 1.0,
    jobs: Annotated[int, typer.Option(help="Number of runs at a time.", min=1)] = 1,
    weights: Annotated[Path | None, typer.Option(help="ImageNet weights of VGG-16; see the README.")] = None,
) -> None:
    """Train both sides of each experiment, once per seed."""
    with require_lab():
        from moviemotion.lab.proposal import experiments as proposal_experiments

    budget = proposal_experiments.TrainingBudget(epochs, fraction, width, parse_seeds(seeds))
    failures = proposal_experiments.run_experiments(
        data, out, numbers or (), budget, jobs, weights, typer.echo
    )
    for line in failures:
        stderr_console.print(f"failed: {line}", markup=False, style="red")
    if failures:
        raise typer.Exit(INCOMPLETE)


@experiments.command("report")
def report_experiments(
    runs: Annotated[Path, typer.Argument(help="Folder of the runs.")],
    data: Annotated[Path, typer.Option(help="The same face set.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md and its chart.")],
) -> None:
    """Report for each published change whether it is confirmed, contradicted or inconclusive."""
    with require_lab():
        from moviemotion.lab.proposal.experiments_report import write_experiments_report

    typer.echo(f"Report: {write_experiments_report(data, runs, out, typer.echo)}")
