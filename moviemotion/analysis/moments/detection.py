"""Moments: stretches in which the audience reacted together, each with its evidence.

The null hypothesis is that the same viewers react just as often and as strongly in each part of the film, but
out of step with each other (see `null_model`). A second is evidence for a shared reaction if the sum of the
viewers' scores is larger than in the shifted audiences, after correction for all seconds, emotions and time
scales, and if enough viewers reacted for the reaction to matter.

The search runs at two time scales: reactions of seconds (`reaction_scores.MOMENT`) and expressions that are
held for longer (`reaction_scores.MOOD`). Bounds, strength and resonance only describe a moment; whether it is
reported depends on its p-value and on the share of viewers who reacted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from moviemotion.analysis.moments.bounds import moment_bounds, reacting_viewers
from moviemotion.analysis.moments.evidence import Evidence, gather_evidence
from moviemotion.analysis.moments.null_model import adjusted_p_values, null_maxima, sum_over_viewers
from moviemotion.analysis.moments.reacting_together import blocks_of_viewers
from moviemotion.analysis.moments.reaction_scores import (
    MAX_SCORE,
    MOMENT,
    MOOD,
    TimeScale,
    eligible_seconds,
    level_curves,
    reaction_scores,
    usual_viewers,
)
from moviemotion.analysis.moments.resonance import resonance_interval, resonance_rank_intervals
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.analysis.signals.synchrony import JackknifeEstimate, pooled_variance, synchrony_at
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array

ALPHA = 0.05
"""Upper bound on the probability of finding one or more moments in a screening without shared reactions."""
N_SHIFTS = 1000
"""Number of shifted audiences used for p-values; the smallest possible p-value is 1 / (`N_SHIFTS` + 1)."""
MAX_PASSES = 3
"""Largest number of passes of the step-down search."""
MIN_SECONDS = 60
"""Smallest number of seconds that can serve as evidence; with fewer, nothing is concluded."""
MIN_SECONDS_BEFORE_ONSET = 5
"""Number of seconds that must have been seen before a moment can start."""
MIN_REACTING_SHARE = 0.15
"""Smallest share of the viewers seen who must react, both at the peak and during the moment."""
MIN_REACTING_VIEWERS = 3
"""Smallest number of viewers who must react at the peak."""


@dataclass(frozen=True)
class Moment:
    """A stretch of film time in which the audience reacted together more than chance would explain.

    Attributes:
        start, end: film time in seconds by which half of the reacting viewers had started to react, and by
            which half of them had stopped; the end is exclusive.
        peak: the film second in which the sum of the viewers' scores is largest.
        emotion: the shared emotion (never neutral).
        kind: `moment` for a reaction of seconds, `mood` for an expression that is held for longer.
        strength: mean strength of that emotion during the moment, over the viewers seen, 0–1.
        strength_interval: 95 % interval of `strength` over viewers.
        reacting_share: share of the viewers seen who reacted with that emotion, 0–1.
        reacting_share_interval: 95 % Wilson interval of `reacting_share`.
        expected_share: share of the viewers who react in comparable seconds around the moment, 0–1; NaN if
            there are no such seconds.
        synchrony: inter-subject correlation in the window around the peak; NaN if undefined.
        synchrony_interval: 95 % interval of `synchrony` over viewers.
        viewers: number of viewers seen during the moment.
        p_adjusted: p-value adjusted for all seconds, emotions and time scales.
        leave_one_out: smallest and largest `strength` if any one viewer is left out.
        replicability: share of random half-audiences in which the moment is found again; NaN if the audience
            is too small.
        resonance_interval: 95 % interval of `resonance` over viewers; NaNs where unknown.
        rank_interval: 95 % interval of the moment's rank by resonance; (0, 0) if unknown.
    """

    start: float
    end: float
    peak: float
    emotion: Emotion
    strength: float
    strength_interval: tuple[float, float]
    reacting_share: float
    reacting_share_interval: tuple[float, float]
    synchrony: float
    synchrony_interval: tuple[float, float]
    viewers: int
    p_adjusted: float
    resonance_interval: tuple[float, float] = (float("nan"), float("nan"))
    kind: str = MOMENT.name
    expected_share: float = float("nan")
    leave_one_out: tuple[float, float] = (float("nan"), float("nan"))
    replicability: float = float("nan")
    rank_interval: tuple[int, int] = (0, 0)

    @property
    def reacted(self) -> int:
        """Number of viewers who reacted, of the `viewers` seen."""
        return round(self.reacting_share * self.viewers)

    @property
    def resonance(self) -> float:
        """Resonance, 0–1: the geometric mean of strength and reacting share.

        A strong reaction of a few viewers can have the same resonance as a weak reaction of many. Synchrony
        is not a factor, because it is near 0 at a plateau although everybody reacts. With it, halves of
        simulated audiences rank the moments more similarly, but according to how suddenly a reaction starts;
        halves of real people do not (`benchmarks/real_people.py`).
        """
        return sqrt(max(self.strength, 0.0) * self.reacting_share)


@dataclass(frozen=True)
class MomentSearchResult:
    """The outcome of a search for moments.

    Attributes:
        moments: the moments with `p_adjusted` ≤ `alpha`, in chronological order.
        conclusion: a human-readable statement of what was found, or why nothing can be concluded.
        conclusive: false if there were too few viewers or seconds to conclude anything.
        shifts: number of shifted audiences used for the p-values (0 if there were none).
        alpha: significance level of the test.
        seed: random seed for the shifts.
        tested_seconds: number of seconds that could be evidence.
    """

    moments: tuple[Moment, ...]
    conclusion: str
    conclusive: bool
    shifts: int
    alpha: float
    seed: int
    tested_seconds: int = 0


def indices_by_resonance(moments: Sequence[Moment]) -> tuple[int, ...]:
    """Indices of the moments from the highest resonance to the lowest; unknown resonance comes last."""
    return tuple(
        sorted(range(len(moments)), key=lambda k: (isnan(moments[k].resonance), -moments[k].resonance))
    )


def resonance_ranks(moments: Sequence[Moment]) -> tuple[int, ...]:
    """Rank of each moment by resonance; 1 is the highest."""
    order = indices_by_resonance(moments)
    return tuple(order.index(k) + 1 for k in range(len(order)))


def count_by_kind(moments: Sequence[Moment]) -> str:
    """Count moments and moods in words: `3 moments`, `2 moments and 1 mood`."""
    counts = [(sum(m.kind == scale.name for m in moments), scale.name) for scale in (MOMENT, MOOD)]
    return " and ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count)


def find_moments(
    strength: Float64Array,
    first_second: int,
    seed: int,
    in_film: NDArray[np.bool_] | None = None,
    seat_blocks: NDArray[np.int64] | None = None,
    audiences: int = 1,
) -> MomentSearchResult:
    """Search a screening for moments.

    The family-wise error rate is controlled: the probability of one or more false moments in a screening is
    at most `ALPHA`, which also bounds the false-discovery rate. Each second is compared with the maximum over
    all seconds of every shifted audience; emotions and time scales are combined using the smallest p-value of
    each shifted audience (Westfall & Young, 1993, single-step minP).

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        seed: random seed for the shifts; the same seed gives the same moments.
        in_film: (S,) whether the film was running; other seconds are never evidence. By default, the film was
            running in every second.
        seat_blocks: (V,) each viewer's block of neighbors, numbered from 0; the viewers of a block are
            shifted together. Viewers who react together beyond what the room explains are shifted together in
            any case (`reacting_together`).
        audiences: number of audiences that are searched and reported together, such as the segments of a
            room; p-values are multiplied by it (Bonferroni).
    """
    seen = ~np.isnan(strength[:, :, 0])
    if in_film is None:
        in_film = np.ones(seen.shape[1], dtype=bool)
    tested = int(eligible_seconds(seen, in_film, MOMENT).sum())
    stretches, reason = find_shared_stretches(strength, seed, in_film, seat_blocks, audiences)
    if reason:
        return MomentSearchResult((), f"{reason} Nothing can be concluded.", False, 0, ALPHA, seed, tested)
    moments = _build_moments(strength, first_second, stretches, seed)
    if moments:
        found = f"{count_by_kind(moments)} {'was' if len(moments) == 1 else 'were'} found"
        conclusion = (
            f"{found}: the audience reacted together more than the same viewers would out of step. "
            f"If viewers react independently of each other, this search finds a false moment in at most "
            f"{ALPHA * 100:.0f} % of screenings; the report says what it cannot exclude."
        )
    else:
        conclusion = (
            "No moment was found: the viewers did not react together more than they would out of step. "
            "That does not prove that there was none."
        )
    return MomentSearchResult(moments, conclusion, True, N_SHIFTS, ALPHA, seed, tested)


@dataclass(frozen=True)
class SharedStretch:
    """A stretch in which viewers did the same together more than chance would explain.

    Attributes:
        column: column of the curves in which it was found.
        kind: `moment` or `mood`, the time scale.
        start, stop: first second, and the second after the last one, counted from the first column.
        peak: second in which the sum of the viewers' scores is largest.
        p: p-value at the peak, adjusted for all seconds, columns and time scales.
        evidence: the evidence, in which *strength* is the value of the curves.
    """

    column: int
    kind: str
    start: int
    stop: int
    peak: int
    p: float
    evidence: Evidence


def find_shared_stretches(
    curves: Float64Array,
    seed: int,
    in_film: NDArray[np.bool_],
    seat_blocks: NDArray[np.int64] | None = None,
    audiences: int = 1,
) -> tuple[list[SharedStretch], str]:
    """Search any curves of viewers for stretches in which they rise together; see `find_moments`.

    Args:
        curves: (V, S, F) values from 0 to 1, NaN where not seen.
        seed: random seed for the shifts.
        in_film: (S,) whether the film was running.
        seat_blocks: (V,) each viewer's block of neighbors, as for `find_moments`.
        audiences: number of audiences that are searched and reported together, as for `find_moments`.

    Returns:
        The stretches in chronological order, and an empty text, or none and the reason why nothing can be
        concluded.
    """
    seen = ~np.isnan(curves[:, :, 0])
    reason = _insufficient_data(seen, int(eligible_seconds(seen, in_film, MOMENT).sum()))
    if reason:
        return [], reason
    blocks = blocks_of_viewers(curves, np.arange(len(seen)) if seat_blocks is None else seat_blocks)
    searches = [
        _ScaleSearch.prepare(curves, seen, in_film, scale, blocks, seed + k)
        for k, scale in enumerate((MOMENT, MOOD))
    ]
    p = _step_down_p_values(searches, audiences)
    candidates = []
    for search, columns in zip(searches, np.split(p, len(searches), axis=1), strict=True):
        candidates += search.candidates(columns)
    return _describe(curves, _drop_overlapping(candidates), blocks, seed), ""


def _insufficient_data(seen: NDArray[np.bool_], tested: int) -> str:
    viewers = int(seen.any(axis=1).sum())
    if viewers < MIN_VIEWERS:
        number = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Only {number} seen; at least {MIN_VIEWERS} are needed to find moments."
    if seen.shape[1] < MIN_SECONDS:
        return (
            f"The film is only {seen.shape[1]} seconds long; "
            f"at least {MIN_SECONDS} are needed to find moments."
        )
    if tested < MIN_SECONDS:
        return (
            f"At least {MIN_VIEWERS} viewers and half of the room were seen in only {tested} seconds of the "
            f"film; at least {MIN_SECONDS} are needed to find moments."
        )
    return ""


def _step_down_p_values(searches: Sequence[_ScaleSearch], audiences: int) -> Float64Array:
    """Compute the adjusted p-values of all seconds, with the emotions of all time scales side by side.

    When moments have been found, their reactions are removed from the viewers' scores before the scores are
    shifted again. Otherwise, the shifts would spread these reactions over the surrounding seconds, where they
    would hide weaker moments (step-down, as in Westfall & Young, 1993). If the first pass finds no moment,
    there is no second pass, so the probability of any false moment does not change.
    """
    total = np.concatenate([search.total for search in searches], axis=1)
    p = np.ones_like(total)
    nothing = np.zeros(searches[0].total.shape, dtype=bool)
    found = [nothing] * len(searches)
    maxima = [search.null_maxima(nothing) for search in searches]
    for _ in range(MAX_PASSES - 1):
        p = np.minimum(p, audiences * adjusted_p_values(total, np.concatenate(maxima, axis=1)))
        now = np.split(p <= ALPHA, len(searches), axis=1)
        changed = [k for k, each in enumerate(now) if (each != found[k]).any()]
        if not changed:
            return p
        for k in changed:
            maxima[k] = searches[k].null_maxima(now[k])
        found = now
    return np.minimum(p, audiences * adjusted_p_values(total, np.concatenate(maxima, axis=1)))


@dataclass(frozen=True)
class _Candidate:
    """A stretch of one emotion that contains evidence.

    Attributes:
        search: the search that found it.
        column: column of the emotion.
        bounds: first column, and the column after the last one.
        peak: column of the largest sum of scores.
        p: adjusted p-value at the peak.
        size: sum of the scores at the peak, relative to the threshold.
    """

    search: _ScaleSearch
    column: int
    bounds: tuple[int, int]
    peak: int
    p: float
    size: float


@dataclass(frozen=True)
class _ScaleSearch:
    """The search at one time scale.

    Attributes:
        scale: the time scale.
        levels: (V, S, 7) the viewers' curves at this time scale; NaN also outside the film.
        scores: (V, S, 7) the viewers' scores.
        eligible: (S,) seconds that can be evidence.
        total: (S, 7) sum of the scores; −∞ where it cannot be evidence, or is too small to matter.
        least: smallest sum of scores that matters.
        blocks: (V,) block of each viewer.
        seed: random seed for the shifts.
    """

    scale: TimeScale
    levels: Float64Array
    scores: NDArray[np.float32]
    eligible: NDArray[np.bool_]
    total: Float64Array
    least: float
    blocks: NDArray[np.int64]
    seed: int

    @classmethod
    def prepare(
        cls,
        strength: Float64Array,
        seen: NDArray[np.bool_],
        in_film: NDArray[np.bool_],
        scale: TimeScale,
        blocks: NDArray[np.int64],
        seed: int,
    ) -> _ScaleSearch:
        eligible = eligible_seconds(seen, in_film, scale)
        if eligible.sum() < MIN_SECONDS:  # the film is too short for this time scale
            eligible = np.zeros_like(eligible)
        levels = level_curves(strength, scale)
        scores = reaction_scores(levels, scale)
        total = np.where(eligible[:, None], sum_over_viewers(scores), -np.inf)
        least = MIN_REACTING_SHARE * MAX_SCORE * usual_viewers(seen, in_film)
        total[total < least] = -np.inf
        levels_in_film = levels if in_film.all() else np.where(in_film[:, None], levels, np.nan)
        return cls(scale, levels_in_film, scores, eligible, total, least, blocks, seed)

    @property
    def reach(self) -> int:
        """Largest shift of the null model, in seconds."""
        return min(self.scale.reach, len(self.eligible) // 2)

    def null_maxima(self, found: NDArray[np.bool_]) -> Float64Array:
        """Compute the maxima of the shifted audiences, excluding the (S, 7) seconds that were already found.

        Sums that are too small to matter are set to −∞, as in `total`, so that emotions that are hardly ever
        shown do not reduce the power of the test for the others.
        """
        if not self.eligible.any():
            return np.full((N_SHIFTS, found.shape[1]), -np.inf)
        near = maximum_filter1d(found, 2 * self.scale.mean_seconds + 1, axis=0)
        scores = np.where(near, np.minimum(self.scores, 0), self.scores)
        rng = np.random.default_rng(self.seed)
        maxima = null_maxima(scores, self.eligible, self.reach, self.blocks, N_SHIFTS, rng)
        maxima[maxima < self.least] = -np.inf
        return maxima

    def candidates(self, p: Float64Array) -> list[_Candidate]:
        """Find the stretches that contain evidence, given (S, 7) adjusted p-values.

        A reaction that is already under way when the film starts is skipped, because the film did not cause
        it: people are settling in, or still smiling about something else.
        """
        seen = ~np.isnan(self.levels[:, :, 0])
        viewers_seen = seen.sum(axis=0)
        first_onset = int(np.argmax(seen.any(axis=0))) + MIN_SECONDS_BEFORE_ONSET
        found = []
        for column in range(p.shape[1]):
            curves, total = self.levels[:, :, column], self.total[:, column]
            remaining = (p[:, column] <= ALPHA) & np.isfinite(total)
            threshold = float(total[remaining].min(initial=np.inf))
            taken: list[tuple[int, int]] = []
            while remaining.any():
                peak = int(np.argmax(np.where(remaining, total, -np.inf)))
                reacting = int(reacting_viewers(curves, peak).sum())
                needed = max(MIN_REACTING_VIEWERS, MIN_REACTING_SHARE * viewers_seen[peak])
                remaining[peak] = False
                if reacting < needed:
                    continue
                start, stop = moment_bounds(curves, peak)
                remaining[start:stop] = False
                if start < first_onset:
                    continue
                if not any(start < b and a < stop for a, b in taken):
                    taken.append((start, stop))
                    size = float(total[peak]) / max(threshold, 1e-9)
                    found.append(_Candidate(self, column, (start, stop), peak, float(p[peak, column]), size))
        return found


def _describe(
    curves: Float64Array, candidates: list[_Candidate], blocks: NDArray[np.int64], seed: int
) -> list[SharedStretch]:
    described = [
        gather_evidence(
            curves[:, :, one.column],
            one.search.scores[:, :, one.column],
            one.bounds,
            one.peak,
            one.search.reach,
            blocks,
            seed,
        )
        for one in candidates
    ]
    return [
        SharedStretch(one.column, one.search.scale.name, *one.bounds, one.peak, one.p, evidence)
        for one, evidence in zip(candidates, described, strict=True)
        if evidence.reacting_share >= MIN_REACTING_SHARE
    ]


def _build_moments(
    strength: Float64Array, first_second: int, stretches: list[SharedStretch], seed: int
) -> tuple[Moment, ...]:
    ranks = resonance_rank_intervals([one.evidence for one in stretches], np.random.default_rng(seed))
    synchronies = [synchrony_at(strength, one.peak) for one in stretches]
    min_variance = pooled_variance(synchronies)
    return tuple(
        _build_moment(first_second, one, synchrony, min_variance, rank)
        for one, synchrony, rank in zip(stretches, synchronies, ranks, strict=True)
    )


def _build_moment(
    first_second: int,
    stretch: SharedStretch,
    synchrony: JackknifeEstimate,
    min_variance: float,
    rank_interval: tuple[int, int],
) -> Moment:
    evidence = stretch.evidence
    return Moment(
        start=float(first_second + stretch.start),
        end=float(first_second + stretch.stop),
        peak=float(first_second + stretch.peak),
        emotion=NON_NEUTRAL_EMOTIONS[stretch.column],
        kind=stretch.kind,
        strength=evidence.mean_strength,
        strength_interval=evidence.strength_interval,
        reacting_share=evidence.reacting_share,
        reacting_share_interval=evidence.reacting_share_interval,
        expected_share=evidence.expected_share,
        synchrony=synchrony.value,
        synchrony_interval=synchrony.interval(min_variance),
        viewers=int((~np.isnan(evidence.strength)).sum()),
        p_adjusted=stretch.p,
        leave_one_out=evidence.leave_one_out,
        replicability=evidence.replicability,
        resonance_interval=resonance_interval(evidence),
        rank_interval=rank_interval,
    )


def _drop_overlapping(candidates: list[_Candidate]) -> list[_Candidate]:
    """Drop the weaker of two candidates that describe the same reaction."""
    accepted: list[_Candidate] = []
    for one in sorted(candidates, key=lambda candidate: -candidate.size):
        if not any(_same_reaction(one, other) for other in accepted):
            accepted.append(one)
    return sorted(accepted, key=lambda candidate: candidate.bounds)


def _same_reaction(one: _Candidate, other: _Candidate) -> bool:
    """Whether two candidates describe the same reaction: the peak of either lies inside the other.

    Emotions on one face are not independent: a laugh lowers sadness and often raises surprise. One reaction
    should yield only one moment. However, a laugh within a sad mood that lasts more than twice as long is a
    separate reaction and does not end the mood.
    """
    (start, stop), (other_start, other_stop) = one.bounds, other.bounds
    if not (other_start <= one.peak < other_stop or start <= other.peak < stop):
        return False
    if one.column == other.column or one.search.scale == other.search.scale:
        return True
    shared = min(stop, other_stop) - max(start, other_start)
    return 2 * shared >= max(stop - start, other_stop - other_start)
