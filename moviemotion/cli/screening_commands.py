"""Commands that read an audience: from files, live, or an invented one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moviemotion.cli.console import parse_offsets, stderr_console, step_progress_bar, video_progress_bar
from moviemotion.cli.exit_codes import INCOMPLETE

if TYPE_CHECKING:
    from moviemotion.workflows.screen import Screening

app = typer.Typer()

ScriptFile = Annotated[
    Path | None, typer.Option(help="Screenplay: Fountain, Final Draft, PDF or plain text.")
]
SubtitleFile = Annotated[
    Path | None, typer.Option(help="Subtitles of the film, or the film with its own track.")
]
SubtitleTrack = Annotated[
    int | None, typer.Option(help="Which text track, from 1, of a film given as --subtitles.", min=1)
]
TimingSheet = Annotated[Path | None, typer.Option(help="When each scene is on screen: CSV or EDL.")]
ShotChanges = Annotated[
    Path | None,
    typer.Option(help="Shot changes: times, one a line (.txt), or the film, in which they are found."),
]
FrameRate = Annotated[float | None, typer.Option(help="Frames a second of an EDL; else the film's, or 24.")]
Baseline = Annotated[
    str | None, typer.Option(help="START-END of film time in which nothing is felt, such as 0:00-0:20.")
]
Model = Annotated[
    str, typer.Option("--model", help="Emotion model: an ONNX file that the lab exported, or a name.")
]
Detector = Annotated[str, typer.Option("--detector", help="Face detector, by name.")]
Seed = Annotated[int, typer.Option(help="Seed of the statistics.")]


@app.command()
def screen(
    videos: Annotated[list[Path], typer.Argument(help="The cameras' files; one face or several in each.")],
    out: Annotated[Path, typer.Option(help="Study folder to write; an interrupted one goes on.")],
    script: ScriptFile = None,
    subtitles: SubtitleFile = None,
    offset: Annotated[
        list[str] | None,
        typer.Option(help="CAMERA=SECONDS added to a camera's clock to give film time; may be repeated."),
    ] = None,
    rate: Annotated[float, typer.Option(help="Samples a second.", min=0.1, max=60)] = 5.0,
    baseline: Baseline = None,
    subtitle_track: SubtitleTrack = None,
    timing_sheet: TimingSheet = None,
    shots: ShotChanges = None,
    fps: FrameRate = None,
    model: Model = "shipped",
    detector: Detector = "centerface",
    seed: Seed = 36,
) -> None:
    """Read an audience from its videos: a report, a timeline, the moments and the annotated script."""
    from moviemotion.analysis.signals.baseline import parse_time_span
    from moviemotion.privacy.consent import camera_masks
    from moviemotion.workflows import screen as screening

    offsets = parse_offsets(offset or [])
    rest = parse_time_span(baseline) if baseline else None
    with video_progress_bar(screening.total_video_seconds(videos)) as progress:
        result = screening.screen(
            videos,
            out,
            script,
            subtitles,
            offsets=offsets,
            rate=rate,
            seed=seed,
            progress=progress,
            baseline=rest,
            subtitle_track=subtitle_track,
            timing_sheet=timing_sheet,
            shots=shots,
            frame_rate=fps,
            masks=camera_masks,
            model=model,
            detector=detector,
        )
    _print_summary(result, seed)
    for problem in result.unreadable:
        stderr_console.print(f"left out: {problem}", markup=False, style="red")
    if result.unreadable:
        raise typer.Exit(INCOMPLETE)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the audience's videos and the study.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of the audience and the statistics.")] = 36,
) -> None:
    """Film an invented audience, screen it like any other, and say how well that went."""
    from moviemotion.reports.terminal_summary import summary_lines
    from moviemotion.simulation.recovery_score import format_recovery
    from moviemotion.workflows import demo as demonstration
    from moviemotion.workflows import screen as screening

    typer.echo(f"Filming an invented audience into {out / 'audience'} (seed {seed}) …")
    videos = demonstration.render_audience(out / "audience", seed)
    with video_progress_bar(screening.total_video_seconds(videos)) as progress:
        result = demonstration.run_demo(out / "audience", out / "study", progress, seed)
    for line in [*summary_lines(result.screening.analysis), "", *format_recovery(result.recovery), ""]:
        typer.echo(line)
    typer.echo(f"Report: {out / 'study' / 'report.html'}")


@app.command()
def capture(
    config: Annotated[Path, typer.Option(help="seats.toml: the cameras.")],
    out: Annotated[Path, typer.Option(help="Study folder to make.")],
    model: Model = "shipped",
    detector: Detector = "centerface",
) -> None:
    """Watch an audience live; p pauses, q stops. Then: moviemotion report FOLDER."""
    from moviemotion.cli.live_console import capture_summary_lines, live_display
    from moviemotion.workflows import capture

    captured = capture.capture(config, out, live_display(stderr_console), model, detector)
    for line in capture_summary_lines(captured):
        typer.echo(line)


@app.command()
def report(
    study: Annotated[Path, typer.Argument(help="Folder of a live capture, also of one that was killed.")],
    script: ScriptFile = None,
    subtitles: SubtitleFile = None,
    baseline: Baseline = None,
    subtitle_track: SubtitleTrack = None,
    timing_sheet: TimingSheet = None,
    shots: ShotChanges = None,
    fps: FrameRate = None,
    seed: Seed = 36,
) -> None:
    """Make the report of a study that was captured or simulated."""
    from moviemotion.analysis.signals.baseline import parse_time_span
    from moviemotion.workflows.report import report as report_study

    rest = parse_time_span(baseline) if baseline else None
    result = report_study(study, script, subtitles, seed, rest, subtitle_track, timing_sheet, shots, fps)
    _print_summary(result, seed)


@app.command()
def simulate(
    script_of_feelings: Annotated[
        Path, typer.Option(help="CSV of the beats: start, end, emotion, strength.")
    ],
    out: Annotated[Path, typer.Option(help="Study folder to make; with --video, of the videos.")],
    viewers: Annotated[int, typer.Option(help="How many watch.", min=1)] = 200,
    minutes: Annotated[float, typer.Option(help="Length of the film.", min=0.1)] = 120.0,
    seed: Annotated[int, typer.Option(help="Same seed, same audience.")] = 36,
    video: Annotated[
        bool,
        typer.Option(
            "--video", help="Film it, to be screened; a core films some 20 viewer-seconds a second."
        ),
    ] = False,
) -> None:
    """Invent an audience with a known script of feelings. Then: moviemotion report FOLDER, or screen."""
    from moviemotion.workflows import simulate as simulation

    if video:
        with step_progress_bar("filming") as (_, step):
            videos = simulation.simulate_videos(script_of_feelings, viewers, minutes, out, seed, step)
        typer.echo(f"{out}: {viewers} viewers in {len(videos)} videos; the truth is in truth.csv")
        return
    made = simulation.simulate(script_of_feelings, viewers, minutes, out, seed)
    typer.echo(
        f"{made.folder}: {made.viewers} viewers, {made.samples:,} samples; the truth is in truth.parquet"
    )


@app.command()
def export(
    study: Annotated[Path, typer.Argument(help="Folder of a finished study; the files go to its exports/.")],
    to: Annotated[
        str | None,
        typer.Option(help="Separated by commas: otio, edl, resolve, fcp, vtt, elan, csv, parquet; else all."),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second in which markers count; else the film's.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="Timecode of the film's first frame, 01:00:00:00 or, drop-frame, '01:00:00;00'."),
    ] = None,
    film: Annotated[
        Path | None, typer.Option(help="The film: gives frame rate and timecode, and ELAN opens it.")
    ] = None,
) -> None:
    """A study for other programs: markers for editing, WebVTT, ELAN annotations, tidy tables."""
    from moviemotion.workflows import export as exporting

    for path in exporting.export(study, to.split(",") if to else (), fps, start, film):
        typer.echo(path)


@app.command("sync-mark")
def sync_mark(out: Annotated[Path, typer.Option(help="MP4 to write.")]) -> None:
    """Write the black-and-white mark to show before the film; its code begins 1 s in."""
    from moviemotion.audience.live.sync import write_sync_mark

    write_sync_mark(out)
    typer.echo(f"{out}")


def _print_summary(result: Screening, seed: int) -> None:
    from moviemotion.reports.terminal_summary import summary_lines

    for line in summary_lines(result.analysis):
        typer.echo(line)
    typer.echo(f"Report: {result.folder / 'report.html'}   (seed {seed})")
