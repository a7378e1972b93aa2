"""The files that tell a study, written from its analysis."""

from __future__ import annotations

import json
from dataclasses import replace

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.html.screening_report import render_report
from moviemotion.reports.script.annotate import annotated_final_draft, annotated_fountain
from moviemotion.reports.script.annotated_pdf import annotated_pdf
from moviemotion.reports.tables.csv_json import moments_json, timeline_csv
from moviemotion.study.folder import StudyFolder

VIEWER_OUTPUTS = ("timeline.csv", "report.html")
"""Results that show each viewer."""
AUDIENCE_OUTPUTS = ("moments.json", "annotated.fountain", "annotated.fdx", "annotated.pdf")
"""Results about the room."""


def write_outputs(study: StudyFolder, analysis: Analysis) -> Analysis:
    """Write the study's report, tables and annotated script.

    Returns:
        The analysis, which says which annotated script could not be made.
    """
    if analysis.script:
        analysis = _write_annotated_scripts(study, analysis)
    study.write_text("timeline.csv", timeline_csv(analysis.timeline))
    moments = json.dumps(moments_json(analysis), indent=2, ensure_ascii=False, allow_nan=False)
    study.write_text("moments.json", [moments, "\n"])
    study.write_text("report.html", [render_report(analysis)])
    return analysis


def _write_annotated_scripts(study: StudyFolder, analysis: Analysis) -> Analysis:
    study.write_text("annotated.fountain", [annotated_fountain(analysis)])
    study.write_bytes("annotated.fdx", [annotated_final_draft(analysis)])
    try:
        study.write_bytes("annotated.pdf", [annotated_pdf(analysis)])
    except MoviemotionError as error:
        # Courier has Latin letters only; the other copies have them all.
        problems = (*analysis.data_quality.problems, f"annotated.pdf was not made: {error}")
        return replace(analysis, data_quality=replace(analysis.data_quality, problems=problems))
    return analysis
