"""Report the recordings and seats that were masked because consent is missing.

The report must not say who declined. Cameras whose participants have not accepted are therefore only counted;
a camera is named only if no seat uses it, because then its name says nothing about a participant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from moviemotion.privacy.consent import ConsentState, Seat, list_seats, mask_for_seats
from moviemotion.privacy.study_database import has_database
from moviemotion.problems import Harm, Problem


def consent_problems(folder: Path, cameras: Mapping[str, str]) -> Iterator[Problem]:
    """Report what was masked in a study's recordings, and why.

    Args:
        folder: the study folder.
        cameras: name of each camera → how a message names it, such as the path of its recording.

    Returns:
        One problem for each camera without a seat, and one for all participants without consent; none in a
        study without a database.
    """
    if not has_database(folder):
        return
    by_camera: dict[str, list[Seat]] = {camera: [] for camera in cameras}
    for seat in list_seats(folder):
        by_camera.setdefault(seat.camera, []).append(seat)
    unprocessed = seats = 0
    for camera, subject in cameras.items():
        here = by_camera[camera]
        if not here:
            yield Problem(
                "camera-without-seat",
                Harm.MISSING,
                "was not processed: no seat uses this camera, so nobody in it can have given consent; "
                "add its seats, or correct the name of the camera in the list of seats",
                subject,
            )
        elif mask_for_seats(here).hides_everything:
            unprocessed += 1
        else:
            seats += sum(seat.state is not ConsentState.ACCEPTED for seat in here)
    if unprocessed or seats:
        parts = [
            *([f"{unprocessed} of {len(cameras)} recordings not processed"] if unprocessed else []),
            *(
                [f"{seats} {'seat' if seats == 1 else 'seats'} masked in processed recordings"]
                if seats
                else []
            ),
        ]
        yield Problem(
            "consent-missing",
            Harm.MISSING,
            f"Participants have declined or were not asked: {' and '.join(parts)}; "
            "the results are about the others",
        )
