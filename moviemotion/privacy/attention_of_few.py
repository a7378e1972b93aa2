"""The attention of an audience without anything that describes fewer than five viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.attention import Attention, AttentionDrop
from moviemotion.analysis.moments.evidence import MIN_REACTING_TIME
from moviemotion.analysis.signals.attention_states import NOT_SEEN, SCREEN
from moviemotion.privacy.contributors import is_count_of_few
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE

DROPS_WITHHELD = (
    "Viewers looked elsewhere together more than the same viewers would out of step. Drops in which fewer "
    "than five viewers did, and walk-outs, are shown only to the researcher."
)


def attention_for_all(
    attention: Attention, others: Sequence[NDArray[np.int8]] = (), first_second: int = 0
) -> Attention:
    """Reduce the attention to what roles other than the researcher may see.

    A second in which fewer than five viewers look elsewhere describes them, and so does one in which fewer
    than five face the screen. A walk-out describes one viewer.

    Args:
        attention: the attention of an audience, or of a part of it.
        others: (V, S) states of each group of other viewers whose values follow from those that are shown.
        first_second: film second of the first column of the states.
    """
    facing = attention.viewers_by_state[:, SCREEN]
    hidden = (
        (attention.known < MIN_GROUP_SIZE)
        | is_count_of_few(facing)
        | is_count_of_few(attention.known - facing)
    )
    for states in others:
        facing_too = (states == SCREEN).sum(axis=0)
        hidden |= is_count_of_few(facing_too) | is_count_of_few((states != NOT_SEEN).sum(axis=0) - facing_too)
    drops = tuple(
        replace(drop, expected_share=float("nan"))
        for drop in attention.drops
        if not _is_of_few(drop)
        and not any(_looked_elsewhere_as_few(states, first_second, drop) for states in others)
    )
    return replace(
        attention,
        known=np.where(hidden, 0, attention.known),
        viewers_by_state=np.full_like(attention.viewers_by_state, np.nan),
        share=np.where(hidden, np.nan, attention.share),
        share_interval=np.where(hidden, np.nan, attention.share_interval),
        viewer_shares=attention.viewer_shares[:0],
        drops=drops,
        conclusion=DROPS_WITHHELD if attention.drops else attention.conclusion,
        walk_outs=(),
    )


def _is_of_few(drop: AttentionDrop) -> bool:
    facing = drop.viewers - drop.elsewhere
    return drop.elsewhere < MIN_GROUP_SIZE or bool(is_count_of_few(facing))


def _looked_elsewhere_as_few(states: NDArray[np.int8], first_second: int, drop: AttentionDrop) -> bool:
    """Whether a drop would describe fewer than five of some other viewers."""
    during = states[:, int(drop.start) - first_second : int(drop.end) - first_second]
    known = (during != NOT_SEEN).sum(axis=1)
    elsewhere = (known > 0) & (known - (during == SCREEN).sum(axis=1) >= MIN_REACTING_TIME * known)
    return bool(is_count_of_few(elsewhere.sum()) or is_count_of_few((known > 0).sum() - elsewhere.sum()))
