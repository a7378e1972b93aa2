"""Privacy on the command line: consent, deletion dates, erasure, and the proof of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.exit_codes import SOME_UNREADABLE

privacy = typer.Typer(no_args_is_help=True, help="Consent, deletion dates, erasure, and the proof of them.")
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Study folder.")]
Viewer = Annotated[str, typer.Option(help="Random id, seat, or the code of their receipt.")]


@privacy.command("begin")
def begin(
    study: StudyFolder,
    controller: Annotated[str, typer.Option(help="Who is responsible, by name.")],
    contact: Annotated[str, typer.Option(help="Where viewers reach them.")],
    purpose: Annotated[
        str, typer.Option(help="What it is for: words that follow “to”.")
    ] = "learn which moments of the film move its audience",
    recipients: Annotated[str, typer.Option(help="Who else gets the figures about the room.")] = "",
    pictures: Annotated[bool, typer.Option("--pictures", help="Pictures may be kept, encrypted.")] = False,
    picture_days: Annotated[int, typer.Option(help="Days for which recordings and pictures are kept.")] = 30,
    sample_days: Annotated[int, typer.Option(help="Days for what is measured of each viewer.")] = 180,
    report_days: Annotated[int, typer.Option(help="Days for results about the room.")] = 1095,
) -> None:
    """Begin a study whose viewers are asked: who is responsible, what is kept and until when."""
    from moviemotion.privacy import retention
    from moviemotion.privacy.study_database import Kind, Terms

    days = {Kind.PICTURES: picture_days, Kind.SAMPLES: sample_days, Kind.REPORTS: report_days}
    retention.begin(study, Terms(controller, contact, purpose, recipients, pictures), days)
    typer.echo(f"{study}: begun; add its seats with moviemotion privacy seat")


@privacy.command("seat")
def add_seat(
    study: StudyFolder,
    seat: Annotated[str, typer.Argument(help="What the house calls it.")],
    camera: Annotated[str, typer.Option(help="Name of its camera's file, without the suffix.")],
    region: Annotated[
        str | None, typer.Option(help="LEFT,TOP,RIGHT,BOTTOM in pixels, where the camera sees several seats.")
    ] = None,
) -> None:
    """Add a seat. It is masked until its viewer accepts."""
    from moviemotion.privacy import consent

    consent.add_seat(study, seat, camera, consent.read_region(region) if region else None)


@privacy.command("disclosure")
def disclosure(study: StudyFolder) -> None:
    """Print what viewers are told."""
    from moviemotion.privacy.disclosure import disclosure_of

    told = disclosure_of(study)
    typer.echo(f"{told.text}\nVersion {told.version}")


@privacy.command("answer")
def answer(
    study: StudyFolder,
    seat: Annotated[str, typer.Argument(help="Whose viewer has read the disclosure.")],
    accept: Annotated[bool, typer.Option("--accept/--decline", help="What they said.")],
) -> None:
    """Take down a viewer's answer and print their receipt."""
    from moviemotion.privacy.consent import answer_by_hand
    from moviemotion.privacy.status import receipt_lines

    for line in receipt_lines(answer_by_hand(study, seat, accept)):
        typer.echo(line)


@privacy.command("withdraw")
def withdraw_consent(
    study: StudyFolder, receipt: Annotated[str, typer.Option(help="The code that the viewer was given.")]
) -> None:
    """Take a viewer's consent back: they are erased and the results made again."""
    from moviemotion.privacy.erasure import withdraw
    from moviemotion.privacy.status import receipt_lines

    for line in receipt_lines(withdraw(study, receipt)):
        typer.echo(line)


@privacy.command("status")
def show_status(study: StudyFolder) -> None:
    """Say what is held of whom, and until when. Viewers get random ids where they have none."""
    from moviemotion.privacy.status import status, status_lines

    for line in status_lines(status(study)):
        typer.echo(line)


@privacy.command("export")
def export(
    study: StudyFolder, viewer: Viewer, out: Annotated[Path, typer.Option(help="ZIP file to write.")]
) -> None:
    """Write all that is held about one viewer."""
    from moviemotion.privacy.participant_export import export_viewer
    from moviemotion.privacy.status import viewer_named

    typer.echo(f"{export_viewer(study, viewer_named(study, viewer), out)}")


@privacy.command("erase")
def erase_viewer(study: StudyFolder, viewer: Viewer) -> None:
    """Erase one viewer and make the results again without them."""
    from moviemotion.privacy.erasure import erase
    from moviemotion.privacy.status import erased_lines, viewer_named

    for line in erased_lines(erase(study, viewer_named(study, viewer))):
        typer.echo(line)


@privacy.command("enforce")
def enforce(study: StudyFolder) -> None:
    """Erase who has withdrawn, and delete what has had its day."""
    from moviemotion.privacy.erasure import keep_promises
    from moviemotion.privacy.status import kept_lines

    for line in kept_lines(keep_promises(study)):
        typer.echo(line)


@privacy.command("verify")
def verify_log(
    study: StudyFolder,
    receipt: Annotated[str | None, typer.Option(help="Also look for a viewer's receipt.")] = None,
) -> None:
    """Check the audit log row by row, and a receipt against it."""
    from moviemotion.privacy.consent import check_receipt
    from moviemotion.privacy.status import proof_line, verdict_lines, verify

    verdict = verify(study)
    for line in verdict_lines(verdict):
        typer.echo(line)
    if receipt:
        typer.echo(proof_line(check_receipt(study, receipt)))
    if verdict.faults:
        raise typer.Exit(SOME_UNREADABLE)
