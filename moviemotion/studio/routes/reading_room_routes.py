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

from moviemotion.analysis.comparison.screening_comparison import compare_screenings
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import (
    comparison_for_role,
    group_curve_for_role,
    mask_small_groups,
    visible_groups,
)
from moviemotion.privacy.study_database import database_lock
from moviemotion.reports.html.comparison_report import comparison_json
from moviemotion.reports.html.reading_room import (
    audience_json,
    curves_json,
    moments_with_elements,
    script_json,
)
from moviemotion.studio import notes_and_groups, uploads
from moviemotion.studio.accounts import Researcher, StaffUser, User
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath, is_study_folder
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.studio.open_analyses import OpenAnalyses, OpenAnalysis
from moviemotion.studio.routes.downloads import EXPORT_KINDS, make_download
from moviemotion.studio.routes.study_routes import JobsDependency
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.uploads import FileKind
from moviemotion.study.analysis_cache import input_state
from moviemotion.workflows.screen import DEFAULT_SEED

router = APIRouter(prefix="/api/studies/{study}", tags=["reading"], responses=ERROR_RESPONSES)
comparison_router = APIRouter(prefix="/api/compare", tags=["reading"], responses=ERROR_RESPONSES)
_PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f]"
JSON_RESPONSE: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {"application/json": {}}}},
}
ExportKind = Annotated[str, InPath(pattern=f"^({'|'.join(EXPORT_KINDS)})$")]
GroupName = Annotated[str, InPath(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f/]+$")]


class NoteText(BaseModel):
    """What a note says."""

    text: Annotated[
        str, Field(min_length=1, max_length=2000, pattern=rf"^{_PRINTABLE}*[^\s\x00-\x1f\x7f]{_PRINTABLE}*$")
    ]


class NewNote(NoteText):
    """A note to be written."""

    at: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="Second of film time.")]


class NoteResponse(NewNote):
    """A note."""

    id: str
    by: str = Field(description="Name of the account; empty without accounts.")
    written: str = Field(description="UTC, ISO 8601.")


class NewGroup(BaseModel):
    """Viewers under a name."""

    viewers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=5000)]


class GroupResponse(BaseModel):
    """A group that may be chosen."""

    name: str
    size: int = Field(description="How many of its viewers are in the study.")
    viewers: Sequence[str] = Field(description="Their ids; the researcher only.")


class ViewerResponse(BaseModel):
    """A viewer, for the researcher."""

    id: str
    seen: float = Field(description="Share of the film's seconds in which they were seen, 0–1.")


class AudienceResponse(BaseModel):
    """Whose feelings may be chosen."""

    size: int
    fewest: int = Field(
        description="Viewers that a group must have, and leave, outside the researcher's role."
    )
    viewers: list[ViewerResponse] = Field(description="The researcher only.")
    groups: list[GroupResponse]


def open_analysis(request: Request, folder: StudyPath, jobs: JobsDependency) -> OpenAnalysis:
    """The analysis of the study that a URL names."""
    # At the end of a screening its viewers still have the names of their seats, and who withdrew is there.
    jobs.refuse_if_active(folder)
    shelf: OpenAnalyses = request.app.state.shelf
    return shelf.open(folder)


StudyAnalysis = Annotated[OpenAnalysis, Depends(open_analysis)]


def _json_response(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@router.get("/room", summary="The whole room, second by second", **JSON_RESPONSE)
def get_audience_curves(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("room", user.role), lambda: audience_json(study.visible_to(user.role)))
    )


@router.get("/script", summary="The script's lines, with their times and what was felt", **JSON_RESPONSE)
def get_script(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("script", user.role), lambda: script_json(study.visible_to(user.role)))
    )


@router.get("/moments", summary="The moments, each with its evidence and its lines", **JSON_RESPONSE)
def list_moments(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("moments", user.role), lambda: moments_with_elements(study.visible_to(user.role)))
    )


@router.get("/curves", summary="A group's curves, or single viewers'", **JSON_RESPONSE)
def get_group_curves(
    study: StudyAnalysis,
    folder: StudyPath,
    user: StaffUser,
    group: Annotated[str | None, Query(max_length=60)] = None,
    viewer: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=1000, description="Ids; the researcher only."),
    ] = None,
) -> Response:
    if viewer is not None and user.role is not Role.RESEARCHER:
        raise HTTPException(403, "single viewers are for the researcher; choose a group")
    kept = visible_groups(notes_and_groups.read_groups(folder), study.analysis.timeline.viewers, user.role)
    chosen = viewer or kept.get(group or "")
    if chosen is None:
        raise HTTPException(404, "no such group; choose another")
    before = tuple(takewhile(lambda members: members != chosen, kept.values()))
    key = ("curves", user.role, tuple(chosen), before)
    return _json_response(
        study.cached_json(
            key, lambda: curves_json(group_curve_for_role(study.analysis, chosen, user.role, before))
        )
    )


@router.get("/viewers", summary="Whose feelings may be chosen")
def list_viewers(study: StudyAnalysis, folder: StudyPath, user: StaffUser) -> AudienceResponse:
    everybody = study.analysis.timeline.viewers
    researcher = user.role is Role.RESEARCHER
    shares = zip(everybody, study.analysis.data_quality.seen_share_by_viewer, strict=True)
    kept = visible_groups(notes_and_groups.read_groups(folder), everybody, user.role)
    return AudienceResponse(
        size=len(everybody),
        fewest=MIN_GROUP_SIZE,
        viewers=[ViewerResponse(id=viewer, seen=seen) for viewer, seen in shares] if researcher else [],
        groups=[
            GroupResponse(name=name, size=len(members), viewers=members if researcher else ())
            for name, members in kept.items()
        ],
    )


@router.put("/groups/{name}", summary="Keep a group of viewers", status_code=204)
def save_group(
    study: StudyAnalysis, folder: StudyPath, user: Researcher, name: GroupName, group: NewGroup
) -> None:
    unknown = set(group.viewers) - set(study.analysis.timeline.viewers)
    if unknown:
        raise HTTPException(400, f"{min(unknown)}: not a viewer of this study; choose others")
    with database_lock(folder):
        # Who was erased meanwhile must not come back by name.
        if input_state(folder) != study.cache_state:
            raise BusyError(f"{folder.name}: has changed meanwhile; look again")
        notes_and_groups.set_group(folder, name, group.viewers)


@router.delete("/groups/{name}", summary="Forget a group", status_code=204)
def delete_group(folder: StudyPath, user: Researcher, name: GroupName) -> None:
    notes_and_groups.set_group(folder, name, None)


@router.get("/notes", summary="The notes, in the order of the film")
def list_notes(folder: StudyPath, user: StaffUser) -> list[NoteResponse]:
    return [NoteResponse(**vars(note)) for note in notes_and_groups.read_notes(folder)]


@router.post("/notes", summary="Write a note", status_code=201)
def create_note(folder: StudyPath, user: StaffUser, note: NewNote) -> NoteResponse:
    return NoteResponse(**vars(notes_and_groups.add_note(folder, note.at, note.text, user.name)))


@router.put("/notes/{note}", summary="Change a note of one's own", status_code=204)
def update_note(folder: StudyPath, user: StaffUser, note: str, changed: NoteText) -> None:
    _require_own_note(folder, note, user)
    notes_and_groups.update_note(folder, note, changed.text)


@router.delete("/notes/{note}", summary="Delete a note of one's own", status_code=204)
def delete_note(folder: StudyPath, user: StaffUser, note: str) -> None:
    _require_own_note(folder, note, user)
    notes_and_groups.update_note(folder, note, None)


def _require_own_note(folder: Path, note_id: str, user: User) -> None:
    note = next((note for note in notes_and_groups.read_notes(folder) if note.id == note_id), None)
    if note is None:
        raise HTTPException(404, "no such note; it may have been deleted")
    if note.by != user.name and user.role is not Role.RESEARCHER:
        raise HTTPException(403, "the note is somebody else's")


@router.get(
    "/film", summary="The film, if the study has it; ranges may be asked for", response_class=FileResponse
)
def get_film(folder: StudyPath, user: StaffUser) -> FileResponse:
    path = uploads.find_file(folder, FileKind.FILM)
    if path is None:
        raise HTTPException(404, "the study has no film")
    return FileResponse(path, content_disposition_type="inline")


@router.get("/exports/{kind}", summary="A file for other programs", response_class=FileResponse)
def export_file(
    study: StudyAnalysis,
    folder: StudyPath,
    user: StaffUser,
    kind: ExportKind,
    fps: Annotated[
        float | None,
        Query(gt=0, le=240, description="For markers, which count in frames; by default the film's."),
    ] = None,
) -> FileResponse:
    work = Path(tempfile.mkdtemp())
    try:
        seen = study.visible_to(user.role)
        path = make_download(
            kind,
            seen,
            notes_and_groups.read_notes(folder),
            work,
            fps,
            uploads.find_file(folder, FileKind.FILM),
        )
    except BaseException:
        shutil.rmtree(work)
        raise
    name = f"{folder.name}-{path.name}"
    return FileResponse(path, filename=name, background=BackgroundTask(shutil.rmtree, work))


@comparison_router.get("", summary="Two finished studies, compared", **JSON_RESPONSE)
def compare_studies(
    request: Request,
    user: StaffUser,
    first: Annotated[str, Query(pattern=STUDY_ID_PATTERN)],
    second: Annotated[
        str, Query(pattern=STUDY_ID_PATTERN, description="What is told is this one less the first.")
    ],
    paired: Annotated[bool, Query(description="The same viewers, by id, saw both.")] = False,
) -> Response:
    if first == second:
        raise MoviemotionError(f"{second}: the same study twice; choose two")
    studies = []
    for name in (first, second):
        if not is_study_folder(request.app.state.root / name):
            raise HTTPException(404, f"{name}: no such study; check the name")
        studies.append(request.app.state.shelf.open(request.app.state.root / name))
    one, other = studies

    def compute() -> object:
        of = (one.analysis, other.analysis)
        if user.role is not Role.RESEARCHER:
            of = (mask_small_groups(of[0]), mask_small_groups(of[1]))
        whole = compare_screenings(*of, (first, second), paired, DEFAULT_SEED)
        return comparison_json(comparison_for_role(whole, of, user.role))

    return _json_response(other.answer(("compared", user.role, first, one.state, paired), compute))
