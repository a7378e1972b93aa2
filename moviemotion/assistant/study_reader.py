"""Answers about finished studies with the rights of a writer: never about fewer than five people.

Each answer is a JSON object. Measured values have the form of `annotated_json`: the value, its 95 % interval
and the number of viewers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.cut_alignment import CutUnitKind
from moviemotion.analysis.comparison.group_differences import DifferenceVerdict
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, AudienceCurve
from moviemotion.assistant.page_summary import pages_json
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import log_access
from moviemotion.reports.html.comparison_report import comparison_json
from moviemotion.reports.script.annotated_json import (
    elements_json,
    flat_stretches_json,
    measure,
    moments_with_measures,
    scenes_json,
    screening_json,
)
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.studio.open_analyses import (
    Members,
    OpenAnalyses,
    OpenAnalysis,
    compare_for_role,
    segments_shown,
)
from moviemotion.studio.screening_state import ACTIVE_STAGES, read_state
from moviemotion.studio.study_folders import list_study_folders
from moviemotion.study.provenance import read_provenance

MAX_ELEMENTS = 300
"""Largest number of script elements in an answer."""
MAX_SECONDS = 120
"""Largest number of seconds of a curve in an answer."""
_ROLE = Role.WRITER
_COMPARED_KINDS = (CutUnitKind.FILM, CutUnitKind.SCENE, CutUnitKind.PASSAGE)
"""Units that a comparison always lists; lines and seconds are listed only if they differ."""


class StudyReader:
    """Reads the finished studies in a folder; the methods are the tools of the assistant.

    Args:
        root: the folder that contains the studies.

    Raises:
        MoviemotionError: the folder does not exist. Every method raises it, too, if a study does not exist or
            has no results, or if there is nothing to answer with.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise MoviemotionError(f"{root}: no such folder; give the folder that contains the studies")
        self._root = root
        self._analyses = OpenAnalyses()

    def studies(self) -> dict[str, Any]:
        """List the studies with their labels, and say which have results."""
        return {"studies": list(self._list_studies())}

    def overview(self, study: str) -> dict[str, Any]:
        """Describe the film, the audience, what limits the results, and how much there is to read."""
        analysis = self._visible(study)
        script = analysis.script
        return {
            **screening_json(analysis),
            "timing": script.timing if script else None,
            "script": {
                "title_page": dict(script.screenplay.title_page),
                "scenes": len(analysis.scene_emotions),
                "pages": max((page["page"] for page in pages_json(analysis)), default=None),
            }
            if script
            else None,
            "moments": len(analysis.moment_search.moments),
            "flat_stretches": flat_stretches_json(analysis),
        }

    def moments(self, study: str) -> dict[str, Any]:
        """List the moments with their evidence and the lines to which they are reactions."""
        analysis = self._visible(study)
        elements = analysis.script.screenplay.elements if analysis.script else ()
        return {
            "conclusion": analysis.moment_search.conclusion,
            "moments": [
                {**moment, "lines": [_line_text(elements[k].character, elements[k].text) for k in overlapped]}
                for moment, overlapped in zip(
                    moments_with_measures(analysis), analysis.moment_elements, strict=True
                )
            ],
        }

    def scenes(self, study: str) -> dict[str, Any]:
        """List the scenes with the reaction to each."""
        analysis = self._visible(study)
        _script_of(analysis, study)
        return {"scenes": scenes_json(analysis)}

    def pages(self, study: str) -> dict[str, Any]:
        """List the pages of the script with the reaction to each, so that they can be compared."""
        analysis = self._visible(study)
        _script_of(analysis, study)
        return {"pages": pages_json(analysis)}

    def lines(
        self,
        study: str,
        page: int | None = None,
        scene: int | None = None,
        text: str | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> dict[str, Any]:
        """List elements of the script with the reaction to each.

        Args:
            study: name of the study.
            page: only elements that start on this page.
            scene: only elements of the scene with this number.
            text: only elements whose text or character contains these words.
            start, end: only elements on screen between these seconds of film time.
        """
        analysis = self._visible(study)
        found = [
            element
            for element in elements_json(analysis, _script_of(analysis, study))
            if page in (None, element["page"])
            and scene in (None, element["scene"])
            and (
                text is None
                or text.casefold() in _line_text(element["character"], element["text"]).casefold()
            )
            and (start is None or (element["end"] is not None and element["end"] > start))
            and (end is None or (element["start"] is not None and element["start"] < end))
        ]
        return {
            "found": len(found),
            "lines": found[:MAX_ELEMENTS],
            "left_out": max(len(found) - MAX_ELEMENTS, 0),
        }

    def segments(self, study: str) -> dict[str, Any]:
        """List the segments of the audience whose curves may be read."""
        found = self._segments(study, self._open(study))
        return {
            "segments": [
                {"name": segment.name, "rule": segment.rule or None, "viewers": len(members)}
                for segment, members in found.items()
            ]
        }

    def curve(self, study: str, start: int, end: int, segment: str | None = None) -> dict[str, Any]:
        """Describe each second of a stretch of the film, for the audience or for a segment of it.

        Args:
            study: name of the study.
            start, end: seconds of film time; the end is exclusive and at most `MAX_SECONDS` later.
            segment: name of a segment; None for the audience.
        """
        if not 0 < end - start <= MAX_SECONDS:
            raise MoviemotionError(
                f"{start} to {end}: give a start and an end at most {MAX_SECONDS} seconds later"
            )
        open_analysis = self._open(study)
        segments = self._segments(study, open_analysis)
        if segment is None:
            curve = open_analysis.visible_to(_ROLE, segments).audience_curve
        else:
            named = next((each for each in segments if each.name == segment), None)
            if named is None:
                raise MoviemotionError(f"{segment}: no such segment; list the segments of the study")
            curve = open_analysis.segment_visible_to(_ROLE, named, segments).audience_curve
        first = int(curve.seconds[0])
        seconds = range(max(start - first, 0), max(min(end - first, len(curve.seconds)), 0))
        return {"segment": segment, "seconds": [_second_json(curve, k) for k in seconds]}

    def comparison(self, first: str, second: str, paired: bool = False) -> dict[str, Any]:
        """Compare two studies of one film: the whole film, each scene, and the lines that differ.

        Args:
            first, second: names of the studies; differences are the second minus the first.
            paired: whether the same viewers, identified by ID, saw both.
        """
        if first == second:
            raise MoviemotionError(f"{second}: given twice; give two different studies")
        analyses = (self._open(first).analysis, self._open(second).analysis)
        found = comparison_json(compare_for_role(analyses, (first, second), paired, _ROLE))
        found["differences"] = [
            difference
            for difference in found["differences"]
            if difference["kind"] in _COMPARED_KINDS or difference["verdict"] == DifferenceVerdict.DIFFERS
        ]
        return found

    def _list_studies(self) -> Iterator[dict[str, Any]]:
        for folder in list_study_folders(self._root):
            try:
                self._refuse_unfinished(folder)
                provenance = read_provenance(folder)
            except MoviemotionError:
                yield {"study": folder.name, "has_results": False}
                continue
            yield {
                "study": folder.name,
                "has_results": True,
                "title": provenance.title,
                "cut": provenance.cut or None,
                "date": provenance.date or None,
                "has_script": provenance.script is not None,
            }

    def _open(self, study: str) -> OpenAnalysis:
        folder = next((f for f in list_study_folders(self._root) if f.name == study), None)
        if folder is None:
            raise MoviemotionError(f"{study}: no such study; list the studies")
        self._refuse_unfinished(folder)
        opened = self._analyses.open_for_role(folder, _ROLE)
        log_access(folder, _ROLE, "read by an assistant")
        return opened

    def _refuse_unfinished(self, folder: Path) -> None:
        # Until a screening has ended, viewers who withdrew have not been erased yet.
        state = read_state(folder)
        if not is_finished(folder) or (state is not None and state.stage in ACTIVE_STAGES):
            raise MoviemotionError(
                f"{folder.name}: has no results yet; wait until its screening has finished"
            )

    def _visible(self, study: str) -> Analysis:
        open_analysis = self._open(study)
        return open_analysis.visible_to(_ROLE, self._segments(study, open_analysis))

    def _segments(self, study: str, open_analysis: OpenAnalysis) -> Members:
        return segments_shown(self._root / study, open_analysis, _ROLE)


def _script_of(analysis: Analysis, study: str) -> TimedScript:
    if analysis.script is None:
        raise MoviemotionError(f"{study}: has no script; read its moments and its curve")
    return analysis.script


def _line_text(character: str | None, text: str) -> str:
    text = " ".join(text.split())
    return f"{character}: {text}" if character else text


def _second_json(curve: AudienceCurve, k: int) -> dict[str, Any]:
    viewers = int(curve.viewers[k])
    known = viewers >= MIN_VIEWERS
    if not known:
        return {"second": int(curve.seconds[k]), "known": False}
    # A strength that is withheld has no number of viewers either.
    strengths = {
        str(emotion): None
        if np.isnan(curve.strength[k, at])
        else measure(curve.strength[k, at], curve.strength_interval[:, k, at].tolist(), viewers)
        for at, emotion in enumerate(NON_NEUTRAL_EMOTIONS)
        if np.isnan(curve.strength[k, at]) or curve.strength[k, at] >= MIN_DOMINANT_STRENGTH
    }
    return {
        "second": int(curve.seconds[k]),
        "known": True,
        "share_reacting": measure(
            curve.reacting_share[k], curve.reacting_share_interval[:, k].tolist(), viewers
        ),
        "overall_strength": measure(
            curve.overall_strength[k], curve.overall_strength_interval[:, k].tolist(), viewers
        ),
        "emotions": strengths,
    }
