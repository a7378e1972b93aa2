"""API routes for the segments of an audience: who belongs to them, their curves, and the participants.

Every route returns only what the user's role may see: individual viewers and segments of fewer than five are
visible only to the researcher.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi import Path as PathParam
from pydantic import BaseModel, Field, model_validator

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.segments.participants import ColumnKind
from moviemotion.analysis.segments.rules import MAX_RULE_LENGTH
from moviemotion.analysis.segments.segment import MAX_NAME_LENGTH, Segment
from moviemotion.analysis.segments.segment_analysis import rows_of, with_viewers
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.participants import delete_segment as delete_saved_segment
from moviemotion.privacy.participants import save_participants, save_segments
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import log_access
from moviemotion.privacy.study_database import database_lock
from moviemotion.reports.html.analysis_data import curves_json
from moviemotion.studio.accounts import Researcher, StaffUser
from moviemotion.studio.dependencies import ERROR_RESPONSES, StudyPath
from moviemotion.studio.open_analyses import OpenAnalyses, OpenAnalysis, segments_shown
from moviemotion.studio.routes.study_routes import JobsDependency
from moviemotion.studio.screening_job import BusyError
from moviemotion.study.analysis_cache import input_state
from moviemotion.study.folder import StudyFolder
from moviemotion.study.participant_table import read_participant_table
from moviemotion.study.stored_segments import read_participants

router = APIRouter(prefix="/api/studies/{study}", tags=["segments"], responses=ERROR_RESPONSES)
JSON_RESPONSE: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {"application/json": {}}}},
}
SegmentName = Annotated[
    str, PathParam(min_length=1, max_length=MAX_NAME_LENGTH, pattern=r"^[^\x00-\x1f\x7f/]+$")
]
SegmentQuery = Annotated[
    str | None, Query(max_length=MAX_NAME_LENGTH, description="Name of a segment; everyone by default.")
]


class NewSegment(BaseModel):
    """A new segment: a rule, or viewers who are chosen by ID."""

    rule: Annotated[str, Field(max_length=MAX_RULE_LENGTH, examples=['sex == "f" and age < 25'])] = ""
    viewers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=5000)] = []

    @model_validator(mode="after")
    def has_rule_or_viewers(self) -> NewSegment:
        """Check that a segment has one of the two."""
        if bool(self.rule.strip()) == bool(self.viewers):
            raise ValueError("give either a rule or viewers")
        return self


class SegmentResponse(BaseModel):
    """A segment that the user may see."""

    name: str
    rule: str = Field(description="Who belongs to it; empty if its viewers were chosen by ID.")
    size: int = Field(description="Number of the segment's viewers in the study.")
    viewers: Sequence[str] = Field(description="IDs of the viewers; empty except for the researcher.")


class ViewerResponse(BaseModel):
    """A viewer; visible only to the researcher."""

    id: str
    seen: float = Field(description="Fraction of the film's seconds in which the viewer was seen, 0 to 1.")


class AudienceResponse(BaseModel):
    """The viewers and segments that the user may see."""

    size: int = Field(description="Number of viewers in the audience.")
    min_group_size: int = Field(
        description="Minimum number of viewers inside and outside a segment that other roles may see."
    )
    viewers: list[ViewerResponse] = Field(description="All viewers; empty except for the researcher.")
    attributes: dict[str, ColumnKind] = Field(
        description="What is known about the participants, for rules; empty except for the researcher."
    )
    segments: list[SegmentResponse]


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


@dataclass(frozen=True)
class ShownPart:
    """The analysis of an audience, or of a segment, as far as a role may see it.

    Attributes:
        key: identifies it among all that is shown of the study.
        analysis: the restricted analysis.
    """

    key: tuple[object, ...]
    analysis: Analysis


def shown_part(study: OpenAnalysis, folder: Path, role: Role, name: str | None) -> ShownPart:
    """The analysis of everybody, or of the segment of this name, as far as a role may see it."""
    segments = segments_shown(folder, study, role)
    key = (role, name, *segments.items())
    if name is None:
        return ShownPart(key, study.visible_to(role, segments))
    segment = _segment_named(segments, name)
    _log_small_segment(study, folder, role, segments[segment])
    return ShownPart(key, study.segment_visible_to(role, segment, segments))


def json_response(content: bytes) -> Response:
    """A response of finished JSON."""
    return Response(content, media_type="application/json")


def _segment_named(segments: dict[Segment, tuple[str, ...]], name: str) -> Segment:
    found = next((segment for segment in segments if segment.name == name), None)
    if found is None:
        raise HTTPException(404, "this segment does not exist; choose another segment")
    return found


def _log_small_segment(study: OpenAnalysis, folder: Path, role: Role, members: Sequence[str]) -> None:
    if len(members) < MIN_GROUP_SIZE:
        present = [each for each in members if each in study.analysis.timeline.viewers]
        log_access(folder, role, "viewers shown", present)


@router.get("/curves", summary="Get the curves of a segment or of chosen viewers", **JSON_RESPONSE)
def get_segment_curves(
    study: StudyAnalysis,
    folder: StudyPath,
    user: StaffUser,
    segment: SegmentQuery = None,
    viewer: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=1000, description="IDs of viewers; available only to the researcher."),
    ] = None,
) -> Response:
    if viewer is not None and user.role is not Role.RESEARCHER:
        raise HTTPException(403, "only the researcher may see individual viewers; choose a segment")
    if viewer is not None:
        rows = rows_of(study.analysis, viewer)
        if not len(rows):
            raise HTTPException(404, "none of these viewers is in the study; choose other viewers")
        _log_small_segment(study, folder, user.role, viewer)
        # The curve describes only these viewers, so it does not need the audience's minimum.
        least = min(MIN_VIEWERS, len(viewer))
        return json_response(
            study.cached_json(
                ("viewers", *viewer),
                lambda: curves_json(with_viewers(study.analysis, rows).audience_curve, least),
            )
        )
    if segment is None:
        raise HTTPException(404, "this segment does not exist; choose another segment")
    shown = shown_part(study, folder, user.role, segment)
    least = min(MIN_VIEWERS, shown.analysis.data_quality.viewers)
    return json_response(
        study.cached_json(
            ("curves", *shown.key),
            lambda: {
                **curves_json(shown.analysis.audience_curve, least),
                "conclusive": shown.analysis.moment_search.conclusive,
                "conclusion": shown.analysis.moment_search.conclusion,
            },
        )
    )


@router.get("/viewers", summary="List the viewers and segments that can be shown")
def list_viewers(study: StudyAnalysis, folder: StudyPath, user: StaffUser) -> AudienceResponse:
    viewers = study.analysis.timeline.viewers
    is_researcher = user.role is Role.RESEARCHER
    shares = zip(viewers, study.analysis.data_quality.seen_share_by_viewer, strict=True)
    return AudienceResponse(
        size=len(viewers),
        min_group_size=MIN_GROUP_SIZE,
        viewers=[ViewerResponse(id=viewer, seen=seen) for viewer, seen in shares] if is_researcher else [],
        attributes=dict(read_participants(folder).columns) if is_researcher else {},
        segments=[
            SegmentResponse(
                name=segment.name,
                rule=segment.rule,
                size=len(members),
                viewers=members if is_researcher else (),
            )
            for segment, members in segments_shown(folder, study, user.role).items()
        ],
    )


@router.put("/segments/{name}", summary="Save a segment", status_code=204)
def save_segment(
    study: StudyAnalysis, folder: StudyPath, user: Researcher, name: SegmentName, new: NewSegment
) -> None:
    unknown = set(new.viewers) - set(study.analysis.timeline.viewers)
    if unknown:
        raise HTTPException(400, f"{min(unknown)}: not a viewer of this study; choose other viewers")
    with database_lock(folder):
        # A viewer who was erased in the meantime must not reappear in a segment.
        if input_state(folder) != study.cache_state:
            raise BusyError(f"{folder.name}: the study has changed in the meantime; reload the page")
        segment = Segment(name, new.rule.strip(), tuple(new.viewers))
        save_segments(folder, study.analysis.timeline.viewers, [segment])


@router.delete("/segments/{name}", summary="Delete a segment", status_code=204)
def delete_segment(folder: StudyPath, user: Researcher, name: SegmentName) -> None:
    delete_saved_segment(folder, name)


@router.post("/quadrants", summary="Save women and men, under 25 and from 25, as segments", status_code=204)
def save_quadrants(study: StudyAnalysis, folder: StudyPath, user: Researcher) -> None:
    save_segments(folder, study.analysis.timeline.viewers, (), add_quadrants=True)


@router.put(
    "/participants",
    summary="Replace what is known about the participants",
    description="The body is a CSV file: seat or viewer, then any columns, such as age and sex.",
    status_code=204,
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
async def replace_participants(
    request: Request, study: StudyAnalysis, folder: StudyPath, user: Researcher
) -> None:
    content = await request.body()
    with tempfile.TemporaryDirectory() as work:
        (path := Path(work) / "participants.csv").write_bytes(content)
        table = read_participant_table(path, path.name)
    save_participants(StudyFolder.open_existing(folder), table)
