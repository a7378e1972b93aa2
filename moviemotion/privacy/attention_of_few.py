"""The attention of an audience without anything that describes fewer than five viewers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from moviemotion.analysis.attention import Attention, AttentionDrop
from moviemotion.analysis.signals.attention_states import SCREEN
from moviemotion.privacy.contributors import is_count_of_few
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE

DROPS_WITHHELD = (
    "Viewers looked elsewhere together more than the same viewers would out of step. Drops in which fewer "
    "than five viewers did, and walk-outs, are shown only to the researcher."
)


def attention_for_all(attention: Attention) -> Attention:
    """Reduce the attention to what roles other than the researcher may see.

    A second in which fewer than five viewers look elsewhere describes them, and so does one in which fewer
    than five face the screen. A walk-out describes one viewer.
    """
    facing = attention.viewers_by_state[:, SCREEN]
    hidden = (
        (attention.known < MIN_GROUP_SIZE)
        | is_count_of_few(facing)
        | is_count_of_few(attention.known - facing)
    )
    return replace(
        attention,
        known=np.where(hidden, 0, attention.known),
        viewers_by_state=np.full_like(attention.viewers_by_state, np.nan),
        share=np.where(hidden, np.nan, attention.share),
        share_interval=np.where(hidden, np.nan, attention.share_interval),
        viewer_shares=attention.viewer_shares[:0],
        drops=tuple(replace(d, expected_share=float("nan")) for d in attention.drops if not _is_of_few(d)),
        conclusion=DROPS_WITHHELD if attention.drops else attention.conclusion,
        walk_outs=(),
    )


def _is_of_few(drop: AttentionDrop) -> bool:
    facing = drop.viewers - drop.elsewhere
    return drop.elsewhere < MIN_GROUP_SIZE or bool(is_count_of_few(facing))
