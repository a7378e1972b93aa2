"""Commands that measure an audience: recorded, live or simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moviemotion.cli.console import (
    listening_progress_bar,
    parse_offsets,
    parse_rotations,
    parse_speed,
    stderr_console,
    step_progress_bar,
    video_progress_bar,
)
from moviemotion.cli.exit_codes import INCOMPLETE
from moviemotion.problems import ranked_groups

if TYPE_CHECKING:
    from moviemotion.workflows.screen import Screening

ScriptFile = Annotated[
    Path | None, typer.Option(help="Screenplay: Fountain, Final Draft, PDF or plain text.")
]
SubtitleFile = Annotated[
    Path | None, typer.Option(help="The film's subtitles, or the film itself if it has a subtitle track.")
]
SubtitleTrack = Annotated[
    int | None,
    typer.Option(help="Subtitle track to use, counted from 1, if --subtitles is a film.", min=1),
]
SubtitleOffset = Annotated[
    float | None,
    typer.Option(help="Seconds to add to the subtitles' times; they are then not corrected automatically."),
]
SubtitleSpeed = Annotated[
    str | None,
    typer.Option(
        help="Film seconds per subtitle second, such as 25/23.976 if the subtitles were made for 25 frames "
        "per second and the film runs at 23.976."
    ),
]
TimingSheet = Annotated[
    Path | None, typer.Option(help="CSV or EDL file that says when each scene is on screen.")
]
LineTimes = Annotated[
    Path | None,
    typer.Option(
        "--line-times",
        help="CSV file of times of script lines set by hand, such as an edited exports/csv/lines.csv; "
        "replaces all times set by hand before.",
    ),
]
ShotChanges = Annotated[
    Path | None,
    typer.Option(
        help="Shot changes: a text file with one time per line, or the film in which to detect them."
    ),
]
FrameRate = Annotated[
    float | None,
    typer.Option(help="Frames per second of an EDL; defaults to the film's frame rate, or else 24."),
]
Baseline = Annotated[
    str | None, typer.Option(help="START-END of a calm stretch of the film, such as 0:00-0:20.")
]
FilmToReport = Annotated[
    str | None,
    typer.Option(
        "--film",
        help="START-END: film time of the first and last picture; other seconds are never evidence. "
        "Or the film's video file, with whose sound a script without subtitles is aligned.",
    ),
]
Film = Annotated[
    str | None,
    typer.Option(
        "--film",
        help="START-END: film time of the first and last picture; other seconds are never evidence. "
        "Or the film's video file, to find its start and end in the recordings; a script without "
        "subtitles is aligned with its sound.",
    ),
]
Credits = Annotated[
    str | None,
    typer.Option("--credits", help="START-END of the credits, or only START; they are never evidence."),
]
Seats = Annotated[
    Path | None,
    typer.Option(
        "--seats",
        help="CSV file of who sat where (viewer, row, seat), to tell contagion from the film's effect.",
    ),
]
ParticipantList = Annotated[
    Path | None,
    typer.Option(
        "--participants",
        help="CSV file about the people in the seats: seat or viewer, then any columns, such as age,sex.",
    ),
]
CountDoubles = Annotated[
    bool | None,
    typer.Option(
        "--count-doubles/--leave-out-doubles",
        help="Whether viewers who appear to be one person recorded twice count as different people.",
        show_default="left out",
    ),
]
Title = Annotated[str | None, typer.Option(help="Title of the film; defaults to the script's.")]
Cut = Annotated[str | None, typer.Option(help="Version of the film's cut, such as 'cut 3'.")]
ScreeningDate = Annotated[
    str | None, typer.Option("--date", help="Date of the screening, such as 2026-11-29.")
]
TIMELINE_FORMATS = frozenset({"otio", "premiere"})
"""Formats of `export` that are written by OpenTimelineIO."""
Model = Annotated[
    str,
    typer.Option("--model", help="Emotion model: an ONNX file exported by the lab, or a registered name."),
]
Detector = Annotated[str, typer.Option("--detector", help="Registered name of the face detector.")]
DEFAULT_SEED = 36
Seed = Annotated[int, typer.Option(help="Random seed for the statistics.")]


def plan(
    length: Annotated[float, typer.Option(help="How long the reaction is held, in seconds.")] = 2.0,
    share: Annotated[float, typer.Option(help="Share of the viewers who react, 0 to 1.")] = 0.4,
    strength: Annotated[
        float, typer.Option(help="Strength of the emotion in the faces of those who react, 0 to 1.")
    ] = 0.5,
    minutes: Annotated[float, typer.Option(help="Length of the film in minutes.")] = 90.0,
    difference: Annotated[
        float,
        typer.Option(help="Difference between two cuts, in standard deviations between viewers."),
    ] = 0.5,
    room_share: Annotated[
        float, typer.Option(help="Share of the variance that lies between rooms, 0 to 1.")
    ] = 0.05,
    out: Annotated[
        Path | None, typer.Option(help="Folder for plan.html with the picture, plan.csv and plan.json.")
    ] = None,
) -> None:
    """Plan a screening: how many viewers find a moment, and how many rooms show two cuts to differ."""
    from moviemotion.planning.screening_plan import plan_screening
    from moviemotion.reports.plan_lines import plan_lines
    from moviemotion.workflows.plan import write_plan

    planned = plan_screening(length, share, strength, minutes, difference, room_share)
    for line in plan_lines(planned):
        typer.echo(line)
    if out is not None:
        write_plan(planned, out)
        typer.echo(f"Page: {out / 'plan.html'}")


def screen(
    videos: Annotated[list[Path], typer.Argument(help="Camera recordings, each showing one or more faces.")],
    out: Annotated[Path, typer.Option(help="Study folder to write; an interrupted study is resumed.")],
    script: ScriptFile = None,
    subtitles: SubtitleFile = None,
    offset: Annotated[
        list[str] | None,
        typer.Option(
            help="CAMERA=SECONDS to add to a camera's clock to get film time; may be repeated. "
            "Other cameras are aligned by sound and light."
        ),
    ] = None,
    rotate: Annotated[
        list[str] | None,
        typer.Option(
            help="CAMERA=DEGREES by which a camera's frames are rotated clockwise (0, 90, 180 or 270); "
            "by default, its faces decide. May be repeated."
        ),
    ] = None,
    rate: Annotated[float, typer.Option(help="Samples per second.", min=0.1, max=60)] = 5.0,
    baseline: Baseline = None,
    film: Film = None,
    credits: Credits = None,
    seats: Seats = None,
    participants: ParticipantList = None,
    count_doubles: CountDoubles = None,
    subtitle_track: SubtitleTrack = None,
    subtitle_offset: SubtitleOffset = None,
    subtitle_speed: SubtitleSpeed = None,
    timing_sheet: TimingSheet = None,
    line_times: LineTimes = None,
    shots: ShotChanges = None,
    fps: FrameRate = None,
    title: Title = None,
    cut: Cut = None,
    date: ScreeningDate = None,
    model: Model = "shipped",
    detector: Detector = "centerface",
    seed: Seed = 36,
) -> None:
    """Analyze recordings of an audience and write a report, a timeline, moments and the annotated script."""
    from moviemotion.analysis.signals.baseline import parse_time_span
    from moviemotion.analysis.signals.film_span import film_argument
    from moviemotion.privacy.consent import camera_masks
    from moviemotion.study.participant_table import read_participant_table
    from moviemotion.study.seat_table import read_seat_table
    from moviemotion.study.study_label import StudyLabel
    from moviemotion.workflows import screen as screening

    label = StudyLabel(title, cut, date)
    offsets = parse_offsets(offset or [])
    rotations = parse_rotations(rotate or [])
    speed = parse_speed(subtitle_speed) if subtitle_speed else None
    baseline_span = parse_time_span(baseline) if baseline else None
    film_or_span = film_argument(film) if film else None
    credits_span = parse_time_span(credits, "credits", until_end=True) if credits else None
    seat_table = read_seat_table(seats) if seats else None
    participant_table = read_participant_table(participants) if participants else None
    with (
        video_progress_bar(screening.total_video_seconds(videos)) as progress,
        listening_progress_bar() as listened,
    ):
        result = screening.screen(
            videos,
            out,
            script,
            subtitles,
            offsets=offsets,
            rate=rate,
            seed=seed,
            progress=progress,
            baseline=baseline_span,
            subtitle_track=subtitle_track,
            timing_sheet=timing_sheet,
            shots=shots,
            frame_rate=fps,
            masks=camera_masks,
            model=model,
            detector=detector,
            film=film_or_span,
            credits=credits_span,
            seats=seat_table,
            count_doubles=bool(count_doubles),
            rotations=rotations,
            subtitle_offset=subtitle_offset,
            subtitle_speed=speed,
            line_times=line_times,
            label=label,
            speech_progress=listened,
            participants=participant_table,
        )
    _print_summary(result, seed)
    for _, lines in ranked_groups(result.incomplete):
        for line in lines:
            stderr_console.print(f"incomplete: {line}", markup=False, style="red")
    if result.incomplete:
        raise typer.Exit(INCOMPLETE)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the audience's videos and the study.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Random seed for the audience and the statistics.")] = 36,
) -> None:
    """Render a synthetic audience, screen a short film and compare the results with the ground truth."""
    from moviemotion.reports.terminal_summary import summary_lines
    from moviemotion.simulation.recovery_score import format_recovery
    from moviemotion.workflows import demo as demonstration
    from moviemotion.workflows import screen as screening

    typer.echo(f"Rendering a synthetic audience in {out / 'audience'} (seed {seed}) …")
    videos = demonstration.render_audience(out / "audience", seed)
    with video_progress_bar(screening.total_video_seconds(videos)) as progress:
        result = demonstration.run_demo(out / "audience", out / "study", progress, seed)
    for line in [*summary_lines(result.screening.analysis), "", *format_recovery(result.recovery), ""]:
        typer.echo(line)
    typer.echo(f"Report: {out / 'study' / 'report.html'}")


def capture(
    config: Annotated[Path, typer.Option(help="Camera configuration, such as seats.toml.")],
    out: Annotated[Path, typer.Option(help="Study folder to create.")],
    model: Model = "shipped",
    detector: Detector = "centerface",
) -> None:
    """Capture an audience with live cameras (p pauses, q stops). Next step: moviemotion report FOLDER."""
    from moviemotion.cli.live_console import capture_summary_lines, live_display
    from moviemotion.workflows import capture

    captured = capture.capture(config, out, live_display(stderr_console), model, detector)
    for line in capture_summary_lines(captured):
        typer.echo(line)


def report(
    study: Annotated[
        Path, typer.Argument(help="Study folder of a live capture (complete or not) or a simulation.")
    ],
    script: ScriptFile = None,
    subtitles: SubtitleFile = None,
    baseline: Baseline = None,
    film: FilmToReport = None,
    credits: Credits = None,
    seats: Seats = None,
    participants: ParticipantList = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=RULE of a part of the audience to report as well, such as "
            """'young women=sex == "f" and age < 25'; kept with the study. May be repeated."""
        ),
    ] = None,
    quadrants: Annotated[
        bool, typer.Option("--quadrants", help="Also report women and men, under 25 and from 25.")
    ] = False,
    count_doubles: CountDoubles = None,
    subtitle_track: SubtitleTrack = None,
    subtitle_offset: SubtitleOffset = None,
    subtitle_speed: SubtitleSpeed = None,
    timing_sheet: TimingSheet = None,
    line_times: LineTimes = None,
    shots: ShotChanges = None,
    fps: FrameRate = None,
    title: Title = None,
    cut: Cut = None,
    date: ScreeningDate = None,
    seed: Seed = 36,
) -> None:
    """Write the report of a captured or simulated study."""
    from moviemotion.analysis.segments.segment import parse_segment
    from moviemotion.analysis.signals.baseline import parse_time_span
    from moviemotion.analysis.signals.film_span import film_argument
    from moviemotion.study.participant_table import read_participant_table
    from moviemotion.study.seat_table import read_seat_table
    from moviemotion.study.study_label import StudyLabel
    from moviemotion.workflows.report import report as report_study

    baseline_span = parse_time_span(baseline) if baseline else None
    film_or_span = film_argument(film) if film else None
    credits_span = parse_time_span(credits, "credits", until_end=True) if credits else None
    seat_table = read_seat_table(seats) if seats else None
    participant_table = read_participant_table(participants) if participants else None
    segments = [parse_segment(text) for text in segment or ()]
    with listening_progress_bar() as listened:
        result = report_study(
            study,
            script,
            subtitles,
            seed,
            baseline_span,
            subtitle_track,
            timing_sheet,
            shots,
            fps,
            film_or_span,
            credits_span,
            seat_table,
            count_doubles,
            subtitle_offset,
            parse_speed(subtitle_speed) if subtitle_speed else None,
            line_times,
            StudyLabel(title, cut, date),
            participant_table,
            segments,
            quadrants,
            listened,
        )
    _print_summary(result, seed)


def simulate(
    emotion_script: Annotated[
        Path, typer.Option(help="CSV file of emotional events: start, end, emotion, strength.")
    ],
    out: Annotated[
        Path, typer.Option(help="Study folder to create; with --video, the folder for the videos.")
    ],
    viewers: Annotated[int, typer.Option(help="Number of viewers.", min=1)] = 200,
    minutes: Annotated[float, typer.Option(help="Length of the film in minutes.", min=0.1)] = 120.0,
    seed: Annotated[
        int, typer.Option(help="Random seed for the audience; the same seed gives the same audience.")
    ] = 36,
    video: Annotated[
        bool,
        typer.Option(
            "--video",
            help="Render videos that can be screened; one core renders about 20 viewer-seconds per second.",
        ),
    ] = False,
) -> None:
    """Simulate an audience with known emotions. Next step: moviemotion report FOLDER, or screen."""
    from moviemotion.workflows import simulate as simulation

    if video:
        with step_progress_bar("rendering") as (_, step):
            videos = simulation.simulate_videos(emotion_script, viewers, minutes, out, seed, step)
        typer.echo(f"{out}: {viewers} viewers in {len(videos)} videos; ground truth in truth.csv")
        return
    study = simulation.simulate(emotion_script, viewers, minutes, out, seed)
    typer.echo(
        f"{study.folder}: {study.viewers} viewers, {study.samples:,} samples; ground truth in truth.parquet"
    )


def export(
    study: Annotated[
        Path, typer.Argument(help="Folder of a finished study; files are written to its subfolder exports/.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            help="Formats, separated by commas: avid, premiere, resolve, finalcut, pro-tools, otio, edl, "
            "vtt, elan, csv, parquet; all by default."
        ),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames per second of the markers; defaults to the film's frame rate."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Timecode of the film's first frame, such as 01:00:00:00, or '01:00:00;00' for drop-frame."
        ),
    ] = None,
    film: Annotated[
        Path | None,
        typer.Option(help="The film, used for the frame rate and timecode and linked in the ELAN file."),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title in the files and their names; defaults to the study's.")
    ] = None,
) -> None:
    """Export a study to other programs: editing markers, WebVTT, ELAN annotations and tidy tables."""
    from moviemotion.workflows import export as exporting

    formats = to.split(",") if to else ()
    if not formats or TIMELINE_FORMATS.intersection(formats):
        import opentimelineio  # noqa: F401 (if the extra is missing, fail before anything is written)

    for path in exporting.export(study, formats, fps, start, film, title):
        typer.echo(path)


def import_measurements(
    tool: Annotated[str, typer.Argument(help="facereader, imotions, pyfeat, openface or csv.")],
    files: Annotated[list[Path], typer.Argument(help="The program's exports, one file per viewer.")],
    out: Annotated[Path, typer.Option(help="Study folder to create.")],
    fps: Annotated[
        float | None, typer.Option(help="Frames per second of the recordings, if the files count frames.")
    ] = None,
    script: ScriptFile = None,
    subtitles: SubtitleFile = None,
) -> None:
    """Make a study from what another program measured in the faces of an audience."""
    from moviemotion.workflows import import_measurements as importing

    result = importing.import_measurements(tool, files, out, fps, script, subtitles)
    _print_summary(result, DEFAULT_SEED)


def sync_mark(out: Annotated[Path, typer.Option(help="MP4 file to write.")]) -> None:
    """Write the black-and-white sync mark to show before the film; its code starts after 1 s."""
    from moviemotion.audience.live.sync import write_sync_mark

    write_sync_mark(out)
    typer.echo(f"{out}")


def _print_summary(result: Screening, seed: int) -> None:
    from moviemotion.reports.terminal_summary import summary_lines

    for line in summary_lines(result.analysis):
        typer.echo(line)
    typer.echo(f"Report: {result.folder / 'report.html'}   (seed {seed})")
