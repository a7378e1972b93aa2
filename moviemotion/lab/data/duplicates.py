"""Exact and near duplicates: perceptual hashes propose pairs, the pixels decide.

A difference hash (Krawetz, 2013) of the picture's middle is compared with hashes of the same window
moved by a pixel each way, so that a copy shifted by one pixel, brightened or compressed again still
meets its original. A pair counts as a duplicate when, at its best shift, the standardised pixels
correlate: faces that merely look alike do not come near.
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

MAX_HASH_DISTANCE = 8
"""Of 64 bits."""
MIN_DUPLICATE_CORRELATION = 0.9
"""Correlation of the pixels: below, different photographs of one sitting begin."""
WINDOW_MARGIN = 3
HASH_SHIFTS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
PIXEL_SHIFTS = tuple((dy, dx) for dy in range(-2, 3) for dx in range(-2, 3))
HASH_BATCH_SIZE = 64
PAIR_BATCH_SIZE = 512


@dataclass(frozen=True)
class DuplicatePair:
    """Two pictures that are one: their places in the array, `first` < `second`, and their correlation."""

    first: int
    second: int
    correlation: float

    @property
    def exact(self) -> bool:
        """Whether every pixel is equal."""
        return self.correlation == 1.0


def duplicate_pairs(images: NDArray[np.uint8]) -> list[DuplicatePair]:
    """All pairs of (n, 48, 48) uint8 pictures that show the same photograph, in order.

    Of a set of equal pictures, each is paired with the first; `correlation` is 1 only for equal pixels.
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
    candidates = np.array(sorted(set(_candidate_pairs(distinct))), dtype=np.int64).reshape(-1, 2)
    for start in range(0, len(candidates), PAIR_BATCH_SIZE):
        part = candidates[start : start + PAIR_BATCH_SIZE]
        for (a, b), same in zip(
            part, max_shifted_correlation(distinct[part[:, 0]], distinct[part[:, 1]]), strict=True
        ):
            if same >= MIN_DUPLICATE_CORRELATION:
                pairs.append(DuplicatePair(originals[a], originals[b], min(float(same), 0.9999)))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def duplicate_groups(n: int, pairs: list[DuplicatePair]) -> NDArray[np.int64]:
    """(n,) the group of each picture: pictures that are linked by pairs share one."""
    rows, columns = [p.first for p in pairs], [p.second for p in pairs]
    links = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)


def max_shifted_correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(k,) largest correlation of k pairs of pictures over shifts of up to two pixels each way."""
    best = np.full(len(first), -1.0, dtype=np.float32)
    fixed = _standardized(_window(first, 0, 0))
    for dy, dx in PIXEL_SHIFTS:
        moved = _standardized(_window(second, dy, dx))
        best = np.maximum(best, np.einsum("kp,kp->k", fixed, moved) / fixed.shape[1])
    return best


def _candidate_pairs(images: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    fixed = _hashes(images, 0, 0)
    for dy, dx in HASH_SHIFTS:
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
    """The pictures less a margin, seen through a window moved by `dy` and `dx` px."""
    side = images.shape[1] - 2 * WINDOW_MARGIN
    top, left = WINDOW_MARGIN + dy, WINDOW_MARGIN + dx
    return images[:, top : top + side, left : left + side]


def _standardized(windows: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = windows.reshape(len(windows), -1).astype(np.float32)
    x -= x.mean(axis=1, keepdims=True)
    return x / (x.std(axis=1, keepdims=True) + 1)
