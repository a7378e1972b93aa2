"""Per-viewer operations on samples: rename viewers, and find or remove one viewer's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.samples import Samples

SAMPLE_COLUMNS = (
    "viewer",
    "time",
    "box",
    "detection",
    "emotions",
    "weight",
    "rejection_reason",
    "brightness",
    "pose",
    "displacement",
)
"""The attributes of `Samples` with one row per sample."""
SWITCH_UNCERTAINTY = 10.0
"""Seconds before the time of an identity switch during which a sample may belong to either viewer."""


def rename_viewers(samples: Samples, names: Mapping[int, str]) -> Samples:
    """Return the samples of some viewers under new names, in the order of `names`.

    Face boxes are removed because they reveal the seat and are no longer needed.

    Args:
        samples: the samples of one camera.
        names: index into `samples.viewers` → new name; other viewers are removed.
    """
    order = sorted(names, key=names.__getitem__)
    number = np.full(len(samples.viewers), -1, np.int16)
    number[order] = np.arange(len(order))
    selected = _select_rows(samples, number[samples.viewer] >= 0)
    return replace(
        selected,
        viewers=tuple(names[index] for index in order),
        viewer=number[selected.viewer],
        box=np.full_like(selected.box, np.nan),
        identity_switches=tuple(
            replace(exchange, first=int(number[exchange.first]), second=int(number[exchange.second]))
            for exchange in samples.identity_switches
            if number[exchange.first] >= 0 and number[exchange.second] >= 0
        ),
        viewer_changes=tuple(
            replace(change, before=int(number[change.before]) if change.before >= 0 else -1, after=after)
            for change in samples.viewer_changes
            if (after := int(number[change.after])) >= 0 and (change.before < 0 or number[change.before] >= 0)
        ),
        still_faces=(),
    )


def viewer_rows(samples: Samples, viewer: int) -> NDArray[np.bool_]:
    """Select the samples that belong, or may belong, to a viewer.

    Near an identity switch, a sample may belong to either viewer; such samples are included.

    Returns:
        A mask of shape (n,).
    """
    mine: NDArray[np.bool_] = samples.viewer_of_sample() == viewer
    for exchange in samples.identity_switches:
        if viewer in (exchange.first, exchange.second):
            near = (samples.time > exchange.time - SWITCH_UNCERTAINTY) & (samples.time <= exchange.time)
            mine |= near & np.isin(samples.viewer, (exchange.first, exchange.second))
    return mine


def without_viewer(samples: Samples, viewer: int) -> Samples:
    """Return the samples of all other viewers."""
    if any(
        not exchange.followed and viewer in (exchange.first, exchange.second)
        for exchange in samples.identity_switches
    ):
        # After an identity switch, samples from this viewer's seat belong to the other viewer.
        others = replace(_select_rows(samples, ~viewer_rows(samples, viewer)), identity_switches=())
        others = replace(others, viewer=samples.viewer_of_sample()[~viewer_rows(samples, viewer)])
    else:
        others = _select_rows(samples, ~viewer_rows(samples, viewer))
    names = {index: name for index, name in enumerate(samples.viewers) if index != viewer}
    return replace(rename_viewers(others, names), box=others.box)


def _select_rows(samples: Samples, rows: NDArray[np.bool_]) -> Samples:
    return replace(samples, **{name: getattr(samples, name)[rows] for name in SAMPLE_COLUMNS})
