"""Reports a prediction from trailer reactions as terminal lines, an HTML page, JSON and CSV."""

from __future__ import annotations

import csv
import io
from math import isnan
from typing import Any

from markupsafe import Markup

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.analysis.prediction.outcome_prediction import (
    ALPHA,
    MIN_USEFUL_VARIANCE,
    POWER,
    OutcomePrediction,
    PredictorScore,
    ReactionTable,
)
from moviemotion.reports.emotion_style import css_variables
from moviemotion.reports.number_format import number, p_value, percent, percent_interval, plural
from moviemotion.statistics import Float64Array


def score_sentence(score: PredictorScore) -> str:
    """Describe a score: `all reactions: 0.31 of the variance explained (0.12 to 0.45), 71 % of 80 …`."""
    low, high = score.interval
    return (
        f"{score.name}: {number(score.variance_explained)} of the variance explained "
        f"({number(low)} to {number(high)}), {percent(score.concordance)} of "
        f"{plural(score.pairs, 'pair')} in order ({percent_interval(score.concordance_interval)})"
    )


def more_data_sentence(prediction: OutcomePrediction) -> str:
    """State in one or two sentences what more data would achieve."""
    aim = (
        MIN_USEFUL_VARIANCE
        if isnan(prediction.score.variance_explained)
        else max(MIN_USEFUL_VARIANCE, prediction.score.variance_explained)
    )
    unit = prediction.unit
    text = (
        f"To detect an explained fraction of {number(aim)} with {percent(POWER)} power, about "
        f"{prediction.units_needed:,} {unit}s are needed; there are {prediction.units:,}."
    )
    if not isnan(prediction.variance_explained_at_double):
        text += (
            f" With twice as many, about {number(prediction.variance_explained_at_double)} would be "
            "explained if the learning curve continued on the same course."
        )
    return text


def rooms_sentence(prediction: OutcomePrediction) -> str:
    """State in one or two sentences how rooms were taken into account."""
    if prediction.rooms > 1:
        return (
            f"Reactions and outcomes were compared only within the {prediction.rooms} rooms, so differences "
            "between rooms are no evidence."
        )
    if prediction.unit == "viewer":
        return (
            "All viewers count as people of one room; if they sat in several, name it in a column room, "
            "because rooms that differ could explain a prediction."
        )
    return (
        "Viewers of different trailers count as different people unless they are said to be the same, and "
        "each trailer counts as one, with its room."
    )


def prediction_lines(prediction: OutcomePrediction) -> list[str]:
    """Summarize the prediction for the terminal in at most 8 lines."""
    lines = [f"{prediction.verdict.capitalize()}: {prediction.reason}"]
    if not isnan(prediction.score.variance_explained):
        lines += [f"  {score_sentence(score)}" for score in (prediction.score, *prediction.baseline_scores)]
        lines.append(
            f"  {p_value(prediction.p_value)} ({prediction.permutations} permutations), "
            f"{plural(prediction.rows, 'row')} of {plural(prediction.units, prediction.unit)}"
        )
    return [*lines, rooms_sentence(prediction), more_data_sentence(prediction)]


def prediction_json(prediction: OutcomePrediction) -> dict[str, Any]:
    """Convert the prediction for `json.dumps(…, allow_nan=False)`; null means "not measured"."""
    return {
        "verdict": str(prediction.verdict),
        "reason": prediction.reason,
        "rows": prediction.rows,
        "units": prediction.units,
        "unit": prediction.unit,
        "rooms": rooms_sentence(prediction),
        "outcome": "yes or no" if prediction.is_binary else "number",
        "scores": [_score_json(score) for score in (prediction.score, *prediction.baseline_scores)],
        "p": _or_none(prediction.p_value),
        "permutations": prediction.permutations,
        "learning_curve": [
            {"units": n, "explained": round(share, 6)} for n, share in prediction.learning_curve
        ],
        "explained_with_twice": _or_none(prediction.variance_explained_at_double),
        "units_needed": prediction.units_needed,
        "alpha": ALPHA,
        "power": POWER,
        "useful": MIN_USEFUL_VARIANCE,
        "seed": prediction.seed,
    }


def _score_json(score: PredictorScore) -> dict[str, Any]:
    return {
        "predictor": score.name,
        "explained": _or_none(score.variance_explained),
        "interval": [_or_none(end) for end in score.interval],
        "pairs_in_order": _or_none(score.concordance),
        "pairs_in_order_interval": [_or_none(end) for end in score.concordance_interval],
        "pairs": score.pairs,
    }


def _or_none(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)


def reactions_csv(table: ReactionTable, outcome: Float64Array) -> str:
    """Write the rows that were used and their outcomes as CSV, which another prediction can read as input."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trailer", "room", "viewer", *table.feature_names, "outcome"])
    rooms = table.rooms or ("",) * len(table.trailers)
    for *key, values, y in zip(table.trailers, rooms, table.viewers, table.values, outcome, strict=True):
        writer.writerow([*key, *(f"{value:.6g}" for value in values), f"{y:g}"])
    return text.getvalue()


def render_prediction(prediction: OutcomePrediction) -> str:
    """Render the prediction as an HTML page that makes no network requests."""
    environment = template_environment("moviemotion.reports.html")
    environment.filters |= {"number": number, "percent": percent, "p_value": p_value, "plural": plural}
    environment.filters["percent_interval"] = percent_interval
    return environment.get_template("prediction.html").render(
        prediction=prediction,
        more_data=more_data_sentence(prediction),
        rooms=rooms_sentence(prediction),
        measured=not isnan(prediction.score.variance_explained),
        colors={
            "light": Markup(css_variables(dark=False)),
            "dark": Markup(css_variables(dark=True)),
        },
        css=inline_asset("moviemotion.reports.html", "report.css"),
        alpha=ALPHA,
        useful=MIN_USEFUL_VARIANCE,
    )
