"""The attention of an audience: the share that faces the screen, its drops, and the walk-outs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import SharedStretch, find_shared_stretches
from moviemotion.analysis.signals.attention_states import KNOWN_STATES, NOT_SEEN, OUT, SCREEN
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.statistics import Float64Array, wilson_interval


@dataclass(frozen=True)
class AttentionDrop:
    """A stretch in which viewers looked elsewhere together more than chance would explain.

    Attributes:
        start, end: film time in seconds by which half of these viewers had looked away, and by which half of
            them were back; the end is exclusive.
        peak: film second in which most looked elsewhere.
        elsewhere_share: share of the viewers whose state is known who looked elsewhere for a third of it.
        elsewhere_share_interval: 95 % Wilson interval of `elsewhere_share`.
        expected_share: share who look elsewhere in comparable seconds around the drop; NaN if unknown.
        viewers: number of viewers whose state is known.
        p_adjusted: p-value adjusted for all seconds and both time scales.
    """

    start: float
    end: float
    peak: float
    elsewhere_share: float
    elsewhere_share_interval: tuple[float, float]
    expected_share: float
    viewers: int
    p_adjusted: float

    @property
    def elsewhere(self) -> int:
        """Number of viewers who looked elsewhere, of the `viewers` whose state is known."""
        return round(self.elsewhere_share * self.viewers)


@dataclass(frozen=True)
class WalkOut:
    """A viewer who left the seat while the film was running.

    Attributes:
        viewer: the viewer.
        left: film time at which the viewer left the seat, in seconds.
        returned: film time at which the viewer was seen again; NaN if the viewer did not come back.
    """

    viewer: str
    left: float
    returned: float


@dataclass(frozen=True)
class Attention:
    """The attention of an audience, second by second.

    Attributes:
        known: (S,) int, number of viewers whose state is known.
        viewers_by_state: (S, 5) number of viewers in each of `KNOWN_STATES`; NaN if withheld.
        share: (S,) share of the known viewers who face the screen, 0–1; NaN if nobody's state is known.
        share_interval: (2, S) 95 % Wilson interval of `share`.
        viewer_shares: (V,) fraction of the known seconds of the film in which each viewer faced the screen;
            NaN if none is known.
        drops: the drops, in chronological order.
        conclusion: a human-readable statement of what was found, or why nothing can be concluded.
        conclusive: false if too little was seen to conclude anything.
        walk_outs: the walk-outs, in chronological order.
    """

    known: NDArray[np.int64]
    viewers_by_state: Float64Array
    share: Float64Array
    share_interval: Float64Array
    viewer_shares: Float64Array
    drops: tuple[AttentionDrop, ...]
    conclusion: str
    conclusive: bool
    walk_outs: tuple[WalkOut, ...]

    @property
    def is_measured(self) -> bool:
        """Whether the attention of any viewer is known in any second."""
        return bool(self.known.any())


NOT_MEASURED = (
    "Attention was not measured: the samples do not say in which direction heads were turned. Screen the "
    "recordings again to measure it."
)


def measure_attention(
    timeline: Timeline,
    seed: int,
    in_film: NDArray[np.bool_],
    seat_blocks: NDArray[np.int64] | None = None,
    audiences: int = 1,
) -> Attention:
    """Measure the attention of an audience, and search for drops as for moments (`find_shared_stretches`).

    Args:
        timeline: the timeline, with the states of its viewers.
        seed: random seed for the null model.
        in_film: (S,) whether the film was running.
        seat_blocks: (V,) each viewer's block of neighbors; None without a seat map.
        audiences: number of audiences that are reported together; see `find_moments`.
    """
    states = timeline.attention
    if states is None:
        states = np.full(timeline.sample_counts.shape, NOT_SEEN, np.int8)
    counts = np.stack([(states == code).sum(axis=0) for code in range(len(KNOWN_STATES))], axis=1)
    known, facing = counts.sum(axis=1), counts[:, SCREEN]
    elsewhere = np.where(states == NOT_SEEN, np.nan, states != SCREEN)
    drops, reason = find_shared_stretches(elsewhere[:, :, None], seed, in_film, seat_blocks, audiences)
    seen_in_film = ((states != NOT_SEEN) & in_film).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = facing / known
        viewer_shares = ((states == SCREEN) & in_film).sum(axis=1) / seen_in_film
    return Attention(
        known=known,
        viewers_by_state=counts.astype(np.float64),
        share=share,
        share_interval=np.stack(wilson_interval(facing, known)),
        viewer_shares=viewer_shares,
        drops=tuple(_drop(timeline.start, stretch) for stretch in drops),
        conclusion=_conclusion(len(drops), reason) if known.any() else NOT_MEASURED,
        conclusive=not reason,
        walk_outs=_walk_outs(timeline, states, in_film),
    )


def _conclusion(drops: int, reason: str) -> str:
    if reason:
        return f"{reason} Nothing can be concluded about drops of attention."
    if not drops:
        return (
            "No drop of attention was found: the viewers did not look elsewhere together more than they "
            "would out of step. That does not prove that it never fell."
        )
    found = "1 drop of attention was" if drops == 1 else f"{drops} drops of attention were"
    return f"{found} found: viewers looked elsewhere together more than the same viewers would out of step."


def _drop(first_second: int, stretch: SharedStretch) -> AttentionDrop:
    return AttentionDrop(
        start=float(first_second + stretch.start),
        end=float(first_second + stretch.stop),
        peak=float(first_second + stretch.peak),
        elsewhere_share=stretch.evidence.reacting_share,
        elsewhere_share_interval=stretch.evidence.reacting_share_interval,
        expected_share=stretch.evidence.expected_share,
        viewers=int((~np.isnan(stretch.evidence.strength)).sum()),
        p_adjusted=stretch.p,
    )


def _walk_outs(
    timeline: Timeline, states: NDArray[np.int8], in_film: NDArray[np.bool_]
) -> tuple[WalkOut, ...]:
    found = []
    for viewer, of_viewer in zip(timeline.viewers, states, strict=True):
        edges = np.flatnonzero(np.diff((of_viewer == OUT).astype(np.int8), prepend=0, append=0))
        for start, stop in edges.reshape(-1, 2).tolist():
            later = of_viewer[stop:]
            came_back = bool((later != NOT_SEEN).any())
            returned = float(timeline.start + stop) if came_back else float("nan")
            if in_film[start]:
                found.append(WalkOut(viewer, float(timeline.start + start), returned))
    return tuple(sorted(found, key=lambda walk_out: walk_out.left))
