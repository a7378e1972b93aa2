"""The command line. Thin: each command is one call of one public function."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moviemotion.audience.screening import Camera
from moviemotion.audience.screening import Progress as OnProgress
from moviemotion.errors import MoviemotionError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What the faces of an audience showed, second by second, beside the screenplay.",
    pretty_exceptions_enable=False,
)
lab = typer.Typer(no_args_is_help=True, help="The laboratory: train, export and evaluate readers of faces.")
app.add_typer(lab, name="lab")
experiments = typer.Typer(no_args_is_help=True, help="The deck's experiments, put to the test.")
lab.add_typer(experiments, name="experiments")
messages = Console(stderr=True, highlight=False, soft_wrap=True)

SOME_UNREADABLE = 1
BAD_INPUT = 2
STOPPED = 130


def main() -> None:
    """Run the command line; what the user can mend is one line a fault and exit code 2."""
    try:
        app()
    except MoviemotionError as error:
        for line in str(error).splitlines():
            messages.print(f"error: {line}", markup=False, style="red")
        sys.exit(BAD_INPUT)
    except SystemExit as end:
        if end.code == STOPPED:  # what Typer makes of Ctrl-C
            messages.print("stopped; finished parts are kept, the same command goes on from there")
        raise


@app.command()
def screen(
    videos: Annotated[list[Path], typer.Argument(help="The cameras' files; one face or several in each.")],
    out: Annotated[Path, typer.Option(help="Study folder to write; an interrupted one goes on.")],
    script: Annotated[
        Path | None, typer.Option(help="Screenplay: Fountain, Final Draft, PDF or plain text.")
    ] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help="Subtitles of the film, or the film with its own track.")
    ] = None,
    offset: Annotated[
        list[str] | None,
        typer.Option(help="CAMERA=SECONDS added to a camera's clock to give film time; may be repeated."),
    ] = None,
    rate: Annotated[float, typer.Option(help="Samples a second.", min=0.1, max=60)] = 5.0,
    baseline: Annotated[
        str | None, typer.Option(help="START-END of film time in which nothing is felt, such as 0:00-0:20.")
    ] = None,
    subtitle_track: Annotated[
        int | None, typer.Option(help="Which text track, from 1, of a film given as --subtitles.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the statistics.")] = 36,
) -> None:
    """Read an audience from its videos: a report, a timeline, the moments and the annotated script."""
    from moviemotion import screen as screening
    from moviemotion.resonance.baseline import parse_stretch
    from moviemotion.telling.summary import summary_lines

    offsets = dict(_offset(text) for text in offset or [])
    rest = parse_stretch(baseline) if baseline else None
    with _bar(screening.video_seconds(videos)) as progress:
        result = screening.screen(
            videos, out, script, subtitles, offsets, rate, seed, progress, rest, subtitle_track
        )
    for line in summary_lines(result.analysis):
        typer.echo(line)
    typer.echo(f"Report: {result.folder / 'report.html'}   (seed {seed})")
    for problem in result.unreadable:
        messages.print(f"left out: {problem}", markup=False, style="red")
    if result.unreadable:
        raise typer.Exit(SOME_UNREADABLE)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the audience's videos and the study.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the audience and the statistics.")] = 36,
) -> None:
    """Film an invented audience, screen it like any other, and say how well that went."""
    from moviemotion import demo as demonstration
    from moviemotion import screen as screening
    from moviemotion.simulation.recovery import recovery_lines
    from moviemotion.telling.summary import summary_lines

    typer.echo(f"Filming an invented audience into {out / 'audience'} (seed {seed}) …")
    videos = demonstration.film_audience(out / "audience", seed)
    with _bar(screening.video_seconds(videos)) as progress:
        result = demonstration.run_demo(out / "audience", out / "study", progress, seed)
    for line in [*summary_lines(result.screening.analysis), "", *recovery_lines(result.recovery), ""]:
        typer.echo(line)
    typer.echo(f"Report: {out / 'study' / 'report.html'}")


@app.command()
def capture(
    config: Annotated[Path, typer.Option(help="seats.toml: the cameras.")],
    out: Annotated[Path, typer.Option(help="Study folder to make.")],
) -> None:
    """Watch an audience live; p pauses, q stops. Then: moviemotion report FOLDER."""
    from moviemotion import live
    from moviemotion.live_console import captured_lines, watch_on

    for line in captured_lines(live.capture(config, out, watch_on(messages))):
        typer.echo(line)


@app.command()
def report(
    study: Annotated[Path, typer.Argument(help="Folder of a live capture, also of one that was killed.")],
    script: Annotated[Path | None, typer.Option(help="Screenplay, as for screen.")] = None,
    subtitles: Annotated[Path | None, typer.Option(help="Subtitles of the film, as for screen.")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="START-END of film time in which nothing is felt, such as 0:00-0:20.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the statistics.")] = 36,
) -> None:
    """Make the report of a captured study."""
    from moviemotion import live
    from moviemotion.resonance.baseline import parse_stretch
    from moviemotion.telling.summary import summary_lines

    rest = parse_stretch(baseline) if baseline else None
    result = live.report(study, script, subtitles, seed, rest)
    for line in summary_lines(result.analysis):
        typer.echo(line)
    typer.echo(f"Report: {result.folder / 'report.html'}   (seed {seed})")


@app.command("sync-mark")
def sync_mark(out: Annotated[Path, typer.Option(help="MP4 to write.")]) -> None:
    """Write the black-and-white mark to show before the film; its code begins 1 s in."""
    from moviemotion.audience.sync import write_mark

    write_mark(out)
    typer.echo(f"{out}")


@app.command()
def challenge() -> None:
    """The 3 Minute Challenge: the deck's three questions against the clock. Greg is not allowed to play."""
    from moviemotion import challenge as quiz

    if quiz.play(say=typer.echo) is None:
        raise typer.Exit(BAD_INPUT)


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
    with _torch():
        from moviemotion.lab import audit as auditing
        from moviemotion.lab import audit_report, cleaning

    if second_opinion not in list(auditing.Judge):
        choices = " or ".join(auditing.Judge)
        raise MoviemotionError(f"--second-opinion {second_opinion}: unknown; choose {choices}")
    if decisions and not clean:
        raise MoviemotionError("--decisions: says what to copy; add --clean OUT")
    if decisions:
        chosen = cleaning.read_decisions(decisions)
    else:
        with _torch():
            result = auditing.audit(data, auditing.Judge(second_opinion), seed=seed, say=typer.echo)
        page = audit_report.write_report(result, out)
        for line in audit_report.audit_lines(result):
            typer.echo(line)
        typer.echo(f"Report: {page}")
        chosen = cleaning.decide(result.findings)
    if clean:
        typer.echo(f"{clean}: {cleaning.clean(data, clean, chosen, copy)} pictures")


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
    with _torch():
        from moviemotion.lab import splitting

    shares = {"train": train, "validation": validation, "test": test}
    for line in splitting.split_lines(splitting.split_faces(data, out, shares, seed, copy)):
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
    with _torch():
        from moviemotion.lab import runs
    from moviemotion.lab.recipe import recipe_for
    from moviemotion.lab.selection import read_splits

    recipe = recipe_for(
        network, epochs=epochs, fraction=fraction, seed=seed, weights=weights, changes=changes or ()
    )
    faces, test = read_splits(data)
    with _steps("training") as (say, step):
        run = runs.train(faces, test, out, recipe, teacher or (), store, say, step)
    typer.echo(f"{out}: {len(run.history)} epochs, seed {seed}, temperature {run.temperature}")


@lab.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished training run.")],
    data: Annotated[Path, typer.Option(help="The same data; its test split is measured for the card.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write; its card is put beside it.")],
) -> None:
    """Write a trained reader as ONNX, with its model card."""
    with _torch():
        from moviemotion.lab import export as exporting
    from moviemotion.lab.card import write_card
    from moviemotion.lab.vote_scale import scale_to_votes

    exporting.export(run, out)
    scale_to_votes(out, data)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB), {write_card(out, data)}")


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
    from moviemotion.lab import evaluation
    from moviemotion.lab.evaluation_lines import evaluation_lines
    from moviemotion.lab.evaluation_page import write_page

    if truth not in list(evaluation.Truth):
        raise MoviemotionError(f"--truth {truth}: unknown; choose {' or '.join(evaluation.Truth)}")
    reader = model or evaluation.SHIPPED_READER
    result = evaluation.evaluate(data, split, evaluation.Truth(truth), reader, against)
    if page:
        write_page(result, reader.name, page)
    if as_json:
        typer.echo(json.dumps(result.as_dict()))
        return
    for line in evaluation_lines(result):
        typer.echo(line)


@lab.command("explain")
def explain_run(
    run: Annotated[list[Path], typer.Argument(help="Finished runs of deck36; the first has ReLU.")],
    data: Annotated[Path, typer.Option(help="Folder with <split>/<label>/*.png.")],
    out: Annotated[Path, typer.Option(help="Folder for explain.html and evidence.json.")],
    split: Annotated[str, typer.Option(help="Best one that no run has learnt from.")] = "test",
    faces: Annotated[int, typer.Option(help="At most so many faces.", min=8)] = 500,
    seed: Annotated[int, typer.Option(help="Draws faces and filters.")] = 36,
) -> None:
    """Evidence for the deck's three questions, measured on a trained network, as one page."""
    with _torch():
        from moviemotion.lab.explain import explain

    typer.echo(f"Page: {explain(run, data, split, out, seed, faces, typer.echo)}")


@experiments.command("list")
def list_experiments() -> None:
    """Every experiment with what the deck published."""
    from moviemotion.lab.experiments_report import list_lines

    for line in list_lines():
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
    with _torch():
        from moviemotion.lab import experiments as catalogue

    reduction = catalogue.Reduction(epochs, fraction, width, _seeds(seeds))
    failures = catalogue.run(data, out, numbers or (), reduction, jobs, weights, typer.echo)
    for line in failures:
        messages.print(f"not run: {line}", markup=False, style="red")
    if failures:
        raise typer.Exit(SOME_UNREADABLE)


@experiments.command("report")
def report_experiments(
    runs: Annotated[Path, typer.Argument(help="Folder of the runs.")],
    data: Annotated[Path, typer.Option(help="The same data.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md and its picture.")],
) -> None:
    """Say of each published change whether it was confirmed, contradicted, or cannot be told."""
    with _torch():
        from moviemotion.lab.experiments_report import write_report

    typer.echo(f"Report: {write_report(data, runs, out, typer.echo)}")


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(seed) for seed in text.split(",")))
    except ValueError:
        raise MoviemotionError(
            f"--seeds {text}: write whole numbers separated by commas, such as 1,2,3"
        ) from None


def _offset(text: str) -> tuple[str, float]:
    camera, _, seconds = text.rpartition("=")
    try:
        value = float(seconds)
    except ValueError:
        value = math.nan
    if not camera or not math.isfinite(value):
        raise MoviemotionError(f"--offset {text}: write it as CAMERA=SECONDS, such as seat-07=2.5")
    return camera, value


@contextmanager
def _bar(total: float) -> Iterator[OnProgress]:
    """A progress bar over seconds of video."""
    columns = (
        TextColumn("watching"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("s"),
        TimeRemainingColumn(),
    )
    # In a log file even a bar that vanishes leaves empty lines.
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task("", total=round(total) or None)
        watched: dict[str, float] = {}

        def show(camera: Camera, seconds: float) -> None:
            watched[camera.name] = seconds
            bar.update(task, completed=round(sum(watched.values())))

        yield show


@contextmanager
def _steps(task: str) -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """A line printer and a progress bar over steps, with the time left."""
    columns = (TextColumn(task), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        number = bar.add_task("", total=None)

        def step(done: int, total: int) -> None:
            bar.update(number, completed=done, total=total)

        yield typer.echo, step


@contextmanager
def _torch() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise MoviemotionError(
            f"{error.name} is not installed; run: pip install 'moviemotion[lab]'"
        ) from None
