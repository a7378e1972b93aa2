"""Summarizes the reactions to each page of the script from the reactions to its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.script.annotated_json import elements_json
from moviemotion.reports.tables.csv_json import number_or_null


def pages_json(analysis: Analysis) -> list[dict[str, Any]]:
    """Summarize each page; `rank_of_share` is 1 for the page on which the most viewers react.

    The share is the mean of the lines' shares, weighted by the lines' lengths in the film. The interval is
    null because the lines' errors depend on each other in an unknown way; `lines_with_share` says on how many
    lines it is based.
    """
    if analysis.script is None:
        return []
    by_page: dict[int, list[dict[str, Any]]] = {}
    for element in elements_json(analysis, analysis.script):
        if element["page"] is not None:
            by_page.setdefault(element["page"], []).append(element)
    pages = [_page(page, elements, analysis) for page, elements in by_page.items()]
    shares = sorted((s for p in pages if (s := p["mean_share_reacting"]["value"]) is not None), reverse=True)
    for page in pages:
        value = page["mean_share_reacting"]["value"]
        page["rank_of_share"] = None if value is None else shares.index(value) + 1
        page["pages_ranked"] = len(shares)
    return pages


def _page(number: int, elements: Sequence[dict[str, Any]], analysis: Analysis) -> dict[str, Any]:
    lines = [element for element in elements if element["reaction"]]
    shown = [line for line in lines if line["in_film"]]
    timed = [element for element in elements if element["start"] is not None]
    start = min((element["start"] for element in timed), default=None)
    end = max((element["end"] for element in timed), default=None)
    emotions = Counter(line["reaction"]["emotion"] for line in shown if line["reaction"]["emotion"])
    return {
        "page": number,
        "scenes": sorted({element["scene"] for element in elements if element["scene"]}),
        "start": start,
        "end": end,
        "lines": len(lines),
        "lines_not_in_film": len(lines) - len(shown),
        "lines_unknown": sum(not line["reaction"]["known"] for line in shown),
        "lines_by_emotion": dict(emotions.most_common()),
        **_mean_share(shown),
        "moments": sorted({moment for element in elements for moment in element["moments"]}),
        "flat_seconds": 0.0 if start is None or end is None else _flat_seconds(analysis, start, end),
    }


def _mean_share(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    shares = [
        (share["value"], line["end"] - line["start"], share["n"])
        for line in lines
        if line["start"] is not None
        and (share := line["reaction"]["mean_share_reacting"])["value"] is not None
    ]
    weight = sum(seconds for _, seconds, _ in shares)
    mean = sum(value * seconds for value, seconds, _ in shares) / weight if weight else float("nan")
    return {
        "mean_share_reacting": {
            "value": number_or_null(mean),
            "interval": None,
            "n": min((n for _, _, n in shares), default=0),
        },
        "lines_with_share": len(shares),
    }


def _flat_seconds(analysis: Analysis, start: float, end: float) -> float:
    """Seconds of a stretch that lie in flat stretches."""
    flat = analysis.patterns.flat.stretches
    return round(sum(max(min(s.end, end) - max(s.start, start), 0.0) for s in flat), 1)
