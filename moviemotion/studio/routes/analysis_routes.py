"""API routes for the analysis page: audience curves, script, moments, notes, exports and comparisons.

Every route returns only what the user's role may see; see also `segment_routes`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as PathParam
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import log_access
from moviemotion.reports.html.analysis_data import (
    audience_json,
    moments_with_elements,
    script_json,
)
from moviemotion.reports.html.comparison_report import comparison_json
from moviemotion.studio import notes, uploads
from moviemotion.studio.accounts import Researcher, StaffUser, User
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.studio.open_analyses import OpenAnalysis, compare_for_role, segments_shown
from moviemotion.studio.routes.downloads import EXPORT_KINDS, SEGMENT_EXPORTS, make_download
from moviemotion.studio.routes.segment_routes import (
    JSON_RESPONSE,
    SegmentQuery,
    StudyAnalysis,
    json_response,
    shown_part,
)
from moviemotion.studio.routes.study_routes import IdleStudy
from moviemotion.studio.study_folders import is_study_folder
from moviemotion.studio.uploads import FileKind
from moviemotion.workflows import line_times

router = APIRouter(prefix="/api/studies/{study}", tags=["analysis"], responses=ERROR_RESPONSES)
comparison_router = APIRouter(prefix="/api/compare", tags=["analysis"], responses=ERROR_RESPONSES)
_PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f]"
ExportKind = Annotated[str, PathParam(pattern=f"^({'|'.join(EXPORT_KINDS)})$")]
ElementIndex = Annotated[int, PathParam(ge=0, le=10**6, description="Index of the element, from 0.")]


class NoteText(BaseModel):
    """The text of a note."""

    text: Annotated[
        str, Field(min_length=1, max_length=2000, pattern=rf"^{_PRINTABLE}*[^\s\x00-\x1f\x7f]{_PRINTABLE}*$")
    ]


class NewNote(NoteText):
    """A new note."""

    at: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="Film time in seconds.")]


class NoteResponse(NewNote):
    """A note."""

    id: str
    by: str = Field(description="Name of the author's account; empty in a studio without accounts.")
    written: str = Field(description="When the text was last changed; UTC, ISO 8601.")


class LineTime(BaseModel):
    """A time of a script element that is set by hand."""

    start: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="Film time in seconds.")]
    end: Annotated[
        float | None,
        Field(ge=0, le=1e6, allow_inf_nan=False, description="Film time; by default, the length is kept."),
    ] = None


@router.get("/audience-curves", summary="Get the audience curves, second by second", **JSON_RESPONSE)
def get_audience_curves(study: StudyAnalysis, folder: StudyPath, user: StaffUser) -> Response:
    shown = shown_part(study, folder, user.role, None)
    return json_response(study.cached_json(("audience", *shown.key), lambda: audience_json(shown.analysis)))


@router.get("/script", summary="Get the script with times and emotions", **JSON_RESPONSE)
def get_script(
    study: StudyAnalysis, folder: StudyPath, user: StaffUser, segment: SegmentQuery = None
) -> Response:
    shown = shown_part(study, folder, user.role, segment)
    return json_response(study.cached_json(("script", *shown.key), lambda: script_json(shown.analysis)))


@router.get("/moments", summary="List the moments with their evidence and lines", **JSON_RESPONSE)
def list_moments(
    study: StudyAnalysis, folder: StudyPath, user: StaffUser, segment: SegmentQuery = None
) -> Response:
    shown = shown_part(study, folder, user.role, segment)
    return json_response(
        study.cached_json(("moments", *shown.key), lambda: moments_with_elements(shown.analysis))
    )


@router.put("/line-times/{element}", summary="Set the time of a script element by hand", status_code=204)
def set_line_time(folder: IdleStudy, user: Researcher, element: ElementIndex, time: LineTime) -> None:
    line_times.set_line_time(folder, element, time.start, time.end, user.role)


@router.delete(
    "/line-times/{element}", summary="Give an element back the time from its alignment", status_code=204
)
def reset_line_time(folder: IdleStudy, user: Researcher, element: ElementIndex) -> None:
    line_times.reset_line_time(folder, element, user.role)


@router.get("/notes", summary="List the notes, sorted by film time")
def list_notes(folder: StudyPath, user: StaffUser) -> list[NoteResponse]:
    return [NoteResponse(**vars(note)) for note in notes.read_notes(folder)]


@router.post("/notes", summary="Add a note", status_code=201)
def create_note(folder: StudyPath, user: StaffUser, note: NewNote) -> NoteResponse:
    return NoteResponse(**vars(notes.add_note(folder, note.at, note.text, user.name)))


@router.put("/notes/{note}", summary="Change one of your notes", status_code=204)
def update_note(folder: StudyPath, user: StaffUser, note: str, changed: NoteText) -> None:
    _require_own_note(folder, note, user)
    notes.update_note(folder, note, changed.text)


@router.delete("/notes/{note}", summary="Delete one of your notes", status_code=204)
def delete_note(folder: StudyPath, user: StaffUser, note: str) -> None:
    _require_own_note(folder, note, user)
    notes.update_note(folder, note, None)


def _require_own_note(folder: Path, note_id: str, user: User) -> None:
    note = next((note for note in notes.read_notes(folder) if note.id == note_id), None)
    if note is None:
        raise HTTPException(404, "this note does not exist; it may have been deleted")
    if note.by != user.name and user.role is not Role.RESEARCHER:
        raise HTTPException(403, "this is another user's note; ask that user or a researcher to change it")


@router.get(
    "/film", summary="Get the film, if the study has it; supports range requests", response_class=FileResponse
)
def get_film(folder: StudyPath, user: StaffUser) -> FileResponse:
    path = uploads.find_file(folder, FileKind.FILM)
    if path is None:
        raise HTTPException(404, "the study has no film; upload one first")
    return FileResponse(path, content_disposition_type="inline")


@router.get("/exports/{kind}", summary="Export to another program", response_class=FileResponse)
def export_file(
    study: StudyAnalysis,
    folder: StudyPath,
    user: StaffUser,
    kind: ExportKind,
    fps: Annotated[
        float | None,
        Query(gt=0, le=240, description="Frames per second for markers; defaults to the film's."),
    ] = None,
) -> FileResponse:
    work = Path(tempfile.mkdtemp())
    segments = segments_shown(folder, study, user.role)
    try:
        path = make_download(
            kind,
            study.visible_to(user.role, segments),
            notes.read_notes(folder),
            work,
            fps,
            uploads.find_file(folder, FileKind.FILM),
            study.segments_visible_to(user.role, segments) if kind in SEGMENT_EXPORTS else (),
        )
    except BaseException:
        shutil.rmtree(work)
        raise
    log_access(folder, user.role, "downloaded", details={"what": kind})
    return FileResponse(path, filename=path.name, background=BackgroundTask(shutil.rmtree, work))


@comparison_router.get("", summary="Compare two finished studies", **JSON_RESPONSE)
def compare_studies(
    request: Request,
    user: StaffUser,
    first: Annotated[str, Query(pattern=STUDY_ID_PATTERN)],
    second: Annotated[
        str,
        Query(
            pattern=STUDY_ID_PATTERN,
            description="The second study; differences are this study minus the first.",
        ),
    ],
    paired: Annotated[
        bool, Query(description="Whether the same viewers, identified by ID, saw both.")
    ] = False,
) -> Response:
    if first == second:
        raise MoviemotionError(f"{second}: chosen twice; choose two different studies")
    studies: list[OpenAnalysis] = []
    for name in (first, second):
        if not is_study_folder(request.app.state.root / name):
            raise HTTPException(404, f"{name}: no such study; check the name")
        studies.append(
            request.app.state.open_analyses.open_for_role(request.app.state.root / name, user.role)
        )
    one, other = studies

    def compute() -> object:
        return comparison_json(
            compare_for_role((one.analysis, other.analysis), (first, second), paired, user.role)
        )

    key = ("comparison", user.role, first, one.cache_state, paired)
    return json_response(other.cached_json(key, compute))
