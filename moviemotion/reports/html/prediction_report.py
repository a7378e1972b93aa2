"""A prediction from trailer reactions, for people and for other programs."""

from __future__ import annotations

import csv
import io
from math import isnan
from typing import Any

from markupsafe import Markup

from moviemotion._io.html_shell import asset, templates
from moviemotion.analysis.prediction.outcome_prediction import (
    ALPHA,
    POWER,
    USEFUL,
    Prediction,
    Reactions,
    Score,
)
from moviemotion.reports.emotion_style import css_variables
from moviemotion.reports.number_format import number, p_value, percent, percent_interval, plural
from moviemotion.statistics import Float


def explained(score: Score) -> str:
    """A score in words: `all reactions: 0.31 of the variance explained (0.12 to 0.45), 71 % of 80 …`."""
    low, high = score.interval
    return (
        f"{score.name}: {number(score.explained)} of the variance explained "
        f"({number(low)} to {number(high)}), {percent(score.in_order)} of "
        f"{plural(score.pairs, 'pair')} in order ({percent_interval(score.in_order_interval)})"
    )


def more_data(prediction: Prediction) -> str:
    """What more data would buy, in one or two sentences."""
    aim = USEFUL if isnan(prediction.score.explained) else max(USEFUL, prediction.score.explained)
    unit = prediction.unit
    text = (
        f"To find a share of {number(aim)} with {percent(POWER)} power takes about {prediction.needed:,} "
        f"{unit}s; there are {prediction.units:,}."
    )
    if not isnan(prediction.twice):
        text += (
            f" Twice as many would explain about {number(prediction.twice)}, if the learning curve goes on "
            "as it began."
        )
    return text


def prediction_lines(prediction: Prediction) -> list[str]:
    """The prediction for the terminal, at most 8 lines."""
    lines = [f"{prediction.verdict.capitalize()}: {prediction.reason}"]
    if not isnan(prediction.score.explained):
        lines += [f"  {explained(score)}" for score in (prediction.score, *prediction.baselines)]
        lines.append(
            f"  {p_value(prediction.p)} ({prediction.permutations} permutations), "
            f"{plural(prediction.rows, 'row')} of {plural(prediction.units, prediction.unit)}"
        )
    return [*lines, more_data(prediction)]


def prediction_json(prediction: Prediction) -> dict[str, Any]:
    """The prediction, ready for `json.dumps(…, allow_nan=False)`; null stands for not measured."""
    return {
        "verdict": str(prediction.verdict),
        "reason": prediction.reason,
        "rows": prediction.rows,
        "units": prediction.units,
        "unit": prediction.unit,
        "outcome": "yes or no" if prediction.yes_no else "number",
        "scores": [_score(score) for score in (prediction.score, *prediction.baselines)],
        "p": _or_none(prediction.p),
        "permutations": prediction.permutations,
        "learning_curve": [{"units": n, "explained": round(share, 6)} for n, share in prediction.curve],
        "explained_with_twice": _or_none(prediction.twice),
        "units_needed": prediction.needed,
        "alpha": ALPHA,
        "power": POWER,
        "useful": USEFUL,
        "seed": prediction.seed,
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "predictor": score.name,
        "explained": _or_none(score.explained),
        "interval": [_or_none(end) for end in score.interval],
        "pairs_in_order": _or_none(score.in_order),
        "pairs_in_order_interval": [_or_none(end) for end in score.in_order_interval],
        "pairs": score.pairs,
    }


def _or_none(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)


def reactions_csv(table: Reactions, outcome: Float) -> str:
    """The rows that were used, with their outcome; a table that `moviemotion trailer` takes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trailer", "viewer", *table.names, "outcome"])
    for trailer, viewer, values, y in zip(table.trailers, table.viewers, table.values, outcome, strict=True):
        writer.writerow([trailer, viewer, *(f"{value:.6g}" for value in values), f"{y:g}"])
    return text.getvalue()


def render_prediction(prediction: Prediction) -> str:
    """The prediction as one HTML page that makes no network request."""
    environment = templates("moviemotion.reports.html")
    environment.filters |= {"number": number, "percent": percent, "p_value": p_value, "plural": plural}
    environment.filters["percent_interval"] = percent_interval
    return environment.get_template("prediction.html").render(
        prediction=prediction,
        more_data=more_data(prediction),
        measured=not isnan(prediction.score.explained),
        colours=Markup(css_variables(dark=False)),
        css=asset("moviemotion.reports.html", "report.css"),
        alpha=ALPHA,
        useful=USEFUL,
    )
