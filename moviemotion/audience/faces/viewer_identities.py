"""Decide which tracks of one camera show the same viewer, so that no viewer silently becomes another.

Tracks follow faces by position. Position says nothing about who sits down in an empty seat, who is shown
after a cut, or whose tile is where when a meeting's gallery is re-laid. At such boundaries, the appearance
*around* the face is compared: the colors of hair and clothes, relative to the brightness of the face. Faces
themselves are not compared, and nothing of this is ever written to disk.

- After an absence, or a cut within one tile, a viewer is still the same unless hair and clothes differ.
- After a cut of the complete picture, a viewer is the same only if hair and clothes clearly agree, and better
  than with anyone else's.
- Otherwise the viewer is split: what follows counts as another viewer, and the change is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from moviemotion.audience.faces.detect import FaceBox, crop_square
from moviemotion.audience.faces.identity_switches import (
    IdentitySwitch,
    clothing_histogram,
    color_histogram,
    hellinger_distance,
)
from moviemotion.audience.faces.picture_faces import TrackPart
from moviemotion.audience.faces.tracking import ViewerTracker, needed_samples

DIFFERENT = 0.35
"""Distance of hair and clothes, 0 to 1, above which two stretches show different people. In clips of real
people, one person's distance over 50 s reaches 0.27, and that of two people is at least 0.29, usually 0.5."""
CERTAINLY_DIFFERENT = 0.45
"""Distance above which somebody who appears after a cut is known to be somebody else."""
SAME = 0.25
"""Distance below which two stretches show the same person, wherever that person sits. In clips of real
people, one person's distance across a cut is at most 0.21, also with another framing or light."""
MIN_MARGIN = 0.08
"""How much farther the second most similar person must be."""
MIN_TILES, GALLERY_MARGIN = 3, 0.12
"""If at least this many faces are seen before and after a cut, it may be a gallery that is re-laid. A person
is then the same up to `DIFFERENT` if this much nearer than any other."""
ABSENCE_SECONDS = 2.0
"""Seconds without a face after which another person may have sat down."""
MAX_SECONDS_IN_COMMON = 0.5
"""Seconds for which two people may be seen at once and still be one person, at a boundary."""
LOCAL_CUT_CORRELATION = 0.3
"""Correlation of a face's surroundings with the frame before, below which the person may have changed."""
SAME_PICTURE_CORRELATION = 0.85
"""The same, if all colors have changed as well; above, only the light has changed."""
COMPARED_SECONDS = 3.0
"""Seconds at the start of a stretch whose mean appearance is compared; time constant of the current one."""
MIN_APPEARANCES = 3
"""Smallest number of measured appearances from which a stretch can be compared."""
SWITCH_SECONDS = 15.0
"""Seconds within which an exchange of seats explains that a viewer looks different."""
_PATCH = 12

Float = NDArray[np.float64]


@dataclass(frozen=True)
class ViewerChange:
    """A point from which a seat, a tile or a face in a cut recording counts as another viewer.

    Attributes:
        time: film time in seconds.
        before: index of the viewer who was there before; -1 after a cut, when nobody was in particular.
        after: index of the viewer from then on.
        certain: whether hair and clothes show that `after` is somebody else; otherwise, that is not known.
    """

    time: float
    before: int
    after: int
    certain: bool = True


@dataclass(frozen=True)
class StillFace:
    """A face that is only a picture.

    Attributes:
        start, end: film time in seconds at which it was first and last seen.
        box: left, top, right and bottom in pixels when it was last seen.
    """

    start: float
    end: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class _Appearance:
    """Colors around a face: histograms that sum to 1, or None where the frame does not show that part."""

    clothes: Float | None
    hair: Float | None


@dataclass
class _Mean:
    """A running mean of histograms, which forgets with a time constant once it has enough."""

    value: Float | None = None
    count: int = 0

    def add(self, value: Float | None, weight: float) -> None:
        if value is None:
            return
        self.count += 1
        share = max(weight, 1 / self.count)
        self.value = value if self.value is None else self.value + share * (value - self.value)

    def ready(self) -> Float | None:
        return self.value if self.count >= MIN_APPEARANCES else None


@dataclass
class _Stretch:
    """A stretch of a track within which the person cannot have changed.

    Attributes:
        start, end: film time in seconds.
        first, last: the face boxes at its start and its end.
        samples: number of frames.
        initial, current: mean clothes and hair at the start, and at present.
    """

    track: int
    start: float
    end: float
    first: FaceBox
    last: FaceBox
    samples: int = 0
    initial: tuple[_Mean, _Mean] = field(default_factory=lambda: (_Mean(), _Mean()))
    current: tuple[_Mean, _Mean] = field(default_factory=lambda: (_Mean(), _Mean()))

    def part(self) -> TrackPart:
        return TrackPart(self.track, self.start, self.end)

    def appearance(self, at_start: bool) -> _Appearance:
        clothes, hair = self.initial if at_start else self.current
        return _Appearance(clothes.ready(), hair.ready())


@dataclass(frozen=True)
class Identities:
    """The viewers of one camera.

    Attributes:
        viewers: number of viewers, who are numbered from left to right.
        changes: where one viewer follows another.
        switches: the exchanges of seats between viewers.
        still_faces: the faces that are only pictures, and are no viewers.
    """

    viewers: int
    changes: tuple[ViewerChange, ...]
    switches: tuple[IdentitySwitch, ...]
    still_faces: tuple[StillFace, ...]
    _owners: Mapping[int, tuple[Float, NDArray[np.int64]]]

    def viewer_of(self, tracks: NDArray[np.int64], times: Float) -> NDArray[np.int64]:
        """The viewer that each of n tracks shows at a film time, (n,); -1 if it is not a viewer."""
        return _owner(self._owners, tracks, times)


def _owner(
    owners: Mapping[int, tuple[Float, NDArray[np.int64]]], tracks: NDArray[np.int64], times: Float
) -> NDArray[np.int64]:
    result = np.full(len(tracks), -1)
    for track, (starts, owner) in owners.items():
        rows = np.flatnonzero(tracks == track)
        result[rows] = owner[np.maximum(np.searchsorted(starts, times[rows], side="right") - 1, 0)]
    return result


class AppearanceLog:
    """Records, with constant memory per stretch, what the surroundings of each tracked face look like."""

    def __init__(self) -> None:
        self._stretches: dict[int, list[_Stretch]] = {}
        self._before: dict[int, tuple[float, FaceBox, Float, _Appearance]] = {}

    def convert(self, zoom: tuple[float, float], shift: tuple[float, float]) -> None:
        """Convert positions after the camera was moved or the picture resized."""
        for stretches in self._stretches.values():
            stretches[-1].last = stretches[-1].last.converted(zoom, shift)
        self._before.clear()

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Add one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: the faces in the frame.
            tracks: the track of each face.
        """
        for face, track in zip(faces, tracks, strict=True):
            stretches = self._stretches.setdefault(track, [])
            look = (clothing_histogram(image, face), hair_histogram(image, face))
            cut = self._is_cut(track, time, image, _Appearance(*look))
            self._before[track] = time, face, _surroundings(image, face), _Appearance(*look)
            if not stretches or cut or time - stretches[-1].end >= ABSENCE_SECONDS:
                stretches.append(_Stretch(track, time, time, face, face))
            now = stretches[-1]
            now.samples += 1
            weight = float(1 - np.exp(-min(time - now.end, COMPARED_SECONDS) / COMPARED_SECONDS))
            for k, value in enumerate(look):
                now.current[k].add(value, weight)
                if time - now.start < COMPARED_SECONDS:
                    now.initial[k].add(value, 0.0)
            now.end, now.last = time, face

    def _is_cut(self, track: int, time: float, image: NDArray[np.uint8], appearance: _Appearance) -> bool:
        """Whether what surrounds a face has changed completely since the frame before."""
        if track not in self._before:
            return False
        time_before, face, before, appearance_before = self._before[track]
        if time - time_before >= ABSENCE_SECONDS:
            return False
        jump = _distance(appearance_before, appearance)
        a, b = before - before.mean(), _surroundings(image, face)
        b = b - b.mean()
        correlation = float((a * b).sum()) / float(np.sqrt(max((a * a).sum() * (b * b).sum(), 1e-9)))
        if jump is None or jump <= DIFFERENT:
            return correlation < LOCAL_CUT_CORRELATION
        return correlation < SAME_PICTURE_CORRELATION

    def resolve(
        self,
        tracker: ViewerTracker,
        switches: Sequence[IdentitySwitch],
        frames: int,
        rate: float,
        is_picture: Callable[[Sequence[TrackPart]], bool],
    ) -> Identities:
        """Decide who the viewers are, once all frames have been added.

        Args:
            tracker: the tracker that assigned the tracks.
            switches: exchanges of seats between two tracks.
            frames: number of sampled frames.
            rate: sampled frames per second.
            is_picture: whether parts of tracks, all of one person, show only a picture.
        """
        people: list[list[_Stretch]] = []
        changes: list[tuple[float, int, int, bool]] = []
        for epoch in range(tracker.epochs):
            seats = [_occupants(chain, switches) for chain in self._chains(tracker, epoch)]
            person_of: dict[int, int] = {}
            # Those who sat down first are assigned first, because those who follow may be one of them.
            for arrivals in ([seat[0] for seat in seats], [one for seat in seats for one in seat[1:]]):
                is_start = epoch == 0 and arrivals and arrivals[0] is seats[0][0]
                known, doubtful = ({}, set()) if is_start else _known_people(people, arrivals)
                for index, arrival in enumerate(arrivals):
                    person = known.get(index, len(people))
                    if person == len(people):
                        people.append([])
                        if epoch and not any(arrival is one for seat in seats for one in seat[1:]):
                            changes.append((arrival[0].start, -1, person, index not in doubtful))
                    people[person] = sorted(people[person] + arrival, key=lambda s: s.start)
                    person_of[id(arrival)] = person
            for seat in seats:
                here = sorted((s.start, person_of[id(one)]) for one in seat for s in one)
                changes += [(t, a, b, True) for (_, a), (t, b) in pairwise(here) if a != b]
        needed = needed_samples(frames, rate)
        seen = [person for person in people if 0 < needed <= sum(s.samples for s in person)]
        pictures = [person for person in seen if is_picture([s.part() for s in person])]
        viewers = [person for person in seen if person not in pictures]
        viewers.sort(key=lambda person: (tracker.tracks[person[0].track].mean_x(), person[0].start))
        return _identities(people, viewers, pictures, changes, switches)

    def _chains(self, tracker: ViewerTracker, epoch: int) -> list[list[_Stretch]]:
        """The stretches at each seat between two cuts, in order of time.

        If the camera shows a single seat, all tracks belong to it, however far the face jumps.
        """
        tracks = [t for t in sorted(self._stretches) if tracker.tracks[t].epoch == epoch]
        if tracks and tracker.shows_single_seat(epoch):
            return [sorted((s for t in tracks for s in self._stretches[t]), key=lambda s: s.start)]
        return [self._stretches[t] for t in tracks]


def _identities(
    people: list[list[_Stretch]],
    viewers: list[list[_Stretch]],
    pictures: list[list[_Stretch]],
    changes: list[tuple[float, int, int, bool]],
    switches: Sequence[IdentitySwitch],
) -> Identities:
    """Number the viewers, and translate changes and switches into these numbers."""
    numbers = {id(person): viewer for viewer, person in enumerate(viewers)}
    number = [numbers.get(id(person), -1) for person in people]
    of_track: dict[int, list[tuple[float, int]]] = {}
    for person, viewer in zip(people, number, strict=True):
        for stretch in person:
            of_track.setdefault(stretch.track, []).append((stretch.start, viewer))
    owners = {}
    for track, items in of_track.items():
        starts, owner = zip(*sorted(items), strict=True)
        owners[track] = np.array(starts), np.array(owner)
    remaining = []
    for switch in switches:
        both = np.array([switch.first, switch.second])
        first, second = (int(v) for v in _owner(owners, both, np.full(2, switch.time)))
        if min(first, second) >= 0 and first != second:
            remaining.append(IdentitySwitch(switch.time, first, second, switch.followed))
    return Identities(
        viewers=len(viewers),
        changes=tuple(
            ViewerChange(time, number[before] if before >= 0 else -1, number[after], certain)
            for time, before, after, certain in sorted(changes)
            if number[after] >= 0 and (before < 0 or number[before] >= 0)
        ),
        switches=tuple(remaining),
        still_faces=tuple(
            StillFace(person[0].start, person[-1].end, person[-1].last.sides) for person in pictures
        ),
        _owners=owners,
    )


def _occupants(chain: Sequence[_Stretch], switches: Sequence[IdentitySwitch]) -> list[list[_Stretch]]:
    """Divide the stretches at one seat among the people who sat there; usually one person."""
    people = [[chain[0]]]
    here = people[0]
    for stretch in chain[1:]:
        now, before = stretch.appearance(at_start=True), _latest(here)
        distance = _distance(before, now)
        exchanged = any(
            not switch.followed
            and stretch.track in (switch.first, switch.second)
            and -ABSENCE_SECONDS <= switch.time - stretch.start <= SWITCH_SECONDS
            for switch in switches
        )
        if distance is not None and distance > DIFFERENT and not exchanged:
            others = [(_distance(_latest(p), now), k) for k, p in enumerate(people) if p is not here]
            best = min(((d, k) for d, k in others if d is not None), default=(1.0, -1))
            if best[0] < SAME:
                here = people[best[1]]
            else:
                here = []
                people.append(here)
        here.append(stretch)
    return people


def _known_people(
    people: Sequence[Sequence[_Stretch]], arrivals: Sequence[Sequence[_Stretch]]
) -> tuple[dict[int, int], set[int]]:
    """Recognize people who were seen elsewhere, or before a cut, by hair and clothes.

    Returns:
        Index into `arrivals` → index into `people`, for those who were recognized; and the indices of the
        arrivals who were not, although they look like somebody or cannot be compared.
    """
    if not people or not arrivals:
        return {}, set()
    is_gallery = min(len(people), len(arrivals)) >= MIN_TILES
    cost = np.ones((len(arrivals), len(people)))
    comparable = np.zeros_like(cost, dtype=bool)
    for i, arrival in enumerate(arrivals):
        for j, known in enumerate(people):
            earlier = [stretch for stretch in known if stretch.start < arrival[0].start]
            if not earlier or _seconds_in_common(known, arrival) > MAX_SECONDS_IN_COMMON:
                continue
            now = arrival[0].appearance(at_start=True)
            distance = _distance(_latest(earlier), now)
            comparable[i, j] = True
            cost[i, j] = SAME if distance is None else distance
    found = {}
    for i, j in zip(*linear_sum_assignment(cost), strict=True):
        rivals = np.concatenate([np.delete(cost[i], j), np.delete(cost[:, j], i)])
        margin = rivals.min(initial=1.0) - cost[i, j]
        limit = DIFFERENT if is_gallery and margin >= GALLERY_MARGIN else SAME
        if margin >= MIN_MARGIN and cost[i, j] < limit:
            found[int(i)] = int(j)
    doubtful = {
        i
        for i in range(len(arrivals))
        if i not in found and (comparable[i] & (cost[i] <= CERTAINLY_DIFFERENT)).any()
    }
    return found, doubtful


def _seconds_in_common(a: Sequence[_Stretch], b: Sequence[_Stretch]) -> float:
    """Seconds in which both were seen at once, so that they are two people."""
    return sum(max(0.0, min(x.end, y.end) - max(x.start, y.start)) for x in a for y in b)


def _latest(person: Sequence[_Stretch]) -> _Appearance:
    """The latest known appearance of a person."""
    for stretch in reversed(person):
        appearance = stretch.appearance(at_start=False)
        if appearance.clothes is not None or appearance.hair is not None:
            return appearance
    return _Appearance(None, None)


def _distance(a: _Appearance, b: _Appearance) -> float | None:
    """Mean Hellinger distance of clothes and hair, from 0 to 1; None if nothing can be compared."""
    parts = ((a.clothes, b.clothes), (a.hair, b.hair))
    distances = [hellinger_distance(x, y) for x, y in parts if x is not None and y is not None]
    return float(np.mean(distances)) if distances else None


def hair_histogram(image: NDArray[np.uint8], face: FaceBox) -> Float | None:
    """Histogram of the colors just above a face, relative to the face's brightness.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: a face in the image.

    Returns:
        (36,) fractions that sum to 1, 12 for each channel; None if the face is too close to the frame's top.
    """
    return color_histogram(image, face, (-0.35, 0.35), face.top - 0.35 * face.size, face.top, 0.1)


def _surroundings(image: NDArray[np.uint8], face: FaceBox) -> Float:
    """(12, 12) gray levels of the square around a face that is twice as wide as the face."""
    side = max(_PATCH, round(2 * face.size))
    left, top = (round(center - side / 2) for center in face.center)
    patch = crop_square(image, left, top, side)[:, :, 1]
    points = (np.arange(_PATCH) * side) // _PATCH + side // (2 * _PATCH)
    return patch[np.ix_(points, points)].astype(np.float64)
