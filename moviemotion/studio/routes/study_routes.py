"""Studies, their seats and their files."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from moviemotion.audience.video.masking import Region
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.retention import DEFAULT_DAYS, MAX_DAYS
from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import ConsentTerms, has_database, open_database
from moviemotion.privacy.study_database import DataKind as Data
from moviemotion.studio import uploads
from moviemotion.studio.accounts import Researcher, StaffUser, User, require_role
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath, list_study_folders
from moviemotion.studio.messages import ONE_LINE_PATTERN, STUDY_ID_PATTERN, studio_message
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import ScreeningJobs, study_stage
from moviemotion.studio.screening_state import Stage, read_state
from moviemotion.studio.uploads import FileKind, StudyFile
from moviemotion.study.folder import has_study

router = APIRouter(prefix="/api/studies", tags=["studies"], responses=ERROR_RESPONSES)

ResearcherOrOfficer = Annotated[User, Depends(require_role(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
FileName = Annotated[
    str, InPath(pattern=uploads.FILE_NAME_PATTERN, description="As its owner calls it, with its suffix.")
]
OneLineText = Annotated[str, Field(min_length=1, max_length=300, pattern=ONE_LINE_PATTERN)]
RetentionDays = Annotated[int, Field(ge=1, le=MAX_DAYS)]
PixelCoordinate = Annotated[int, Field(ge=0, le=100_000)]


class StudySummary(BaseModel):
    """A study as it is now."""

    id: str
    stage: Stage
    problem: str = Field(description="Why the last screening failed; empty where it did not.")
    asks: bool = Field(description="Whether it asks its viewers; one that was made elsewhere may not have.")
    seats: int
    answers: dict[ConsentState, int] = Field(
        description="How many seats' viewers said what; the others were not asked."
    )


class StudyDetails(StudySummary):
    """A study with its terms and files."""

    terms: ConsentTerms | None = Field(description="What its operator says; null where it asks nobody.")
    files: tuple[StudyFile, ...]
    unseen: dict[str, str] = Field(
        description="Recordings that may not be looked at, by the answers so far, and why. They are deleted "
        "with the others."
    )


class NewStudy(BaseModel):
    """What must be said before anybody is asked; all of it is in the disclosure."""

    id: str = Field(pattern=STUDY_ID_PATTERN, description="Name of its folder.", examples=["spring-preview"])
    controller: OneLineText = Field(description="Who is responsible, by name.")
    contact: OneLineText = Field(description="Where viewers reach them.")
    purpose: OneLineText = Field(
        default=ConsentTerms.purpose, description="What it is for: words that follow “to”."
    )
    recipients: str = Field(
        default="", max_length=300, description="Who else gets the figures about the room."
    )
    pictures: bool = Field(default=False, description="Whether pictures may be kept, encrypted.")
    days: dict[Data, RetentionDays] = Field(
        default=DEFAULT_DAYS, description="Days for which each kind of data is kept."
    )


class NewSeat(BaseModel):
    """A seat."""

    seat: OneLineText = Field(description="What the house calls it.", examples=["R7"])
    camera: OneLineText = Field(
        description="The recording's name without its suffix, or the live camera's name."
    )
    region: tuple[PixelCoordinate, PixelCoordinate, PixelCoordinate, PixelCoordinate] | None = Field(
        default=None,
        description="Left, top, right, bottom in pixels, where the camera sees several seats.",
    )


class SeatResponse(NewSeat):
    """A seat and what its viewer said."""

    state: ConsentState | None = Field(description="Null: not asked yet.")


def get_jobs(request: Request) -> ScreeningJobs:
    """The studio's screenings."""
    jobs: ScreeningJobs = request.app.state.jobs
    return jobs


JobsDependency = Annotated[ScreeningJobs, Depends(get_jobs)]


def idle_study_folder(folder: StudyPath, jobs: JobsDependency) -> Path:
    """The folder of a study in which no screening runs."""
    jobs.refuse_if_active(folder)
    return folder


IdleStudy = Annotated[Path, Depends(idle_study_folder)]


@router.get("", summary="All studies")
def list_studies(request: Request, user: StaffUser, jobs: JobsDependency) -> list[StudySummary]:
    return [_summary_or_problem(folder, jobs) for folder in list_study_folders(request.app.state.root)]


@router.post(
    "",
    summary="Begin a study",
    description="It has a register from the start: a seat is blacked out until its viewer accepts.",
    status_code=201,
)
def create_study(request: Request, user: Researcher, jobs: JobsDependency, new: NewStudy) -> StudyDetails:
    folder: Path = request.app.state.root / new.id
    if new.id == "new" or new.id.startswith("studio."):
        raise HTTPException(409, f"{new.id}: the studio itself uses this name; choose another")
    try:
        folder.mkdir()
    except FileExistsError:
        raise HTTPException(409, f"{new.id}: is there already; choose another name") from None
    terms = ConsentTerms(new.controller, new.contact, new.purpose, new.recipients, new.pictures)
    try:
        retention.begin_study(folder, terms, new.days)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return get_study(folder, user, jobs)


@router.get("/{study}", summary="One study")
def get_study(folder: StudyPath, user: StaffUser, jobs: JobsDependency) -> StudyDetails:
    terms = None
    if has_database(folder):
        with open_database(folder) as register:
            terms = register.terms
    given = uploads.list_files(folder)
    recordings = {Path(each.name).stem: each.name for each in given if each.kind is FileKind.SEATS}
    unseen = {
        recordings[camera]: why for camera, why in consent.fully_masked_cameras(folder, recordings).items()
    }
    return StudyDetails(**vars(_study_summary(folder, jobs)), terms=terms, files=given, unseen=unseen)


@router.get("/{study}/seats", summary="Its seats and what their viewers said")
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
    summary="Take out a seat",
    description="One at which nobody has been asked.",
    status_code=204,
)
def remove_seat(folder: IdleStudy, user: Researcher, seat: str) -> None:
    consent.remove_seat(folder, seat)


@router.put(
    "/{study}/files/{kind}/{name}",
    summary="Give it a file",
    description="The body is the file as it is, of any content type. What cannot be used is refused at once. "
    "A recording (seats) is deleted when it has been read; film, script and subtitles replace the one before "
    "and stay. A seats.toml (cameras) may name streams, devices, and recordings of this study.",
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
    def putting() -> AbstractContextManager[None]:
        return _check_file_change(folder, kind, jobs)

    with putting():
        pass  # refused now where it would be at the end
    place = await uploads.save_upload(folder, kind, name, request.stream(), putting)
    return StudyFile(kind, place.name, place.stat().st_size)


@router.delete("/{study}/files/{kind}/{name}", summary="Delete a file", status_code=204)
def delete_file(
    folder: IdleStudy, user: Researcher, jobs: JobsDependency, kind: FileKind, name: FileName
) -> None:
    if kind is not FileKind.FILM and has_study(folder):
        raise BusyError(f"{folder.name}: has been read from its files; only the film can go")
    with jobs.while_idle(folder):
        uploads.delete_file(folder, kind, name)


@contextmanager
def _check_file_change(folder: Path, kind: FileKind, jobs: ScreeningJobs) -> Iterator[None]:
    """While a file is put into a study, if that is still made from the files that it has."""
    with jobs.while_idle(folder):
        begun = kind is not FileKind.FILM and has_study(folder)
        if begun and (kind is not FileKind.SEATS or study_stage(jobs, folder) is Stage.FINISHED):
            raise BusyError(f"{folder.name}: was begun with the files it has; make a new study")
        yield


def _summary_or_problem(folder: Path, jobs: ScreeningJobs) -> StudySummary:
    """A study as it is now; one that is damaged is told as such, and does not hide the others."""
    try:
        return _study_summary(folder, jobs)
    except MoviemotionError as error:
        problem = studio_message(str(error), folder.parent)
        return StudySummary(
            id=folder.name,
            stage=Stage.FAILED,
            problem=problem,
            asks=has_database(folder),
            seats=0,
            answers={},
        )


def _study_summary(folder: Path, jobs: ScreeningJobs) -> StudySummary:
    asks = has_database(folder)
    found = consent.list_seats(folder) if asks else ()
    return StudySummary(
        id=folder.name,
        stage=study_stage(jobs, folder),
        problem=record.problem if (record := read_state(folder)) else "",
        asks=asks,
        seats=len(found),
        answers=Counter(seat.state for seat in found if seat.state),
    )
