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
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.consent import State
from moviemotion.privacy.retention import DAYS, LONGEST
from moviemotion.privacy.study_database import Kind as Data
from moviemotion.privacy.study_database import Terms, is_governed, opened
from moviemotion.studio import uploads
from moviemotion.studio.accounts import Person, Reader, Researcher, needs
from moviemotion.studio.dependencies import FAULTS, StudyFolder, study_folders
from moviemotion.studio.messages import ONE_LINE, STUDY_ID, told
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.screening_jobs import Jobs, stage_of
from moviemotion.studio.screening_state import Stage, read_record
from moviemotion.studio.uploads import Given, Kind

router = APIRouter(prefix="/api/studies", tags=["studies"], responses=FAULTS)

Host = Annotated[Person, Depends(needs(Role.RESEARCHER, Role.PRIVACY_OFFICER))]
FileName = Annotated[str, InPath(pattern=uploads.NAME, description="As its owner calls it, with its suffix.")]
Text = Annotated[str, Field(min_length=1, max_length=300, pattern=ONE_LINE)]
Days = Annotated[int, Field(ge=1, le=LONGEST)]
Pixel = Annotated[int, Field(ge=0, le=100_000)]


class StudyNow(BaseModel):
    """A study as it is now."""

    id: str
    stage: Stage
    problem: str = Field(description="Why the last screening failed; empty where it did not.")
    asks: bool = Field(description="Whether it asks its viewers; one that was made elsewhere may not have.")
    seats: int
    answers: dict[State, int] = Field(
        description="How many seats' viewers said what; the others were not asked."
    )


class StudyInFull(StudyNow):
    """A study with its terms and files."""

    terms: Terms | None = Field(description="What its operator says; null where it asks nobody.")
    files: tuple[Given, ...]
    unseen: dict[str, str] = Field(
        description="Recordings that may not be looked at, by the answers so far, and why. They are deleted "
        "with the others."
    )


class NewStudy(BaseModel):
    """What must be said before anybody is asked; all of it is in the disclosure."""

    id: str = Field(pattern=STUDY_ID, description="Name of its folder.", examples=["spring-preview"])
    controller: Text = Field(description="Who is responsible, by name.")
    contact: Text = Field(description="Where viewers reach them.")
    purpose: Text = Field(default=Terms.purpose, description="What it is for: words that follow “to”.")
    recipients: str = Field(
        default="", max_length=300, description="Who else gets the figures about the room."
    )
    pictures: bool = Field(default=False, description="Whether pictures may be kept, encrypted.")
    days: dict[Data, Days] = Field(default=DAYS, description="Days for which each kind of data is kept.")


class SeatIn(BaseModel):
    """A seat."""

    seat: Text = Field(description="What the house calls it.", examples=["R7"])
    camera: Text = Field(description="The recording's name without its suffix, or the live camera's name.")
    region: tuple[Pixel, Pixel, Pixel, Pixel] | None = Field(
        default=None,
        description="Left, top, right, bottom in pixels, where the camera sees several seats.",
    )


class SeatNow(SeatIn):
    """A seat and what its viewer said."""

    state: State | None = Field(description="Null: not asked yet.")


def jobs_of(request: Request) -> Jobs:
    """The studio's screenings."""
    jobs: Jobs = request.app.state.jobs
    return jobs


AllJobs = Annotated[Jobs, Depends(jobs_of)]


def idle_study_of(folder: StudyFolder, jobs: AllJobs) -> Path:
    """The folder of a study in which no screening runs."""
    jobs.refuse_at_work(folder)
    return folder


IdleStudy = Annotated[Path, Depends(idle_study_of)]


@router.get("", summary="All studies")
def studies(request: Request, person: Reader, jobs: AllJobs) -> list[StudyNow]:
    return [_listed(folder, jobs) for folder in study_folders(request.app.state.root)]


@router.post(
    "",
    summary="Begin a study",
    description="It has a register from the start: a seat is blacked out until its viewer accepts.",
    status_code=201,
)
def begin(request: Request, person: Researcher, jobs: AllJobs, new: NewStudy) -> StudyInFull:
    folder: Path = request.app.state.root / new.id
    if new.id == "new" or new.id.startswith("studio."):
        raise HTTPException(409, f"{new.id}: the studio itself uses this name; choose another")
    try:
        folder.mkdir()
    except FileExistsError:
        raise HTTPException(409, f"{new.id}: is there already; choose another name") from None
    terms = Terms(new.controller, new.contact, new.purpose, new.recipients, new.pictures)
    try:
        retention.begin(folder, terms, new.days)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return study(folder, person, jobs)


@router.get("/{study}", summary="One study")
def study(folder: StudyFolder, person: Reader, jobs: AllJobs) -> StudyInFull:
    terms = None
    if is_governed(folder):
        with opened(folder) as register:
            terms = register.terms
    given = uploads.given(folder)
    recordings = {Path(each.name).stem: each.name for each in given if each.kind is Kind.SEATS}
    unseen = {recordings[camera]: why for camera, why in consent.unseen(folder, recordings).items()}
    return StudyInFull(**vars(_now(folder, jobs)), terms=terms, files=given, unseen=unseen)


@router.get("/{study}/seats", summary="Its seats and what their viewers said")
def seats(folder: StudyFolder, person: Host) -> list[SeatNow]:
    return [
        SeatNow(
            seat=s.seat,
            camera=s.camera,
            region=(s.region.left, s.region.top, s.region.right, s.region.bottom) if s.region else None,
            state=s.state,
        )
        for s in consent.seats(folder)
    ]


@router.post("/{study}/seats", summary="Add a seat", status_code=201)
def add_seat(folder: IdleStudy, person: Researcher, new: SeatIn) -> SeatNow:
    consent.add_seat(folder, new.seat, new.camera, Region(*new.region) if new.region else None)
    return SeatNow(**vars(new), state=None)


@router.delete(
    "/{study}/seats/{seat:path}",
    summary="Take out a seat",
    description="One at which nobody has been asked.",
    status_code=204,
)
def remove_seat(folder: IdleStudy, person: Researcher, seat: str) -> None:
    consent.remove_seat(folder, seat)


@router.put(
    "/{study}/files/{kind}/{name}",
    summary="Give it a file",
    description="The body is the file as it is, of any content type. What cannot be used is refused at once. "
    "A recording (seats) is deleted when it has been read; film, script and subtitles replace the one before "
    "and stay. A seats.toml (cameras) may name streams, devices, and recordings of this study.",
    status_code=201,
    max_body_size=max(uploads.MOST.values()),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def give(
    request: Request, folder: IdleStudy, person: Researcher, jobs: AllJobs, kind: Kind, name: FileName
) -> Given:
    def putting() -> AbstractContextManager[None]:
        return _putting(folder, kind, jobs)

    with putting():
        pass  # refused now where it would be at the end
    place = await uploads.receive(folder, kind, name, request.stream(), putting)
    return Given(kind, place.name, place.stat().st_size)


@router.delete("/{study}/files/{kind}/{name}", summary="Delete a file", status_code=204)
def remove(folder: IdleStudy, person: Researcher, jobs: AllJobs, kind: Kind, name: FileName) -> None:
    if kind is not Kind.FILM and (folder / "study.json").is_file():
        raise BusyError(f"{folder.name}: has been read from its files; only the film can go")
    with jobs.idle(folder):
        uploads.remove(folder, kind, name)


@contextmanager
def _putting(folder: Path, kind: Kind, jobs: Jobs) -> Iterator[None]:
    """While a file is put into a study, if that is still made from the files that it has."""
    with jobs.idle(folder):
        begun = kind is not Kind.FILM and (folder / "study.json").is_file()
        if begun and (kind is not Kind.SEATS or stage_of(jobs, folder) is Stage.FINISHED):
            raise BusyError(f"{folder.name}: was begun with the files it has; make a new study")
        yield


def _listed(folder: Path, jobs: Jobs) -> StudyNow:
    """A study as it is now; one that is damaged is told as such, and does not hide the others."""
    try:
        return _now(folder, jobs)
    except MoviemotionError as error:
        problem = told(str(error), folder.parent)
        return StudyNow(
            id=folder.name, stage=Stage.FAILED, problem=problem, asks=is_governed(folder), seats=0, answers={}
        )


def _now(folder: Path, jobs: Jobs) -> StudyNow:
    asks = is_governed(folder)
    found = consent.seats(folder) if asks else ()
    return StudyNow(
        id=folder.name,
        stage=stage_of(jobs, folder),
        problem=record.problem if (record := read_record(folder)) else "",
        asks=asks,
        seats=len(found),
        answers=Counter(seat.state for seat in found if seat.state),
    )
