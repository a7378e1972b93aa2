"""The reading room's API: what the room felt beside the script, as far as the person who asks may see it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from moviemotion.analysis.comparison.screening_comparison import compare
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.disclosure import FEWEST
from moviemotion.privacy.small_groups import comparison_seen_by, group_seen_by, groups_seen_by, without_few
from moviemotion.privacy.study_database import alone
from moviemotion.reports.html.comparison_report import comparison_json
from moviemotion.reports.html.reading_room import curves_json, moments_shown, room_json, script_json
from moviemotion.studio import notes_and_groups, uploads
from moviemotion.studio.accounts import Person, Reader, Researcher
from moviemotion.studio.dependencies import FAULTS, StudyFolder, is_study
from moviemotion.studio.messages import STUDY_ID
from moviemotion.studio.open_analyses import Opened, Shelf
from moviemotion.studio.routes.downloads import KINDS, download
from moviemotion.studio.routes.study_routes import AllJobs
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.uploads import Kind
from moviemotion.study.analysis_cache import state_of
from moviemotion.workflows.screen import SEED

router = APIRouter(prefix="/api/studies/{study}", tags=["reading"], responses=FAULTS)
comparing = APIRouter(prefix="/api/compare", tags=["reading"], responses=FAULTS)
_PRINTED = r"[^\x00-\x08\x0b-\x1f\x7f]"
JSON: dict[str, Any] = {"response_class": Response, "responses": {200: {"content": {"application/json": {}}}}}
Download = Annotated[str, InPath(pattern=f"^({'|'.join(KINDS)})$")]
Name = Annotated[str, InPath(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f/]+$")]


class NoteText(BaseModel):
    """What a note says."""

    text: Annotated[
        str, Field(min_length=1, max_length=2000, pattern=rf"^{_PRINTED}*[^\s\x00-\x1f\x7f]{_PRINTED}*$")
    ]


class NewNote(NoteText):
    """A note to be written."""

    at: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="Second of film time.")]


class NoteShown(NewNote):
    """A note."""

    id: str
    by: str = Field(description="Name of the account; empty without accounts.")
    written: str = Field(description="UTC, ISO 8601.")


class Group(BaseModel):
    """Viewers under a name."""

    viewers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=5000)]


class GroupShown(BaseModel):
    """A group that may be chosen."""

    name: str
    size: int = Field(description="How many of its viewers are in the study.")
    viewers: Sequence[str] = Field(description="Their ids; the researcher only.")


class ViewerShown(BaseModel):
    """A viewer, for the researcher."""

    id: str
    seen: float = Field(description="Share of the film's seconds in which they were seen, 0–1.")


class Audience(BaseModel):
    """Whose feelings may be chosen."""

    size: int
    fewest: int = Field(
        description="Viewers that a group must have, and leave, outside the researcher's role."
    )
    viewers: list[ViewerShown] = Field(description="The researcher only.")
    groups: list[GroupShown]


def opened(request: Request, folder: StudyFolder, jobs: AllJobs) -> Opened:
    """The analysis of the study that a URL names."""
    # At the end of a screening its viewers still have the names of their seats, and who withdrew is there.
    jobs.refuse_at_work(folder)
    shelf: Shelf = request.app.state.shelf
    return shelf.open(folder)


Analysed = Annotated[Opened, Depends(opened)]


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@router.get("/room", summary="The whole room, second by second", **JSON)
def room(study: Analysed, person: Reader) -> Response:
    return _json(study.answer(("room", person.role), lambda: room_json(study.seen_by(person.role))))


@router.get("/script", summary="The script's lines, with their times and what was felt", **JSON)
def script(study: Analysed, person: Reader) -> Response:
    return _json(study.answer(("script", person.role), lambda: script_json(study.seen_by(person.role))))


@router.get("/moments", summary="The moments, each with its evidence and its lines", **JSON)
def moments(study: Analysed, person: Reader) -> Response:
    return _json(study.answer(("moments", person.role), lambda: moments_shown(study.seen_by(person.role))))


@router.get("/curves", summary="A group's curves, or single viewers'", **JSON)
def curves(
    study: Analysed,
    folder: StudyFolder,
    person: Reader,
    group: Annotated[str | None, Query(max_length=60)] = None,
    viewer: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=1000, description="Ids; the researcher only."),
    ] = None,
) -> Response:
    if viewer is not None and person.role is not Role.RESEARCHER:
        raise HTTPException(403, "single viewers are for the researcher; choose a group")
    kept = groups_seen_by(notes_and_groups.groups(folder), study.analysis.timeline.viewers, person.role)
    chosen = viewer or kept.get(group or "")
    if chosen is None:
        raise HTTPException(404, "no such group; choose another")
    before = tuple(takewhile(lambda members: members != chosen, kept.values()))
    key = ("curves", person.role, tuple(chosen), before)
    return _json(
        study.answer(key, lambda: curves_json(group_seen_by(study.analysis, chosen, person.role, before)))
    )


@router.get("/viewers", summary="Whose feelings may be chosen")
def viewers(study: Analysed, folder: StudyFolder, person: Reader) -> Audience:
    everybody = study.analysis.timeline.viewers
    researcher = person.role is Role.RESEARCHER
    shares = zip(everybody, study.analysis.quality.seen_by_viewer, strict=True)
    kept = groups_seen_by(notes_and_groups.groups(folder), everybody, person.role)
    return Audience(
        size=len(everybody),
        fewest=FEWEST,
        viewers=[ViewerShown(id=viewer, seen=seen) for viewer, seen in shares] if researcher else [],
        groups=[
            GroupShown(name=name, size=len(members), viewers=members if researcher else ())
            for name, members in kept.items()
        ],
    )


@router.put("/groups/{name}", summary="Keep a group of viewers", status_code=204)
def keep_group(study: Analysed, folder: StudyFolder, person: Researcher, name: Name, group: Group) -> None:
    unknown = set(group.viewers) - set(study.analysis.timeline.viewers)
    if unknown:
        raise HTTPException(400, f"{min(unknown)}: not a viewer of this study; choose others")
    with alone(folder):
        # Who was erased meanwhile must not come back by name.
        if state_of(folder) != study.state:
            raise BusyError(f"{folder.name}: has changed meanwhile; look again")
        notes_and_groups.set_group(folder, name, group.viewers)


@router.delete("/groups/{name}", summary="Forget a group", status_code=204)
def forget_group(folder: StudyFolder, person: Researcher, name: Name) -> None:
    notes_and_groups.set_group(folder, name, None)


@router.get("/notes", summary="The notes, in the order of the film")
def read_notes(folder: StudyFolder, person: Reader) -> list[NoteShown]:
    return [NoteShown(**vars(note)) for note in notes_and_groups.notes(folder)]


@router.post("/notes", summary="Write a note", status_code=201)
def write_note(folder: StudyFolder, person: Reader, note: NewNote) -> NoteShown:
    return NoteShown(**vars(notes_and_groups.add_note(folder, note.at, note.text, person.name)))


@router.put("/notes/{note}", summary="Change a note of one's own", status_code=204)
def change_note(folder: StudyFolder, person: Reader, note: str, changed: NoteText) -> None:
    _own(folder, note, person)
    notes_and_groups.change_note(folder, note, changed.text)


@router.delete("/notes/{note}", summary="Delete a note of one's own", status_code=204)
def delete_note(folder: StudyFolder, person: Reader, note: str) -> None:
    _own(folder, note, person)
    notes_and_groups.change_note(folder, note, None)


def _own(folder: Path, note_id: str, person: Person) -> None:
    note = next((note for note in notes_and_groups.notes(folder) if note.id == note_id), None)
    if note is None:
        raise HTTPException(404, "no such note; it may have been deleted")
    if note.by != person.name and person.role is not Role.RESEARCHER:
        raise HTTPException(403, "the note is somebody else's")


@router.get(
    "/film", summary="The film, if the study has it; ranges may be asked for", response_class=FileResponse
)
def film(folder: StudyFolder, person: Reader) -> FileResponse:
    path = uploads.first(folder, Kind.FILM)
    if path is None:
        raise HTTPException(404, "the study has no film")
    return FileResponse(path, content_disposition_type="inline")


@router.get("/exports/{kind}", summary="A file for other programs", response_class=FileResponse)
def export(
    study: Analysed,
    folder: StudyFolder,
    person: Reader,
    kind: Download,
    fps: Annotated[
        float | None,
        Query(gt=0, le=240, description="For markers, which count in frames; by default the film's."),
    ] = None,
) -> FileResponse:
    work = Path(tempfile.mkdtemp())
    try:
        seen = study.seen_by(person.role)
        path = download(
            kind, seen, notes_and_groups.notes(folder), work, fps, uploads.first(folder, Kind.FILM)
        )
    except BaseException:
        shutil.rmtree(work)
        raise
    name = f"{folder.name}-{path.name}"
    return FileResponse(path, filename=name, background=BackgroundTask(shutil.rmtree, work))


@comparing.get("", summary="Two finished studies, compared", **JSON)
def compared(
    request: Request,
    person: Reader,
    first: Annotated[str, Query(pattern=STUDY_ID)],
    second: Annotated[str, Query(pattern=STUDY_ID, description="What is told is this one less the first.")],
    paired: Annotated[bool, Query(description="The same viewers, by id, saw both.")] = False,
) -> Response:
    if first == second:
        raise MoviemotionError(f"{second}: the same study twice; choose two")
    studies = []
    for name in (first, second):
        if not is_study(request.app.state.root / name):
            raise HTTPException(404, f"{name}: no such study; check the name")
        studies.append(request.app.state.shelf.open(request.app.state.root / name))
    one, other = studies

    def compute() -> object:
        of = (one.analysis, other.analysis)
        if person.role is not Role.RESEARCHER:
            of = (without_few(of[0]), without_few(of[1]))
        whole = compare(*of, (first, second), paired, SEED)
        return comparison_json(comparison_seen_by(whole, of, person.role))

    return _json(other.answer(("compared", person.role, first, one.state, paired), compute))
