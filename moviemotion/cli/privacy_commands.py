"""Privacy on the command line: consent, deletion dates, erasure, and the proof of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.exit_codes import INCOMPLETE

privacy = typer.Typer(no_args_is_help=True, help="Consent, deletion dates, erasure, and the proof of them.")
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Study folder.")]
Viewer = Annotated[str, typer.Option(help="Random id, seat, or the code of their receipt.")]


@privacy.command("begin")
def begin_study(
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
    from moviemotion.privacy.study_database import ConsentTerms, DataKind

    days = {DataKind.PICTURES: picture_days, DataKind.SAMPLES: sample_days, DataKind.REPORTS: report_days}
    retention.begin_study(study, ConsentTerms(controller, contact, purpose, recipients, pictures), days)
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

    consent.add_seat(study, seat, camera, consent.parse_region(region) if region else None)


@privacy.command("disclosure")
def show_disclosure(study: StudyFolder) -> None:
    """Print what viewers are told."""
    from moviemotion.privacy.disclosure import load_disclosure

    told = load_disclosure(study)
    typer.echo(f"{told.text}\nVersion {told.version}")


@privacy.command("answer")
def record_answer(
    study: StudyFolder,
    seat: Annotated[str, typer.Argument(help="Whose viewer has read the disclosure.")],
    accept: Annotated[bool, typer.Option("--accept/--decline", help="What they said.")],
) -> None:
    """Take down a viewer's answer and print their receipt."""
    from moviemotion.privacy.consent import record_offline_answer
    from moviemotion.privacy.status import receipt_lines

    for line in receipt_lines(record_offline_answer(study, seat, accept)):
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
    from moviemotion.privacy.status import read_status, status_lines

    for line in status_lines(read_status(study)):
        typer.echo(line)


@privacy.command("export")
def export_viewer_data(
    study: StudyFolder, viewer: Viewer, out: Annotated[Path, typer.Option(help="ZIP file to write.")]
) -> None:
    """Write all that is held about one viewer."""
    from moviemotion.privacy.participant_export import export_viewer
    from moviemotion.privacy.status import find_viewer

    typer.echo(f"{export_viewer(study, find_viewer(study, viewer), out)}")


@privacy.command("erase")
def erase_viewer(study: StudyFolder, viewer: Viewer) -> None:
    """Erase one viewer and make the results again without them."""
    from moviemotion.privacy.erasure import erase
    from moviemotion.privacy.status import erasure_lines, find_viewer

    for line in erasure_lines(erase(study, find_viewer(study, viewer))):
        typer.echo(line)


@privacy.command("enforce")
def enforce_retention(study: StudyFolder) -> None:
    """Erase who has withdrawn, and delete what has had its day."""
    from moviemotion.privacy.erasure import enforce_privacy
    from moviemotion.privacy.status import enforcement_lines

    for line in enforcement_lines(enforce_privacy(study)):
        typer.echo(line)


@privacy.command("verify")
def verify_log(
    study: StudyFolder,
    receipt: Annotated[str | None, typer.Option(help="Also look for a viewer's receipt.")] = None,
) -> None:
    """Check the audit log row by row, and a receipt against it."""
    from moviemotion.privacy.consent import find_receipt
    from moviemotion.privacy.status import receipt_proof_line, verification_lines, verify_audit_log

    verdict = verify_audit_log(study)
    for line in verification_lines(verdict):
        typer.echo(line)
    if receipt:
        typer.echo(receipt_proof_line(find_receipt(study, receipt)))
    if verdict.faults:
        raise typer.Exit(INCOMPLETE)
