"""API routes for studies, their seats and their files."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Path as PathParam
from pydantic import BaseModel, Field

from moviemotion._io.atomic_files import PRIVATE_FOLDER
from moviemotion.audience.video.masking import Region
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.retention import DEFAULT_DAYS, MAX_DAYS
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import ConsentTerms, DataKind, has_database, open_database
from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.read_back import read_back
from moviemotion.studio import uploads
from moviemotion.studio.accounts import Researcher, StaffUser, User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.messages import ONE_LINE_PATTERN, STUDY_ID_PATTERN, studio_message
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import ScreeningJobs, study_stage
from moviemotion.studio.screening_state import Stage, read_state
from moviemotion.studio.study_folders import list_study_folders
from moviemotion.studio.uploads import FileKind, StudyFile
from moviemotion.study.folder import has_study

router = APIRouter(prefix="/api/studies", tags=["studies"], responses=ERROR_RESPONSES)

ResearcherOrOfficer = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
FileName = Annotated[
    str, PathParam(pattern=uploads.FILE_NAME_PATTERN, description="File name with its suffix.")
]
OneLineText = Annotated[str, Field(min_length=1, max_length=300, pattern=ONE_LINE_PATTERN)]
RetentionDays = Annotated[int, Field(ge=1, le=MAX_DAYS)]
PixelCoordinate = Annotated[int, Field(ge=0, le=100_000)]


PREVIEW_ELEMENTS, PREVIEW_SPEAKERS = 60, 60
"""Number of elements and speakers in the preview of a script."""


class StudySummary(BaseModel):
    """A study and its state."""

    id: str
    stage: Stage
    problem: str = Field(
        description="Why the last screening failed; empty if it did not, and for the writer, because it may "
        "name a seat."
    )
    asks_consent: bool = Field(
        description="Whether the study's viewers are asked for consent. This may be false if the study was "
        "not created in the studio."
    )
    seats: int = Field(description="Number of seats.")
    answers: dict[ConsentState, int] = Field(
        description="Consent state → number of seats. Seats that were not asked are not counted. Empty for "
        "the writer."
    )


class StudyDetails(StudySummary):
    """A study with its terms and files."""

    terms: ConsentTerms | None = Field(
        description="The terms to which participants consent; null if they are not asked."
    )
    files: tuple[StudyFile, ...]
    excluded_recordings: dict[str, str] = Field(
        description="Recordings that do not show any viewer who accepted → reason. They are not processed, "
        "and are deleted with the others. Empty except for the researcher, because the names of recordings "
        "say who declined."
    )


class NewStudy(BaseModel):
    """A new study with the terms that its disclosure states."""

    id: str = Field(
        pattern=STUDY_ID_PATTERN,
        description="ID of the study, which is also the name of its folder.",
        examples=["spring-preview"],
    )
    controller: OneLineText = Field(description="Name of the company or person responsible for the data.")
    contact: OneLineText = Field(description="How participants can reach the controller.")
    purpose: OneLineText = Field(
        default=ConsentTerms.purpose, description="Purpose of the study, as a phrase that follows “to”."
    )
    recipients: str = Field(
        default="", max_length=300, description="Who else receives results about the audience."
    )
    pictures: bool = Field(default=False, description="Whether pictures of faces are stored, encrypted.")
    days: dict[DataKind, RetentionDays] = Field(
        default=DEFAULT_DAYS, description="Kind of data → days for which it is stored."
    )


class NewSeat(BaseModel):
    """A seat."""

    seat: OneLineText = Field(description="Seat label.", examples=["R7"])
    camera: OneLineText = Field(
        description="File name of the recording without its suffix, or name of the live camera."
    )
    region: tuple[PixelCoordinate, PixelCoordinate, PixelCoordinate, PixelCoordinate] | None = Field(
        default=None,
        description="Left, top, right and bottom of the seat in the camera's frame, in pixels; null if the "
        "camera shows one seat only.",
    )


class SeatResponse(NewSeat):
    """A seat and the answer of its viewer."""

    state: ConsentState | None = Field(description="Null if the viewer has not been asked yet.")


class PreviewElement(BaseModel):
    """One element of a script, as it was read."""

    kind: ElementKind
    text: str
    number: str | None = Field(description="The number of a scene heading, if it has one.")


class ScriptPreview(BaseModel):
    """What was read from a script."""

    title: str
    figures: str = Field(description="The number of scenes, speeches, speakers and pages, in words.")
    doubts: list[str] = Field(description="One sentence for each figure that is implausible.")
    speakers: dict[str, int] = Field(
        description="Speaker → number of speeches; the most frequent speakers, in order."
    )
    elements: list[PreviewElement] = Field(description="The first elements.")
    total: int = Field(description="The number of all elements.")


def get_jobs(request: Request) -> ScreeningJobs:
    """The screening jobs of the studio."""
    jobs: ScreeningJobs = request.app.state.jobs
    return jobs


JobsDependency = Annotated[ScreeningJobs, Depends(get_jobs)]


def idle_study_folder(folder: StudyPath, jobs: JobsDependency) -> Path:
    """Return the folder of a study.

    Raises:
        BusyError: a screening is running in the study.
    """
    jobs.refuse_if_active(folder)
    return folder


IdleStudy = Annotated[Path, Depends(idle_study_folder)]


@router.get("", summary="List all studies")
def list_studies(request: Request, user: StaffUser, jobs: JobsDependency) -> list[StudySummary]:
    return [_summary_or_problem(folder, user, jobs) for folder in list_study_folders(request.app.state.root)]


@router.post(
    "",
    summary="Create a study",
    description="Consent is recorded from the start; every seat is blacked out until its viewer accepts.",
    status_code=201,
)
def create_study(request: Request, user: Researcher, jobs: JobsDependency, new: NewStudy) -> StudyDetails:
    folder: Path = request.app.state.root / new.id
    if new.id == "new" or new.id.startswith("studio."):
        raise HTTPException(409, f"{new.id}: this name is reserved; choose another name")
    try:
        folder.mkdir(PRIVATE_FOLDER)
    except FileExistsError:
        raise HTTPException(409, f"{new.id}: already exists; choose another name") from None
    terms = ConsentTerms(new.controller, new.contact, new.purpose, new.recipients, new.pictures)
    try:
        retention.begin_study(folder, terms, new.days)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return get_study(folder, user, jobs)


@router.get("/{study}", summary="Get a study")
def get_study(folder: StudyPath, user: StaffUser, jobs: JobsDependency) -> StudyDetails:
    terms = None
    if has_database(folder):
        with open_database(folder) as database:
            terms = database.terms
    files = uploads.list_files(folder)
    recordings = {}
    if user.role is Role.RESEARCHER:
        recordings = {Path(file.name).stem: file.name for file in files if file.kind is FileKind.RECORDING}
    excluded = {
        recordings[camera]: reason
        for camera, reason in consent.fully_masked_cameras(folder, recordings).items()
    }
    return StudyDetails(
        **vars(_study_summary(folder, user, jobs)), terms=terms, files=files, excluded_recordings=excluded
    )


@router.get("/{study}/seats", summary="List the seats with the answers of their viewers")
def list_seats(folder: StudyPath, user: ResearcherOrOfficer) -> list[SeatResponse]:
    return [
        SeatResponse(
            seat=s.label,
            camera=s.camera,
            region=(s.region.left, s.region.top, s.region.right, s.region.bottom) if s.region else None,
            state=s.state,
        )
        for s in consent.list_seats(folder)
    ]


@router.post("/{study}/seats", summary="Add a seat", status_code=201)
def add_seat(folder: IdleStudy, user: Researcher, new: NewSeat) -> SeatResponse:
    consent.add_seat(folder, new.seat, new.camera, Region(*new.region) if new.region else None)
    return SeatResponse(**vars(new), state=None)


@router.delete(
    "/{study}/seats/{seat:path}",
    summary="Remove a seat",
    description="Only a seat whose viewer has not been asked for consent can be removed.",
    status_code=204,
)
def remove_seat(folder: IdleStudy, user: Researcher, seat: str) -> None:
    consent.remove_seat(folder, seat)


@router.put(
    "/{study}/files/{kind}/{name}",
    summary="Upload a file",
    description="The body is the content of the file, with any content type. Files that cannot be used are "
    "rejected at once. A recording is deleted when the screening has finished. A film, script or subtitles "
    "file replaces any previous one and is kept. A seats.toml (cameras) may name streams, devices, "
    "and recordings of this study.",
    status_code=201,
    max_body_size=max(uploads.MAX_FILE_BYTES.values()),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload_file(
    request: Request,
    folder: IdleStudy,
    user: Researcher,
    jobs: JobsDependency,
    kind: FileKind,
    name: FileName,
) -> StudyFile:
    def write_guard() -> AbstractContextManager[None]:
        return _check_file_change(folder, kind, jobs)

    with write_guard():
        pass  # reject the file before the upload rather than after it
    path = await uploads.save_upload(folder, kind, name, request.stream(), write_guard)
    return StudyFile(kind, path.name, path.stat().st_size)


@router.get(
    "/{study}/script-preview",
    summary="Preview what was read from the script",
    description="Null if the study has no script.",
)
def preview_script(folder: StudyPath, user: Researcher) -> ScriptPreview | None:
    path = uploads.find_file(folder, FileKind.SCRIPT)
    if path is None:
        return None
    screenplay = read_screenplay(path)
    found = read_back(screenplay)
    return ScriptPreview(
        title=screenplay.title,
        figures=found.sentence(),
        doubts=list(found.doubts),
        speakers=dict(islice(found.speeches_of.items(), PREVIEW_SPEAKERS)),
        elements=[
            PreviewElement(kind=element.kind, text=element.text, number=element.number)
            for element in screenplay.elements[:PREVIEW_ELEMENTS]
        ],
        total=len(screenplay.elements),
    )


@router.delete("/{study}/files/{kind}/{name}", summary="Delete a file", status_code=204)
def delete_file(
    folder: IdleStudy, user: Researcher, jobs: JobsDependency, kind: FileKind, name: FileName
) -> None:
    if kind is not FileKind.FILM and has_study(folder):
        raise BusyError(
            f"{folder.name}: a screening was started from these files; only the film can be deleted"
        )
    with jobs.while_idle(folder):
        uploads.delete_file(folder, kind, name)


@contextmanager
def _check_file_change(folder: Path, kind: FileKind, jobs: ScreeningJobs) -> Iterator[None]:
    """Block screenings while a file is added, and check that the study can still accept the file.

    Once a screening has started, its inputs are fixed. Recordings can still be added until it has finished.
    The film, which is only displayed, can be added at any time.
    """
    with jobs.while_idle(folder):
        is_fixed = kind is not FileKind.FILM and has_study(folder)
        if is_fixed and (kind is not FileKind.RECORDING or study_stage(jobs, folder) is Stage.FINISHED):
            raise BusyError(f"{folder.name}: a screening was started from these files; create a new study")
        yield


def _summary_or_problem(folder: Path, user: User, jobs: ScreeningJobs) -> StudySummary:
    """Summarize a study. If it is damaged, the summary states the problem, so the list can still be shown."""
    try:
        return _study_summary(folder, user, jobs)
    except MoviemotionError as error:
        return StudySummary(
            id=folder.name,
            stage=Stage.FAILED,
            problem=studio_message(error, folder.parent),
            asks_consent=has_database(folder),
            seats=0,
            answers={},
        )


def _study_summary(folder: Path, user: User, jobs: ScreeningJobs) -> StudySummary:
    asks_consent = has_database(folder)
    seats = consent.list_seats(folder) if asks_consent else ()
    may_see_answers = user.role is not Role.WRITER
    return StudySummary(
        id=folder.name,
        stage=study_stage(jobs, folder),
        problem=state.problem if may_see_answers and (state := read_state(folder)) else "",
        asks_consent=asks_consent,
        seats=len(seats),
        answers=Counter(seat.state for seat in seats if seat.state and may_see_answers),
    )
