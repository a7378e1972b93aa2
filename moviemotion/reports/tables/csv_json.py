"""Writes the results for other programs: `timeline.csv` and `moments.json`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import resonance_ranks
from moviemotion.analysis.moments.reaction_scores import MOMENT, MOOD
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis
from moviemotion.analysis.signals.film_span import stretches
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS, Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.screenplay.elements import ElementKind

NULL_MODEL = (
    "the same viewers, out of step: each viewer's reactions are shifted in time by up to "
    f"{MOMENT.reach} s in either direction ({MOOD.reach} s for moods)"
)
FORMULA_PATTERN = r"^[=+\-@\t\r]"
"""Pattern of text that a spreadsheet would execute as a formula."""
CORRECTION = "family-wise over all seconds, emotions and time scales (Westfall & Young, step-down minP)"


def escape_formula(text: str) -> str:
    """Put an apostrophe in front of text that a spreadsheet would execute as a formula."""
    return f"'{text}" if re.match(FORMULA_PATTERN, text) else text


def timeline_csv(timeline: Timeline, in_film: NDArray[np.bool_]) -> Iterator[str]:
    """Write a timeline as CSV text in parts, for `file.writelines`.

    Args:
        timeline: the timeline.
        in_film: (S,) whether the film was running in each second.

    Yields:
        The header, then one part per viewer with one row per second. The columns are the viewer, the second,
        the number of samples, whether the film was running (1 or 0), the mean probability of each emotion,
        and the peaks if known (`happy_peak`), with four decimals. Probabilities are empty where the viewer
        was not seen.
    """
    values = timeline.probabilities
    columns: list[str] = [*EMOTIONS]
    if timeline.peak is not None:
        columns += PEAK_COLUMNS
        values = np.concatenate([values, timeline.peak], axis=2)
    yield ",".join(("viewer", "second", "samples", "in_film", *columns)) + "\n"
    seen_row = "%s,%d,%d,%d" + ",%.4f" * len(columns) + "\n"
    unseen_row = "%s,%d,%d,%d" + "," * len(columns) + "\n"
    for viewer, scores, samples in zip(timeline.viewers, values, timeline.sample_counts, strict=True):
        name = _csv_field(viewer)
        seen = ~np.isnan(scores).any(axis=1)
        rows = zip(seen.tolist(), samples.tolist(), in_film.tolist(), scores.tolist(), strict=True)
        yield "".join(
            seen_row % (name, second, count, running, *row)
            if is_seen
            else unseen_row % (name, second, count, running)
            for second, (is_seen, count, running, row) in enumerate(rows, timeline.start)
        )


def moments_json(analysis: Analysis, segments: Sequence[SegmentAnalysis] = ()) -> dict[str, Any]:
    """Collect the moments, their evidence and lines, and the patterns, for `json.dumps(…, allow_nan=False)`.

    Times are seconds of film time, and `end` is exclusive. Intervals are 95 % intervals; null means
    undefined or withheld. `in_film` lists the stretches in which the film was running. `patterns` uses the
    names and units of the analysis's pattern records.
    """
    search = analysis.moment_search
    return {
        "film": analysis.title,
        "viewers": analysis.data_quality.viewers,
        "usual_viewers": analysis.data_quality.usual_viewers,
        "seconds": analysis.data_quality.seconds,
        "unknown_seconds": analysis.data_quality.unknown_seconds,
        "tested_seconds": search.tested_seconds,
        "conclusive": search.conclusive,
        "conclusion": search.conclusion,
        "caveats": list(analysis.data_quality.caveats),
        "problems": [problem.to_json() for problem in analysis.data_quality.problems],
        "clocks": _json_value(analysis.data_quality.clocks),
        "in_film": [list(stretch) for stretch in stretches(analysis.in_film, analysis.timeline.start)],
        "method": {
            "null": NULL_MODEL,
            "shifts": search.shifts,
            "correction": CORRECTION,
            "alpha": search.alpha,
            "seed": search.seed,
            "interval": 0.95,
        },
        "synchrony": _synchrony(analysis),
        "delay": _delay(analysis),
        "moments": [_moment(analysis, index) for index in range(len(search.moments))],
        "attention": _attention(analysis),
        "patterns": _json_value(analysis.patterns),
        "segments": [_segment(segment) for segment in segments],
    }


def _segment(segment: SegmentAnalysis) -> dict[str, Any]:
    search = segment.analysis.moment_search
    return {
        "name": segment.segment.name,
        "rule": segment.segment.rule or None,
        "viewers": segment.viewers,
        "conclusive": search.conclusive,
        "conclusion": search.conclusion,
        "moments": [_moment(segment.analysis, index) for index in range(len(search.moments))],
        "differences": [
            {
                "kind": row.unit.kind.value,
                "text": row.unit.label,
                "start": row.unit.spans[1].start,
                "end": row.unit.spans[1].end,
                "emotion": str(row.emotion),
                "strength": number_or_null(row.mean[1]),
                "strength_of_others": number_or_null(row.mean[0]),
                "difference": number_or_null(row.difference),
                "interval": [number_or_null(end) for end in row.interval],
                "p_adjusted": number_or_null(row.p_adjusted),
            }
            for row in segment.differences
        ],
    }


def _json_value(record: object) -> Any:
    """Convert a record for JSON: dataclasses become objects, arrays become lists, and NaN becomes null."""
    if is_dataclass(record):
        return {field.name: _json_value(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, np.ndarray):
        record = record.tolist()
    if isinstance(record, list | tuple):
        return [_json_value(one) for one in record]
    return number_or_null(record) if isinstance(record, float) else record


def _synchrony(analysis: Analysis) -> dict[str, Any]:
    """Describe the inter-subject correlation over the film, overall and for each emotion."""
    film = analysis.synchrony
    values = {
        "overall": film.overall,
        **dict(zip(map(str, NON_NEUTRAL_EMOTIONS), film.by_emotion, strict=True)),
    }
    intervals = (film.overall_interval, *film.by_emotion_interval)
    return {
        name: {"value": number_or_null(value), "interval": [number_or_null(v) for v in interval]}
        for (name, value), interval in zip(values.items(), intervals, strict=True)
    }


def _delay(analysis: Analysis) -> dict[str, Any]:
    """Describe by how many seconds each viewer lags behind the others, and how much these delays vary."""
    delay = analysis.relative_delay
    return {
        "behind": dict(
            zip(analysis.timeline.viewers, map(number_or_null, delay.viewer_delays.tolist()), strict=True)
        ),
        "spread": number_or_null(delay.spread),
        "spread_interval": [number_or_null(v) for v in delay.spread_interval],
    }


def _attention(analysis: Analysis) -> dict[str, Any]:
    """Describe the drops of attention and the walk-outs; the second-by-second share is in the tables."""
    attention = analysis.attention
    return {
        "measured": attention.is_measured,
        "conclusive": attention.conclusive,
        "conclusion": attention.conclusion,
        "drops": _json_value(attention.drops),
        "walk_outs": _json_value(attention.walk_outs),
    }


def _moment(analysis: Analysis, index: int) -> dict[str, Any]:
    moment = analysis.moment_search.moments[index]
    return {
        "number": index + 1,
        "start": float(moment.start),
        "peak": float(moment.peak),
        "end": float(moment.end),
        "kind": moment.kind,
        "emotion": str(moment.emotion),
        "strength": number_or_null(moment.strength),
        "strength_interval": [number_or_null(v) for v in moment.strength_interval],
        "leave_one_out": [number_or_null(v) for v in moment.leave_one_out],
        "viewers": int(moment.viewers),
        "reacted": moment.reacted,
        "share": number_or_null(moment.reacting_share),
        "share_interval": [number_or_null(v) for v in moment.reacting_share_interval],
        "expected_share": number_or_null(moment.expected_share),
        "replicability": number_or_null(moment.replicability),
        "synchrony": number_or_null(moment.synchrony),
        "synchrony_interval": [number_or_null(v) for v in moment.synchrony_interval],
        "resonance": number_or_null(moment.resonance),
        "resonance_interval": [number_or_null(v) for v in moment.resonance_interval],
        "rank": resonance_ranks(analysis.moment_search.moments)[index],
        "rank_interval": [rank or None for rank in moment.rank_interval],
        "p_adjusted": number_or_null(moment.p_adjusted),
        "carried_by": _json_value(analysis.carriers_of(index)),
        "mixed": [
            {
                "emotion": mixed.emotion.name,
                "parts": [str(part) for part in mixed.emotion.components],
                "share": number_or_null(mixed.share),
                "share_interval": [number_or_null(v) for v in mixed.share_interval],
                "viewers": mixed.viewers,
                "strength": number_or_null(mixed.strength),
            }
            for mixed in analysis.moment_mixed_emotions[index]
        ],
        "scene": _scene(analysis, index),
        "lines": _lines(analysis, index),
    }


def _scene(analysis: Analysis, index: int) -> dict[str, Any] | None:
    for scene in analysis.scene_emotions:
        if index in scene.moments and analysis.script is not None:
            return {
                "number": scene.scene_number,
                "heading": analysis.script.screenplay.elements[scene.heading_element].text,
            }
    return None


def _lines(analysis: Analysis, index: int) -> list[dict[str, Any]]:
    if analysis.script is None:
        return []
    elements = (analysis.script.screenplay.elements[e] for e in analysis.moment_elements[index])
    # A character name and a parenthetical belong to the speech below them.
    elements = (e for e in elements if e.kind not in (ElementKind.CHARACTER, ElementKind.PARENTHETICAL))
    return [{"line": e.line, "kind": str(e.kind), "character": e.character, "text": e.text} for e in elements]


def number_or_null(value: float) -> float | None:
    """Round a value to six decimals for JSON; None for NaN."""
    return None if isnan(value) else round(float(value), 6)


def _csv_field(text: str) -> str:
    cell = io.StringIO()
    csv.writer(cell, lineterminator="\n").writerow([text])
    # The name becomes an argument of a %-format, not the format itself, so % needs no escape.
    return cell.getvalue().removesuffix("\n")
