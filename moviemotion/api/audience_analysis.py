"""An audience's reactions as DataFrames and a plot, and the analysis of tables from other sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.analyze import analyze as analyze_timeline
from moviemotion.analysis.from_table import repeated_rows, timeline_from_table
from moviemotion.analysis.segments.participants import NO_PARTICIPANTS, Participants
from moviemotion.analysis.segments.segment import checked_segments, parse_segment
from moviemotion.analysis.segments.segment_analysis import analyze_part
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.timeline import PEAK_COLUMNS, Timeline
from moviemotion.api.arguments import (
    checked_participants,
    checked_path,
    checked_seats,
    checked_seed,
    checked_text,
    optional_path,
    time_span,
)
from moviemotion.api.frames import frame_of, to_frame
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.reports.number_format import film_time
from moviemotion.reports.tables.attention_tables import ATTENTION, ATTENTION_DROPS, WALK_OUTS
from moviemotion.reports.tables.audience_tables import SECONDS, VIEWER_EMOTIONS
from moviemotion.reports.tables.data_dictionary import Table
from moviemotion.reports.tables.moment_tables import MOMENTS
from moviemotion.reports.tables.script_tables import LINES, SCENES
from moviemotion.reports.tables.tidy import TABLES
from moviemotion.reports.terminal_summary import summary_lines
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.workflows.export import write_tables
from moviemotion.workflows.screen import DEFAULT_SEED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


LATE_START = 60
"""A table that starts later than this, in seconds, may use a different clock than the film."""


class AudienceAnalysis:
    """An audience's emotions second by second, and the results derived from them.

    Every table is a tidy pandas DataFrame: one row per observation, one column per variable. Missing values
    mean *not seen*. The data dictionary in the documentation describes each column.

    Attributes:
        analysis: the underlying records, for use in programs (`moviemotion.analysis.analyze.Analysis`).
        part_of: the analysis of the whole audience, if this one is of a segment; otherwise None.
    """

    def __init__(
        self,
        analysis: Analysis,
        known: Participants = NO_PARTICIPANTS,
        part_of: AudienceAnalysis | None = None,
    ) -> None:
        self.analysis, self._known, self.part_of = analysis, known, part_of

    @property
    def title(self) -> str:
        """Title of the film."""
        return self.analysis.title

    @property
    def viewers(self) -> tuple[str, ...]:
        """Names of the viewers."""
        return tuple(self.analysis.timeline.viewers)

    @property
    def timeline(self) -> pd.DataFrame:
        """One row per viewer, second and emotion: `viewer, second, emotion, probability, strength`.

        `probability` is the mean fraction of annotators who would choose the emotion (0–1). `strength` is how
        far the probability exceeds the viewer's own baseline (0–1; missing for neutral). Both are missing
        where the viewer was not seen.
        """
        return to_frame(self._arrow(VIEWER_EMOTIONS))

    @property
    def timeline_wide(self) -> pd.DataFrame:
        """One row per viewer and second, with the mean probability and the peak of each emotion.

        `analyze` accepts this table.
        """
        timeline = self.analysis.timeline
        seconds = self.analysis.audience_curve.seconds
        columns: dict[str, Any] = {
            "viewer": np.repeat(np.array(timeline.viewers, dtype=object), len(seconds)),
            "second": np.tile(seconds, len(timeline.viewers)),
            "samples": timeline.sample_counts.ravel(),
        }
        if timeline.weight is not None:  # otherwise all seconds would count equally
            columns["weight"] = timeline.weight.ravel()
        flat = timeline.probabilities.reshape(-1, len(EMOTIONS))
        columns |= {str(emotion): flat[:, k] for k, emotion in enumerate(EMOTIONS)}
        if timeline.peak is not None:
            columns |= {name: timeline.peak[:, :, k].ravel() for k, name in enumerate(PEAK_COLUMNS)}
        return frame_of(columns)

    @property
    def room(self) -> pd.DataFrame:
        """One row per second, with values for the audience as a whole.

        Columns: `second`, `in_film` (whether the film was running), `viewers` (number seen in that second),
        `enough_viewers` (whether these are enough for a statement about the audience), `overall` (mean over
        viewers of their strongest emotion), `share` (proportion of viewers who react), `expressiveness`,
        `valence` and `arousal` (see the glossary), `synchrony`, and the mean strength of each emotion.
        Columns whose names end in `_low` and `_high` contain the limits of the 95 % intervals.
        """
        seconds = to_frame(self._arrow(SECONDS))
        curve = self.analysis.audience_curve
        for k, emotion in enumerate(NON_NEUTRAL_EMOTIONS):
            seconds[str(emotion)] = curve.strength[:, k]
            seconds[f"{emotion}_low"] = curve.strength_interval[0, :, k]
            seconds[f"{emotion}_high"] = curve.strength_interval[1, :, k]
        return seconds

    @property
    def moments(self) -> pd.DataFrame:
        """One row per moment with its evidence, such as times, strength, expected share and replicability.

        An empty table does not mean that nothing happened; see `conclusion`.
        """
        return to_frame(self._arrow(MOMENTS))

    @property
    def attention(self) -> pd.DataFrame:
        """One row per second: `second`, `known` (viewers whose state is known) and `share` facing the screen.

        `share_low` and `share_high` are the limits of its 95 % interval. The other columns count the viewers
        in each state. The direction of heads is measured, not that of eyes.
        """
        return to_frame(self._arrow(ATTENTION))

    @property
    def attention_drops(self) -> pd.DataFrame:
        """One row per stretch in which viewers looked elsewhere together, with its evidence."""
        return to_frame(self._arrow(ATTENTION_DROPS))

    @property
    def walk_outs(self) -> pd.DataFrame:
        """One row per viewer who left the seat: `viewer, left_s, returned_s, element`."""
        return to_frame(self._arrow(WALK_OUTS))

    @property
    def conclusion(self) -> str:
        """The conclusion of the search for moments, in one sentence."""
        return self.analysis.moment_search.conclusion

    @property
    def script(self) -> pd.DataFrame:
        """One row per screenplay element: its time, the source of that time, and the audience's reactions.

        Empty without a screenplay.
        """
        return to_frame(self._arrow(LINES))

    @property
    def scenes(self) -> pd.DataFrame:
        """One row per scene, with the audience's reactions. Empty without a screenplay."""
        return to_frame(self._arrow(SCENES))

    def segment(self, rule: str) -> AudienceAnalysis:
        """Analyze a part of the audience, such as `study.segment('sex == "f" and age < 25')`.

        Everything that is reported of the audience is reported of the segment: curve, moments, lines and
        scenes. To compare two segments, pass them to `compare`.

        Args:
            rule: who belongs to it, by attributes of the participants (see `participants` of `screen`).

        Raises:
            MoviemotionError: the rule is not valid, or applies to nobody.
        """
        segment = parse_segment(checked_text("rule", rule))
        viewers = checked_segments([segment], self._known, self.viewers)[segment]
        return AudienceAnalysis(
            analyze_part(self.analysis, viewers), self._known.of_viewers(viewers), self.part_of or self
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems with the data, in the order in which they were found.

        `str(problem)` is a plain sentence; `problem.harm` says what it can do to the results.
        """
        return self.analysis.data_quality.problems

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the analysis cannot exclude if the film's span or the seats are unknown, as sentences."""
        return self.analysis.data_quality.caveats

    def table(self, name: str) -> pa.Table:
        """Return one of the tidy tables as an Arrow table, for Polars, DuckDB and other libraries.

        Args:
            name: the table name, as in the data dictionary.

        Raises:
            MoviemotionError: there is no such table.
        """
        tables = {table.name: table for table in TABLES}
        if not isinstance(name, str) or name not in tables:
            raise MoviemotionError(f"{name!r}: no such table; choose from {', '.join(tables)}")
        return self._arrow(tables[name])

    def _arrow(self, table: Table) -> pa.Table:
        return pa.Table.from_batches(list(table.batches(self.analysis)), table.schema)

    def plot(self, emotions: str | Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
        """Plot the audience curve with its 95 % intervals and the moments.

        Args:
            emotions: the emotions to plot; defaults to the four with the strongest peaks.
            ax: matplotlib axes to plot into; new axes are created by default.

        Raises:
            MoviemotionError: matplotlib is not installed, or an emotion is unknown.
        """
        from moviemotion.api.plots import plot_audience

        if emotions is not None and not isinstance(emotions, Iterable):
            raise MoviemotionError(
                f"emotions: expected a list of emotion names, got {type(emotions).__name__}; pass a list"
            )
        if ax is not None and not hasattr(ax, "axvspan"):
            raise MoviemotionError(f"ax: expected matplotlib axes, got {type(ax).__name__}; pass axes")
        names = [emotions] if isinstance(emotions, str) else emotions
        return plot_audience(self.analysis, None if names is None else list(names), ax)

    def to_parquet(self, folder: str | Path) -> tuple[Path, ...]:
        """Write every table as Parquet, with a data dictionary.

        Returns:
            The files written.

        Raises:
            MoviemotionError: the folder is not writable.
        """
        folder = checked_path("folder", folder)
        try:
            return tuple(write_tables(folder, "parquet", self.analysis))
        except OSError as error:
            raise MoviemotionError(
                f"{folder}: cannot be written ({error.strerror}); choose another folder"
            ) from error

    def summary(self) -> str:
        """Summarize the screening in at most twenty lines of plain text."""
        return "\n".join(summary_lines(self.analysis))

    def __repr__(self) -> str:
        """The type and size of the object, and its summary."""
        quality = self.analysis.data_quality
        kind = type(self).__name__
        return f"<{kind}: {quality.viewers} viewers, {quality.seconds} s>\n{self.summary()}"


def analyze(  # noqa: PLR0913 (a keyword for every setting)
    frame: Any,
    script: str | Path | None = None,
    subtitles: str | Path | None = None,
    *,
    title: str = "Untitled film",
    baseline: str | tuple[float, float] | None = None,
    film: str | tuple[float, float] | None = None,
    credits: str | float | tuple[float, float] | None = None,
    seats: Any = None,
    participants: Any = None,
    seed: int = DEFAULT_SEED,
) -> AudienceAnalysis:
    """Analyze any table of viewers' emotions, regardless of how they were measured.

    Args:
        frame: a pandas, Polars or Arrow table, or a mapping of columns. It has one row per viewer and second,
            with the columns `viewer`, `second` and the eight emotions (probabilities that sum to 1; see
            `EMOTIONS`). A missing row or missing values mean that the viewer was not seen. The optional
            column `samples` gives the number of samples behind each row.
        script: the screenplay, used to assign the results to its lines.
        subtitles: the film's subtitles, used to time the screenplay; without them, times are estimated from
            the length of each element on the page.
        title: the film's title, used if there is no screenplay.
        baseline: a stretch of film time in which viewers are at rest, such as "0:00-0:20" or (0, 20).
        film: film time of the film's first and last picture, such as "0:45-1:52:10" or (45, 6730). Seconds
            outside the film are never evidence.
        credits: film time of the credits, or only their start, such as "1:47:30"; the credits are never
            evidence, either.
        seats: who sat where: a mapping of viewers to (row, seat), or a table with the columns `viewer`, `row`
            and `seat`. Contagion between neighbors is then not mistaken for an effect of the film.
        participants: what is known about the viewers beside their faces, for `segment`: a table or CSV file
            with the column `viewer` and any other columns, such as `age` and `sex`.
        seed: random seed for the statistics.

    Raises:
        MoviemotionError: a column is missing or contains invalid values, or the script cannot be used.

    Example:
        >>> import moviemotion as mm
        >>> calm = {"viewer": ["a", "a", "b", "b"], "second": [0, 1, 0, 1]}
        >>> calm |= {emotion: [0.0] * 4 for emotion in mm.EMOTIONS} | {"neutral": [1.0] * 4}
        >>> mm.analyze(calm).viewers
        ('a', 'b')
    """
    if isinstance(frame, AudienceAnalysis):
        raise MoviemotionError("frame: this is an analysis, not a table; pass its `timeline_wide` table")
    if not hasattr(frame, "columns") and not isinstance(frame, Mapping):
        raise MoviemotionError(
            f"frame: expected a table, got {type(frame).__name__}; pass a DataFrame, an Arrow table "
            "or a mapping of columns"
        )
    title, seed = checked_text("title", title), checked_seed(seed)
    marked, film_span = time_span("baseline", baseline), time_span("film", film)
    credits_span, table = time_span("credits", credits), checked_seats(seats)
    paths = optional_path("script", script), optional_path("subtitles", subtitles)
    timeline = timeline_from_table(frame)
    places = table.of_viewers(timeline.viewers) if table else None
    people = checked_participants(participants)
    known = people.named({viewer: viewer for viewer in timeline.viewers}) if people else NO_PARTICIPANTS
    inputs = read_script_inputs(*paths)
    timed = (
        inputs.align(
            float(timeline.sample_counts.shape[1]),
            (film_span.start, film_span.end) if film_span else None,
            credits_span.start if credits_span else None,
        )
        if inputs
        else None
    )
    return AudienceAnalysis(
        analyze_timeline(
            inputs.screenplay.title if inputs else title,
            timeline,
            timed,
            (*(timed.data_problems() if timed else ()), *_table_problems(frame, timeline)),
            seed,
            marked,
            film=film_span,
            credits=credits_span,
            seat_map=SeatMap.of(timeline.viewers, places) if places else None,
        ),
        known,
    )


def _table_problems(frame: Any, timeline: Timeline) -> Iterator[Problem]:
    """Describe possible errors in a table that can nevertheless be analyzed."""
    repeated = repeated_rows(frame)
    if repeated:
        yield Problem(
            "repeated-rows",
            Harm.NOTE,
            f"The table has {repeated} repeated rows; rows for the same viewer and second were averaged.",
        )
    seen = np.flatnonzero(timeline.sample_counts.any(axis=0))
    if len(seen) and seen[0] > LATE_START:
        yield Problem(
            "late-start",
            Harm.WRONG,
            f"No viewer was seen before {film_time(float(seen[0]))} of film time; if the table does not "
            "start with the film, subtract its first second.",
        )
    unseen = [
        name
        for name, counts in zip(timeline.viewers, timeline.sample_counts, strict=True)
        if not counts.any()
    ]
    if unseen:
        yield Problem("no-viewer", Harm.MISSING, f"Viewers without any values: {', '.join(unseen)}.")
