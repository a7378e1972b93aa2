"""Commands for the privacy officer: consent, retention, erasure and the audit log that documents them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moviemotion.cli.exit_codes import INCOMPLETE

privacy = typer.Typer(
    no_args_is_help=True, help="Manage consent, deletion dates and erasure, and verify the audit log."
)
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Study folder.")]
Viewer = Annotated[str, typer.Option(help="Random ID, seat label or receipt code.")]


@privacy.callback()
def name_actor(context: typer.Context) -> None:
    """Name the user of the operating system in the audit log."""
    import getpass

    from moviemotion.privacy import audit_log

    try:
        account = f"{getpass.getuser()}, command line"
    except (OSError, KeyError):  # the user ID has no name, as in some containers
        account = "command line"
    before = audit_log.ACTOR.set(audit_log.Actor(account))
    context.call_on_close(lambda: audit_log.ACTOR.reset(before))


@privacy.command("begin")
def begin_study(
    study: StudyFolder,
    controller: Annotated[str, typer.Option(help="Name of the person or company responsible for the data.")],
    contact: Annotated[str, typer.Option(help="How participants can reach the controller.")],
    purpose: Annotated[
        str, typer.Option(help="Purpose of the study, phrased to follow “to”.")
    ] = "learn which moments of the film move its audience",
    recipients: Annotated[str, typer.Option(help="Others who receive results about the audience.")] = "",
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Allow encrypted pictures of participants to be stored.")
    ] = False,
    picture_days: Annotated[int, typer.Option(help="Number of days to keep recordings and pictures.")] = 30,
    sample_days: Annotated[int, typer.Option(help="Number of days to keep each viewer's samples.")] = 180,
    report_days: Annotated[
        int, typer.Option(help="Number of days to keep results about the audience.")
    ] = 1095,
) -> None:
    """Begin a study with consent: state who is responsible, what is stored and for how long."""
    from moviemotion.privacy import retention
    from moviemotion.privacy.study_database import ConsentTerms, DataKind

    days = {DataKind.PICTURES: picture_days, DataKind.SAMPLES: sample_days, DataKind.REPORTS: report_days}
    retention.begin_study(study, ConsentTerms(controller, contact, purpose, recipients, pictures), days)
    typer.echo(f"{study}: created; add its seats with moviemotion privacy seat")


@privacy.command("seat")
def add_seat(
    study: StudyFolder,
    seat: Annotated[str, typer.Argument(help="Seat label.")],
    camera: Annotated[str, typer.Option(help="Camera name: its file name without the suffix.")],
    region: Annotated[
        str | None, typer.Option(help="LEFT,TOP,RIGHT,BOTTOM in pixels, if the camera shows several seats.")
    ] = None,
) -> None:
    """Add a seat, which is masked until its participant accepts."""
    from moviemotion.privacy import consent

    consent.add_seat(study, seat, camera, consent.parse_region(region) if region else None)


@privacy.command("disclosure")
def show_disclosure(study: StudyFolder) -> None:
    """Print the disclosure that participants read."""
    from moviemotion.privacy.disclosure import load_disclosure

    disclosure = load_disclosure(study)
    typer.echo(f"{disclosure.text}\nVersion {disclosure.version}")


@privacy.command("answer")
def record_answer(
    study: StudyFolder,
    seat: Annotated[str, typer.Argument(help="Label of the seat whose participant has read the disclosure.")],
    accept: Annotated[bool, typer.Option("--accept/--decline", help="The participant's answer.")],
) -> None:
    """Record a participant's answer and print the receipt."""
    from moviemotion.privacy.consent import record_offline_answer
    from moviemotion.privacy.status import receipt_lines

    for line in receipt_lines(record_offline_answer(study, seat, accept)):
        typer.echo(line)


@privacy.command("withdraw")
def withdraw_consent(
    study: StudyFolder, receipt: Annotated[str, typer.Option(help="Receipt code of the participant.")]
) -> None:
    """Withdraw a participant's consent: erase their data and recompute the results."""
    from moviemotion.privacy.erasure import withdraw
    from moviemotion.privacy.status import receipt_lines

    for line in receipt_lines(withdraw(study, receipt)):
        typer.echo(line)


@privacy.command("status")
def show_status(study: StudyFolder) -> None:
    """Show what data is stored, about whom and until when. Viewers without a random ID get one."""
    from moviemotion.privacy.status import read_status, status_lines

    for line in status_lines(read_status(study)):
        typer.echo(line)


@privacy.command("open-seat")
def open_seat(study: StudyFolder, viewer: Viewer) -> None:
    """Show the seat of one viewer, which is sealed once the screening is over; the log records it."""
    from moviemotion.privacy import status

    opened = status.open_seat(study, viewer)
    typer.echo(f"{opened.viewer}  seat {opened.seat}  {opened.state}")


@privacy.command("export")
def export_viewer_data(
    study: StudyFolder, viewer: Viewer, out: Annotated[Path, typer.Option(help="ZIP file to write.")]
) -> None:
    """Export all data about one viewer."""
    from moviemotion.privacy.participant_export import export_viewer
    from moviemotion.privacy.status import find_viewer

    typer.echo(f"{export_viewer(study, find_viewer(study, viewer), out)}")


@privacy.command("erase")
def erase_viewer(study: StudyFolder, viewer: Viewer) -> None:
    """Erase one viewer's data and recompute the results."""
    from moviemotion.privacy.erasure import erase
    from moviemotion.privacy.status import erasure_lines, find_viewer

    for line in erasure_lines(erase(study, find_viewer(study, viewer))):
        typer.echo(line)


@privacy.command("enforce")
def enforce_retention(study: StudyFolder) -> None:
    """Erase participants who have withdrawn, and delete data whose retention period has ended."""
    from moviemotion.privacy.erasure import enforce_privacy
    from moviemotion.privacy.status import enforcement_lines

    for line in enforcement_lines(enforce_privacy(study)):
        typer.echo(line)


@privacy.command("verify")
def verify_log(
    study: StudyFolder,
    receipt: Annotated[str | None, typer.Option(help="Receipt code to look up in the log.")] = None,
) -> None:
    """Verify the audit log row by row, and optionally look up a receipt."""
    from moviemotion.privacy.consent import find_receipt
    from moviemotion.privacy.status import receipt_proof_line, verification_lines, verify_audit_log

    verdict = verify_audit_log(study)
    for line in verification_lines(verdict):
        typer.echo(line)
    if receipt:
        typer.echo(receipt_proof_line(find_receipt(study, receipt)))
    if verdict.errors:
        raise typer.Exit(INCOMPLETE)
