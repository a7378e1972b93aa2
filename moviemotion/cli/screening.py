"""Commands that read an audience: from files, live, or an invented one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.console import SOME_UNREADABLE, messages, offset_of, watching_bar

app = typer.Typer()


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

    offsets = dict(offset_of(text) for text in offset or [])
    rest = parse_stretch(baseline) if baseline else None
    with watching_bar(screening.video_seconds(videos)) as progress:
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
    with watching_bar(screening.video_seconds(videos)) as progress:
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
