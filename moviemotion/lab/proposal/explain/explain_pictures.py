"""Arrays → PNG pictures that live inside the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from moviemotion._io.html_shell import data_uri
from moviemotion.lab.proposal.explain.network_inspection import Sample, as_input
from moviemotion.lab.proposal.explain.translation import shifted

TILE, GAP = 64, 6
SMALL = 16
HEAT = ((16, 18, 40), (96, 22, 106), (196, 62, 80), (246, 146, 50), (252, 240, 170))
SHOWN_SHIFTS = (0, 2, 4, 8, 12)


def grey_tiles(tiles: Sequence[NDArray[np.floating]] | NDArray[np.uint8]) -> Markup:
    """(k, side, side) grey 0–255 → one row of pictures; what is below 0 is left clear."""
    return _row([_grey(np.asarray(tile, dtype=np.float32)) for tile in tiles])


def heat_tiles(maps: NDArray[np.float32]) -> Markup:
    """(k, side, side) activations, 0 or more → one row, dark for 0 to light for the largest of all."""
    scaled = maps / max(float(maps.max()), 1e-12)
    stops = np.linspace(0, 1, len(HEAT))
    coloured = np.stack([np.interp(scaled, stops, [c[k] for c in HEAT]) for k in range(3)], axis=-1)
    solid = np.concatenate([coloured, np.full((*maps.shape, 1), 255.0)], axis=-1)
    return _row(list(solid))


def shifted_face(sample: Sample, index: int) -> Markup:
    """One face moved to the right by each of `SHOWN_SHIFTS` px, as the measurement moves it."""
    face = as_input(sample.images[index : index + 1])
    return grey_tiles([shifted(face, 0, pixels)[0, 0].numpy() for pixels in SHOWN_SHIFTS])


def _grey(tile: NDArray[np.float32]) -> NDArray[np.float64]:
    clear = tile < 0
    shade = np.clip(tile, 0, 255)
    return np.dstack([shade, shade, shade, np.where(clear, 0, 255)]).astype(np.float64)


def _row(tiles: Sequence[NDArray[np.floating]]) -> Markup:
    """RGBA tiles, enlarged to `TILE` px, side by side as a data URI."""
    row = Image.new("RGBA", (len(tiles) * (TILE + GAP) - GAP, TILE), (0, 0, 0, 0))
    for k, tile in enumerate(tiles):
        # Few pixels are shown as the squares that they are; many read better smooth.
        how = Image.Resampling.NEAREST if len(tile) <= SMALL else Image.Resampling.BICUBIC
        picture = Image.fromarray(np.rint(tile).astype(np.uint8), "RGBA").resize((TILE, TILE), how)
        row.paste(picture, (k * (TILE + GAP), 0))
    return data_uri(row)
