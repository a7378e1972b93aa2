"""Exact and near duplicates: perceptual hashes propose pairs, and pixel correlations confirm them.

Comparing the pixels of all pairs would take too long, so pairs are found in two steps:

1. A 64-bit difference hash (Krawetz, 2013) of each image's center is compared with the hashes of the other
   images' centers, each shifted by up to one pixel in each direction. A copy that was shifted by a pixel,
   brightened or recompressed has a hash close to the original's.
2. A candidate pair is a duplicate if its standardized pixels have a correlation of at least 0.9 at the best
   shift.
   Faces that merely look alike correlate less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from moviemotion.lab.progress import ProgressCallback, ignore_progress

MAX_HASH_DISTANCE = 8
"""Number of bits, out of 64, in which the hashes of a candidate pair may differ."""
MIN_DUPLICATE_CORRELATION = 0.9
"""Smallest pixel correlation of a duplicate; different photographs from one session almost reach it."""
WINDOW_MARGIN = 3
"""Width in pixels of the margin that is ignored at each edge, so that the window can be shifted."""
HASH_SHIFTS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
PIXEL_SHIFTS = tuple((dy, dx) for dy in range(-2, 3) for dx in range(-2, 3))
HASH_BATCH_SIZE = 64
PAIR_BATCH_SIZE = 512


@dataclass(frozen=True)
class DuplicatePair:
    """Two copies of one photograph.

    Attributes:
        first, second: positions in the array of images; `first` < `second`.
        correlation: correlation of the standardized pixels; 1 only if all pixels are equal.
    """

    first: int
    second: int
    correlation: float

    @property
    def exact(self) -> bool:
        """Whether all pixels are equal."""
        return self.correlation == 1.0


def duplicate_pairs(
    images: NDArray[np.uint8], on_progress: ProgressCallback = ignore_progress
) -> list[DuplicatePair]:
    """Find all pairs of images that show the same photograph, sorted by position.

    In a set of images with identical pixels, each image is paired only with the first one.

    Args:
        images: (n, 48, 48) uint8.
        on_progress: called with the number of hash-search shifts done and the total.
    """
    first_of: dict[bytes, int] = {}
    originals: list[int] = []
    pairs = []
    for index, image in enumerate(images):
        first = first_of.setdefault(image.tobytes(), index)
        if first == index:
            originals.append(index)
        else:
            pairs.append(DuplicatePair(first, index, 1.0))
    distinct = images[originals]
    candidates = np.array(sorted(set(_candidate_pairs(distinct, on_progress))), dtype=np.int64).reshape(-1, 2)
    for start in range(0, len(candidates), PAIR_BATCH_SIZE):
        part = candidates[start : start + PAIR_BATCH_SIZE]
        for (a, b), same in zip(
            part, max_shifted_correlation(distinct[part[:, 0]], distinct[part[:, 1]]), strict=True
        ):
            if same >= MIN_DUPLICATE_CORRELATION:
                pairs.append(DuplicatePair(originals[a], originals[b], min(float(same), 0.9999)))
    on_progress(len(HASH_SHIFTS), len(HASH_SHIFTS))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def duplicate_groups(n: int, pairs: list[DuplicatePair]) -> NDArray[np.int64]:
    """Group images that are linked by pairs, directly or through other images.

    Args:
        n: number of images.

    Returns:
        (n,) the group number of each image.
    """
    rows, columns = [p.first for p in pairs], [p.second for p in pairs]
    links = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)


def max_shifted_correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(k,) largest correlation of each of k image pairs over shifts of up to two pixels in each direction."""
    best = np.full(len(first), -1.0, dtype=np.float32)
    fixed = _standardized(_window(first, 0, 0))
    for dy, dx in PIXEL_SHIFTS:
        moved = _standardized(_window(second, dy, dx))
        best = np.maximum(best, np.einsum("kp,kp->k", fixed, moved) / fixed.shape[1])
    return best


def _candidate_pairs(images: NDArray[np.uint8], on_progress: ProgressCallback) -> Iterator[tuple[int, int]]:
    fixed = _hashes(images, 0, 0)
    for step, (dy, dx) in enumerate(HASH_SHIFTS):
        on_progress(step, len(HASH_SHIFTS))
        moved = fixed if (dy, dx) == (0, 0) else _hashes(images, dy, dx)
        for start in range(0, len(images), HASH_BATCH_SIZE):
            apart = np.bitwise_count(fixed[start : start + HASH_BATCH_SIZE, None] ^ moved[None, start:])
            rows, columns = np.divmod(np.flatnonzero(apart <= MAX_HASH_DISTANCE), apart.shape[1])
            later = columns > rows
            yield from zip((rows[later] + start).tolist(), (columns[later] + start).tolist(), strict=True)


def _hashes(images: NDArray[np.uint8], dy: int, dx: int) -> NDArray[np.uint64]:
    windows = _window(images, dy, dx)
    bits = [np.packbits(imagehash.dhash(Image.fromarray(window)).hash) for window in windows]
    return np.array(bits, dtype=np.uint8).reshape(-1, 8).view(np.uint64).ravel()


def _window(images: NDArray[np.uint8], dy: int, dx: int) -> NDArray[np.uint8]:
    """Crop the images to a window without margins, shifted by `dy` and `dx` pixels."""
    side = images.shape[1] - 2 * WINDOW_MARGIN
    top, left = WINDOW_MARGIN + dy, WINDOW_MARGIN + dx
    return images[:, top : top + side, left : left + side]


def _standardized(windows: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = windows.reshape(len(windows), -1).astype(np.float32)
    x -= x.mean(axis=1, keepdims=True)
    return x / (x.std(axis=1, keepdims=True) + 1)  # plus 1: uniform images have zero deviation
