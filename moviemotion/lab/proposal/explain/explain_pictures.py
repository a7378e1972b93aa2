"""Turn arrays into PNG images for the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from moviemotion._io.html_shell import png_data_uri
from moviemotion.lab.proposal.explain.network_inspection import FaceSample, to_input_tensor
from moviemotion.lab.proposal.explain.translation import shift_images

TILE_SIZE, TILE_GAP = 64, 6
UNSMOOTHED_MAX_SIZE = 16
HEAT_COLORS = ((16, 18, 40), (96, 22, 106), (196, 62, 80), (246, 146, 50), (252, 240, 170))
DISPLAYED_SHIFTS = (0, 2, 4, 8, 12)


def gray_tiles(tiles: Sequence[NDArray[np.floating]] | NDArray[np.uint8]) -> Markup:
    """Show (k, side, side) gray values 0–255 as one row of images; values below 0 are transparent."""
    return _tile_row([_to_rgba(np.asarray(tile, dtype=np.float32)) for tile in tiles])


def heat_tiles(maps: NDArray[np.float32]) -> Markup:
    """Show (k, side, side) activations as one row, from dark (0) to light (the largest value)."""
    scaled = maps / max(float(maps.max()), 1e-12)
    stops = np.linspace(0, 1, len(HEAT_COLORS))
    colored = np.stack([np.interp(scaled, stops, [c[k] for c in HEAT_COLORS]) for k in range(3)], axis=-1)
    solid = np.concatenate([colored, np.full((*maps.shape, 1), 255.0)], axis=-1)
    return _tile_row(list(solid))


def shifted_face(sample: FaceSample, index: int) -> Markup:
    """Show one face moved to the right by each of `DISPLAYED_SHIFTS` pixels, as in the measurement."""
    face = to_input_tensor(sample.images[index : index + 1])
    return gray_tiles([shift_images(face, 0, pixels)[0, 0].numpy() for pixels in DISPLAYED_SHIFTS])


def _to_rgba(tile: NDArray[np.float32]) -> NDArray[np.float64]:
    clear = tile < 0
    shade = np.clip(tile, 0, 255)
    return np.dstack([shade, shade, shade, np.where(clear, 0, 255)]).astype(np.float64)


def _tile_row(tiles: Sequence[NDArray[np.floating]]) -> Markup:
    """Enlarge RGBA tiles to `TILE_SIZE` pixels and join them in a row, as a data URI."""
    row = Image.new("RGBA", (len(tiles) * (TILE_SIZE + TILE_GAP) - TILE_GAP, TILE_SIZE), (0, 0, 0, 0))
    for k, tile in enumerate(tiles):
        # Small tiles keep visible square pixels; larger tiles are clearer when smoothed.
        how = Image.Resampling.NEAREST if len(tile) <= UNSMOOTHED_MAX_SIZE else Image.Resampling.BICUBIC
        image = Image.fromarray(np.rint(tile).astype(np.uint8), "RGBA").resize((TILE_SIZE, TILE_SIZE), how)
        row.paste(image, (k * (TILE_SIZE + TILE_GAP), 0))
    return png_data_uri(row)
