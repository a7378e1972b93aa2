"""Write a study's outputs from its analysis: report, tables and annotated scripts."""

from __future__ import annotations

import json
from dataclasses import replace

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.segments.segment_analysis import (
    SegmentAnalysis,
    analyze_segments,
    moment_carriers,
)
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.number_format import plural
from moviemotion.reports.script.annotate import annotated_final_draft, annotated_fountain
from moviemotion.reports.script.annotated_json import annotated_json_text
from moviemotion.reports.script.annotated_pdf import annotated_pdf, replaced_characters
from moviemotion.reports.script.pdf_fonts import REPLACEMENT
from moviemotion.reports.tables.csv_json import moments_json, timeline_csv
from moviemotion.study.file_names import (
    ANNOTATED_FINAL_DRAFT_FILE,
    ANNOTATED_FOUNTAIN_FILE,
    ANNOTATED_JSON_FILE,
    ANNOTATED_PDF_FILE,
    MOMENTS_FILE,
    REPORT_FILE,
    TIMELINE_FILE,
)
from moviemotion.study.folder import StudyFolder
from moviemotion.study.stored_segments import read_participants, segment_members

_MAX_SHOWN = 8


def write_outputs(study: StudyFolder, analysis: Analysis) -> Analysis:
    """Write a study's report and tables and, if it has a script, annotated scripts.

    Returns:
        The analysis, with a problem added if the annotated PDF lacks characters of the script.
    """
    if analysis.script:
        analysis = _write_annotated_scripts(study, analysis)
    analysis, members = _with_members(study, analysis)
    segments = analyze_segments(analysis, members)
    study.write_text(TIMELINE_FILE, timeline_csv(analysis.timeline, analysis.in_film))
    # This file is kept for longer than the report, which describes single viewers.
    kept = [each for each in segments if _can_outlast_the_samples(each, len(analysis.timeline.viewers))]
    moments = json.dumps(moments_json(analysis, kept), indent=2, ensure_ascii=False, allow_nan=False)
    study.write_text(MOMENTS_FILE, [moments, "\n"])
    study.write_text(REPORT_FILE, [render_report(analysis, segments)])
    return analysis


def _with_members(study: StudyFolder, analysis: Analysis) -> tuple[Analysis, dict[Segment, tuple[str, ...]]]:
    """The viewers of the study's segments, and the analysis with the segments that carry each moment.

    Damaged files are a problem of the analysis, because they must not prevent an erasure.
    """
    audience = analysis.timeline.viewers
    try:
        members = segment_members(study.folder, audience)
        known = read_participants(study.folder).of_viewers(audience).attributes
    except MoviemotionError as error:
        return _with_problem(analysis, Problem("segments-unreadable", Harm.MISSING, str(error))), {}
    analysis = replace(analysis, moment_carriers=moment_carriers(analysis, members))
    if known and len(known) < len(audience):
        text = (
            f"nothing is known about {len(audience) - len(known)} of {len(audience)} viewers, so they belong "
            "to no segment that has a rule"
        )
        problem = Problem("participants-incomplete", Harm.NOTE, text, "participants")
        analysis = _with_problem(analysis, problem)
    return analysis, members


def _can_outlast_the_samples(segment: SegmentAnalysis, audience: int) -> bool:
    """Whether a segment, and what is left without it, are large enough to describe nobody in particular."""
    return segment.viewers >= MIN_VIEWERS and not 0 < audience - segment.viewers < MIN_VIEWERS


def _with_problem(analysis: Analysis, problem: Problem) -> Analysis:
    problems = (*analysis.data_quality.problems, problem)
    return replace(analysis, data_quality=replace(analysis.data_quality, problems=problems))


def _write_annotated_scripts(study: StudyFolder, analysis: Analysis) -> Analysis:
    study.write_text(ANNOTATED_FOUNTAIN_FILE, [annotated_fountain(analysis)])
    study.write_bytes(ANNOTATED_FINAL_DRAFT_FILE, [annotated_final_draft(analysis)])
    study.write_bytes(ANNOTATED_PDF_FILE, [annotated_pdf(analysis)])
    study.write_text(ANNOTATED_JSON_FILE, [annotated_json_text(analysis)])
    if replaced := replaced_characters(analysis):
        shown = " ".join(letter for letter in replaced[:_MAX_SHOWN] if letter.isprintable())
        problem = Problem(
            "characters-replaced",
            Harm.NOTE,
            f"its fonts lack {plural(len(replaced), 'character')} of the script ({shown}), printed as "
            f"{REPLACEMENT}; read {ANNOTATED_FOUNTAIN_FILE} instead, which has them",
            ANNOTATED_PDF_FILE,
        )
        return _with_problem(analysis, problem)
    return analysis
