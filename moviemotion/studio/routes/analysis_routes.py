"""API routes for the analysis page: audience curves, script, moments, groups, notes and exports.

Every route returns only what the user's role may see: individual viewers and groups of fewer than five are
visible only to the researcher.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi import Path as PathParam
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import group_curve_for_role
from moviemotion.privacy.status import log_access
from moviemotion.privacy.study_database import database_lock
from moviemotion.reports.html.analysis_data import (
    audience_json,
    curves_json,
    moments_with_elements,
    script_json,
)
from moviemotion.reports.html.comparison_report import comparison_json
from moviemotion.studio import notes_and_groups, uploads
from moviemotion.studio.accounts import Researcher, StaffUser, User
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.messages import STUDY_ID_PATTERN
from moviemotion.studio.open_analyses import (
    OpenAnalyses,
    OpenAnalysis,
    compare_for_role,
)
from moviemotion.studio.routes.downloads import EXPORT_KINDS, make_download
from moviemotion.studio.routes.study_routes import IdleStudy, JobsDependency
from moviemotion.studio.screening_job import BusyError
from moviemotion.studio.study_folders import is_study_folder
from moviemotion.studio.uploads import FileKind
from moviemotion.study.analysis_cache import input_state
from moviemotion.workflows import line_times

router = APIRouter(prefix="/api/studies/{study}", tags=["analysis"], responses=ERROR_RESPONSES)
comparison_router = APIRouter(prefix="/api/compare", tags=["analysis"], responses=ERROR_RESPONSES)
_PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f]"
JSON_RESPONSE: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {"application/json": {}}}},
}
ExportKind = Annotated[str, PathParam(pattern=f"^({'|'.join(EXPORT_KINDS)})$")]
ElementIndex = Annotated[int, PathParam(ge=0, le=10**6, description="Index of the element, from 0.")]
GroupName = Annotated[str, PathParam(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f/]+$")]


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


class NewGroup(BaseModel):
    """The viewers of a new group, by ID."""

    viewers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=5000)]


class GroupResponse(BaseModel):
    """A group that the user may see."""

    name: str
    size: int = Field(description="Number of the group's viewers in the study.")
    viewers: Sequence[str] = Field(description="IDs of the viewers; empty except for the researcher.")


class LineTime(BaseModel):
    """A time of a script element that is set by hand."""

    start: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="Film time in seconds.")]
    end: Annotated[
        float | None,
        Field(ge=0, le=1e6, allow_inf_nan=False, description="Film time; by default, the length is kept."),
    ] = None


class ViewerResponse(BaseModel):
    """A viewer; visible only to the researcher."""

    id: str
    seen: float = Field(description="Fraction of the film's seconds in which the viewer was seen, 0 to 1.")


class AudienceResponse(BaseModel):
    """The viewers and groups whose curves the user may see."""

    size: int = Field(description="Number of viewers in the audience.")
    min_group_size: int = Field(
        description="Minimum number of viewers inside and outside a group that other roles may see."
    )
    viewers: list[ViewerResponse] = Field(description="All viewers; empty except for the researcher.")
    groups: list[GroupResponse]


def open_analysis(request: Request, folder: StudyPath, user: StaffUser, jobs: JobsDependency) -> OpenAnalysis:
    """Open the analysis of the study named by a URL, of the viewers whose results the user's role may see.

    Raises:
        BusyError: a screening is running in the study.
        MoviemotionError: the study is not finished.
    """
    # Until a screening has ended, its viewers have seat names instead of random IDs, and viewers who withdrew
    # have not been erased yet.
    jobs.refuse_if_active(folder)
    open_analyses: OpenAnalyses = request.app.state.open_analyses
    return open_analyses.open_for_role(folder, user.role)


StudyAnalysis = Annotated[OpenAnalysis, Depends(open_analysis)]


def _json_response(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@router.get("/audience-curves", summary="Get the audience curves, second by second", **JSON_RESPONSE)
def get_audience_curves(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("audience", user.role), lambda: audience_json(study.visible_to(user.role)))
    )


@router.get("/script", summary="Get the script with times and emotions", **JSON_RESPONSE)
def get_script(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("script", user.role), lambda: script_json(study.visible_to(user.role)))
    )


@router.get("/moments", summary="List the moments with their evidence and lines", **JSON_RESPONSE)
def list_moments(study: StudyAnalysis, user: StaffUser) -> Response:
    return _json_response(
        study.cached_json(("moments", user.role), lambda: moments_with_elements(study.visible_to(user.role)))
    )


@router.get("/curves", summary="Get the curves of a group or of chosen viewers", **JSON_RESPONSE)
def get_group_curves(
    study: StudyAnalysis,
    folder: StudyPath,
    user: StaffUser,
    group: Annotated[str | None, Query(max_length=60)] = None,
    viewer: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=1000, description="IDs of viewers; available only to the researcher."),
    ] = None,
) -> Response:
    if viewer is not None and user.role is not Role.RESEARCHER:
        raise HTTPException(403, "only the researcher may see individual viewers; choose a group")
    groups = notes_and_groups.groups_for_role(folder, study.analysis.timeline.viewers, user.role)
    members = viewer or groups.get(group or "")
    if members is None:
        raise HTTPException(404, "this group does not exist; choose another group")
    if len(members) < MIN_GROUP_SIZE:
        present = [each for each in members if each in study.analysis.timeline.viewers]
        log_access(folder, user.role, "viewers shown", present)
    # Mask the seconds in which this group, combined with earlier groups, would single out viewers.
    before = tuple(takewhile(lambda other: other != members, groups.values()))
    key = ("curves", user.role, tuple(members), before)
    # A group's curve describes only its own viewers, so a small group does not need the audience's minimum.
    least = min(MIN_VIEWERS, len(members))
    return _json_response(
        study.cached_json(
            key,
            lambda: curves_json(group_curve_for_role(study.analysis, members, user.role, before), least),
        )
    )


@router.get("/viewers", summary="List the viewers and groups whose curves can be shown")
def list_viewers(study: StudyAnalysis, folder: StudyPath, user: StaffUser) -> AudienceResponse:
    viewers = study.analysis.timeline.viewers
    is_researcher = user.role is Role.RESEARCHER
    shares = zip(viewers, study.analysis.data_quality.seen_share_by_viewer, strict=True)
    groups = notes_and_groups.groups_for_role(folder, viewers, user.role)
    return AudienceResponse(
        size=len(viewers),
        min_group_size=MIN_GROUP_SIZE,
        viewers=[ViewerResponse(id=viewer, seen=seen) for viewer, seen in shares] if is_researcher else [],
        groups=[
            GroupResponse(name=name, size=len(members), viewers=members if is_researcher else ())
            for name, members in groups.items()
        ],
    )


@router.put("/groups/{name}", summary="Save a group of viewers", status_code=204)
def save_group(
    study: StudyAnalysis, folder: StudyPath, user: Researcher, name: GroupName, group: NewGroup
) -> None:
    unknown = set(group.viewers) - set(study.analysis.timeline.viewers)
    if unknown:
        raise HTTPException(400, f"{min(unknown)}: not a viewer of this study; choose other viewers")
    with database_lock(folder):
        # A viewer who was erased in the meantime must not reappear in a group.
        if input_state(folder) != study.cache_state:
            raise BusyError(f"{folder.name}: the study has changed in the meantime; reload the page")
        notes_and_groups.set_group(folder, name, group.viewers)


@router.delete("/groups/{name}", summary="Delete a group", status_code=204)
def delete_group(folder: StudyPath, user: Researcher, name: GroupName) -> None:
    notes_and_groups.set_group(folder, name, None)


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
    return [NoteResponse(**vars(note)) for note in notes_and_groups.read_notes(folder)]


@router.post("/notes", summary="Add a note", status_code=201)
def create_note(folder: StudyPath, user: StaffUser, note: NewNote) -> NoteResponse:
    return NoteResponse(**vars(notes_and_groups.add_note(folder, note.at, note.text, user.name)))


@router.put("/notes/{note}", summary="Change one of your notes", status_code=204)
def update_note(folder: StudyPath, user: StaffUser, note: str, changed: NoteText) -> None:
    _require_own_note(folder, note, user)
    notes_and_groups.update_note(folder, note, changed.text)


@router.delete("/notes/{note}", summary="Delete one of your notes", status_code=204)
def delete_note(folder: StudyPath, user: StaffUser, note: str) -> None:
    _require_own_note(folder, note, user)
    notes_and_groups.update_note(folder, note, None)


def _require_own_note(folder: Path, note_id: str, user: User) -> None:
    note = next((note for note in notes_and_groups.read_notes(folder) if note.id == note_id), None)
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
    try:
        path = make_download(
            kind,
            study.visible_to(user.role),
            notes_and_groups.read_notes(folder),
            work,
            fps,
            uploads.find_file(folder, FileKind.FILM),
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
    return _json_response(other.cached_json(key, compute))
