"""Commands of the laboratory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from moviemotion._io.atomic_files import check_writable
from moviemotion.cli.console import parse_seeds, require_lab, stderr_console, step_progress_bar
from moviemotion.cli.exit_codes import INCOMPLETE
from moviemotion.errors import MoviemotionError

lab = typer.Typer(no_args_is_help=True, help="The laboratory: train, export and evaluate readers of faces.")
experiments = typer.Typer(no_args_is_help=True, help="The deck's experiments, put to the test.")
lab.add_typer(experiments, name="experiments")


@lab.command()
def audit(
    data: Annotated[Path, typer.Argument(help="Folder with <split>/<label>/<image>, or <label>/<image>.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html, findings.csv, decisions.csv.")] = Path(
        "audit"
    ),
    second_opinion: Annotated[
        str,
        typer.Option(
            help="labels (networks that learnt from the other labels) or reader (the shipped one; "
            "not on the faces that it learnt from)."
        ),
    ] = "labels",
    clean: Annotated[Path | None, typer.Option(help="Write a cleaned copy here; the source stays.")] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="With --clean: apply this edited decisions.csv without a new audit.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Files in the copy, not links.")] = False,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Find mislabelled, corrupted and repeated pictures, and propose what to do with each."""
    with require_lab():
        from moviemotion.lab.audit import audit_report
        from moviemotion.lab.audit import find_issues as auditing
        from moviemotion.lab.data import cleaning

    if second_opinion not in list(auditing.SecondOpinion):
        choices = " or ".join(auditing.SecondOpinion)
        raise MoviemotionError(f"--second-opinion {second_opinion}: unknown; choose {choices}")
    # The work takes minutes: a place that cannot be written to is told before it.
    cleaning.check_outside_dataset(data, out)
    if clean:
        cleaning.check_output_folder(data, clean)
    if decisions and not clean:
        raise MoviemotionError("--decisions: says what to copy; add --clean OUT")
    if decisions:
        chosen = cleaning.read_decisions(decisions)
    else:
        with require_lab():
            result = auditing.audit_dataset(
                data, auditing.SecondOpinion(second_opinion), seed=seed, print_line=typer.echo
            )
        page = audit_report.write_audit_report(result, out)
        for line in audit_report.audit_lines(result):
            typer.echo(line)
        typer.echo(f"Report: {page}")
        chosen = cleaning.propose_decisions(result.issues)
    if clean:
        typer.echo(f"{clean}: {cleaning.write_cleaned_copy(data, clean, chosen, copy)} pictures")


@lab.command()
def split(
    data: Annotated[Path, typer.Argument(help="Folder with <split>/<label>/<image>, or <label>/<image>.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    train: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.7,
    validation: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.2,
    test: Annotated[float, typer.Option(help="Share of the faces.", min=0, max=1)] = 0.1,
    copy: Annotated[bool, typer.Option("--copy", help="Files, not links.")] = False,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Divide faces anew: stratified by class, copies of a picture on one side."""
    with require_lab():
        from moviemotion.lab.data import splitting

    shares = {"train": train, "validation": validation, "test": test}
    for line in splitting.split_lines(splitting.split_dataset(data, out, shares, seed, copy)):
        typer.echo(line)


@lab.command()
def train(
    data: Annotated[
        Path, typer.Option(help="Folder with train/<label>/*.png and, for votes, annotations.csv.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted one goes on.")],
    network: Annotated[str, typer.Option(help="Name in the registry; each has its own recipe.")] = "compact",
    epochs: Annotated[
        int | None, typer.Option(help="At most so many, instead of the recipe's.", min=1)
    ] = None,
    fraction: Annotated[float, typer.Option(help="Share of the train split to use.", min=0.001, max=1)] = 1.0,
    seed: Annotated[int, typer.Option()] = 36,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="First weights: a run's weights.pt, or those of a pretrained network; see the README."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE of the recipe, such as mixup=0; may be repeated."),
    ] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Finished run to learn from beside the votes; may be repeated.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="MLflow tracking URI; by default mlflow.db beside --out.")
    ] = None,
) -> None:
    """Train a network on faces: on their annotators' votes, or the deck's networks on their labels."""
    with require_lab():
        from moviemotion.lab.training import runs
    from moviemotion.lab.training.config import make_config
    from moviemotion.lab.training.face_selection import load_train_and_test

    check_writable(out)
    recipe = make_config(
        network, epochs=epochs, fraction=fraction, seed=seed, initial_weights=weights, overrides=changes or ()
    )
    faces, test = load_train_and_test(data)
    with step_progress_bar("training") as (say, step):
        run = runs.train_emotion_model(faces, test, out, recipe, teacher or (), store, say, step)
    typer.echo(f"{out}: {len(run.history)} epochs, seed {seed}, temperature {run.temperature}")


@lab.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    data: Annotated[Path, typer.Option(help="The same data; its test split is measured for the card.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its card is put beside it.")],
) -> None:
    """Write a trained reader as ONNX, with its model card."""
    with require_lab():
        from moviemotion.lab.training import onnx_export as exporting
    from moviemotion.lab.data.dataset import load_faces
    from moviemotion.lab.evaluation.model_card import write_model_card
    from moviemotion.lab.evaluation.vote_calibration import calibrate_to_votes

    load_faces(data, "test")  # a fault in what the card needs is told before anything is written
    exporting.export_run(run, out)
    calibrate_to_votes(out, data)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {write_model_card(out, data)}")


@lab.command()
def quantize(
    model: Annotated[Path, typer.Argument(help="An exported reader.")],
    data: Annotated[Path, typer.Option(help="The data it was trained on; scales come from its train split.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its card is put beside it.")],
) -> None:
    """Give a reader convolutions in eight-bit whole numbers: faster, half the file."""
    with require_lab():
        from moviemotion.lab.training import quantization
    from moviemotion.lab.evaluation.model_card import write_model_card

    quantization.quantize(model, data, out)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {write_model_card(out, data)}")


@lab.command()
def train_occlusion_model(
    data: Annotated[Path, typer.Option(help="Folder with train/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    epochs: Annotated[int, typer.Option(min=1)] = 6,
    seed: Annotated[int, typer.Option()] = 36,
) -> None:
    """Train the small network that sees hands and things before faces."""
    with require_lab():
        from moviemotion.lab.training import occlusion_model

    check_writable(out.parent)
    occlusion_model.train_occlusion_model(data, out, epochs, seed, typer.echo)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


@lab.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    split: Annotated[
        str, typer.Option(help="Which split; held-out is what the reader's own run held out of train.")
    ] = "test",
    truth: Annotated[
        str, typer.Option(help="label (the folder's) or consensus (the annotators').")
    ] = "label",
    model: Annotated[
        Path | None, typer.Option(help="An exported reader; by default the shipped one.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another exported reader, compared on the same faces.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="HTML page with charts to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a reader: how good, how sure, how well calibrated, and how much of a score is luck."""
    from moviemotion.lab.evaluation import evaluate
    from moviemotion.lab.evaluation.evaluation_page import write_evaluation_page
    from moviemotion.lab.evaluation.evaluation_text import evaluation_lines

    if truth not in list(evaluate.GroundTruth):
        raise MoviemotionError(f"--truth {truth}: unknown; choose {' or '.join(evaluate.GroundTruth)}")
    reader = model or evaluate.SHIPPED_EMOTION_MODEL
    result = evaluate.evaluate(data, split, evaluate.GroundTruth(truth), reader, against)
    if page:
        write_evaluation_page(result, reader.name, page)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
        return
    for line in evaluation_lines(result):
        typer.echo(line)


@lab.command("explain")
def explain_network(
    run: Annotated[list[Path], typer.Argument(help="Finished runs of deck36; the first has ReLU.")],
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="Folder for explain.html and evidence.json.")],
    split: Annotated[str, typer.Option(help="Best one that no run has learnt from.")] = "test",
    faces: Annotated[int, typer.Option(help="At most so many faces.", min=8)] = 500,
    seed: Annotated[int, typer.Option(help="Draws faces and filters.")] = 36,
) -> None:
    """Evidence for the deck's three questions, measured on a trained network, as one page."""
    with require_lab():
        from moviemotion.lab.proposal.explain import explain

    typer.echo(f"Page: {explain(run, data, split, out, seed, faces, typer.echo)}")


@experiments.command("list")
def list_experiments() -> None:
    """Every experiment with what the deck published."""
    from moviemotion.lab.proposal.experiments_report import experiment_lines

    for line in experiment_lines():
        typer.echo(line)


@experiments.command("run")
def run_experiments(
    data: Annotated[Path, typer.Option(help="Folder with a train and a test split of labelled faces.")],
    out: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are not repeated.")],
    numbers: Annotated[list[str] | None, typer.Argument(help="Which; all without any.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the runs, separated by commas.")] = "1,2,3",
    epochs: Annotated[int, typer.Option(help="Epochs of every run.", min=1)] = 60,
    fraction: Annotated[float, typer.Option(help="Share of the train split.", min=0.001, max=1)] = 1.0,
    width: Annotated[float, typer.Option(help="Share of each layer's filters and neurons.", min=0.01)] = 1.0,
    jobs: Annotated[int, typer.Option(help="Runs at once.", min=1)] = 1,
    weights: Annotated[
        Path | None, typer.Option(help="ImageNet's weights of VGG-16; see the README.")
    ] = None,
) -> None:
    """Train both sides of each experiment, once a seed."""
    with require_lab():
        from moviemotion.lab.proposal import experiments as catalogue

    reduction = catalogue.TrainingBudget(epochs, fraction, width, parse_seeds(seeds))
    failures = catalogue.run_experiments(data, out, numbers or (), reduction, jobs, weights, typer.echo)
    for line in failures:
        stderr_console.print(f"not run: {line}", markup=False, style="red")
    if failures:
        raise typer.Exit(INCOMPLETE)


@experiments.command("report")
def report_experiments(
    runs: Annotated[Path, typer.Argument(help="Folder of the runs.")],
    data: Annotated[Path, typer.Option(help="The same data.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md and its picture.")],
) -> None:
    """Say of each published change whether it was confirmed, contradicted, or cannot be told."""
    with require_lab():
        from moviemotion.lab.proposal.experiments_report import write_experiments_report

    typer.echo(f"Report: {write_experiments_report(data, runs, out, typer.echo)}")
