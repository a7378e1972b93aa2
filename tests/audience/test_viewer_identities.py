"""Nobody becomes somebody else in silence: cuts, seats that change hands, galleries, and moved cameras."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_patches import Repetition
from moviemotion.audience.faces.picture_faces import PictureFaceDetector, TrackPart
from moviemotion.audience.faces.still_faces import StillFaceDetector
from moviemotion.audience.faces.tracking import ViewerTracker
from moviemotion.audience.faces.viewer_identities import AppearanceLog, Identities
from moviemotion.audience.video.picture_changes import PictureChange, PictureChangeDetector

Picture = NDArray[np.uint8]
RATE = 5.0
SIZE = 48
CLOTHES = ((200, 40, 40), (40, 40, 200), (30, 160, 60), (220, 210, 60), (90, 90, 90), (240, 240, 240))
HAIR = ((30, 20, 15), (220, 190, 110), (140, 60, 30), (15, 15, 20), (120, 120, 120), (80, 50, 35))


def room(people: dict[int, tuple[float, float]], scale: float = 1.0) -> tuple[Picture, list[FaceBox]]:
    """A wall with a pattern, and people at x and y of the face's center: hair, a plain face, and clothes."""
    height, width = round(240 * scale), round(480 * scale)
    y, x = np.mgrid[:height, :width]
    image = np.stack([100 + 30 * np.sin(x / 41) + 25 * np.sin(y / 23 + x / 97)] * 3, axis=2)
    faces = []
    for person, (center_x, center_y) in people.items():
        half = SIZE * scale / 2
        left, right = round(center_x - half), round(center_x + half)
        top, bottom = round(center_y - half), round(center_y + half)
        image[max(0, round(top - half)) : top, left:right] = HAIR[person]
        image[top:bottom, left:right] = (205, 165, 145)
        image[bottom : round(bottom + 2.2 * half), round(left - half / 2) : round(right + half / 2)] = (
            CLOTHES[person]
        )
        box = (center_x - half, center_y - half, center_x + half, center_y + half)
        faces.append(FaceBox(*box, 0.9, np.zeros((5, 2), np.float32)))
    return np.clip(image, 0, 255).astype(np.uint8), faces


def follow(frames: Sequence[tuple[Picture, list[FaceBox]]]) -> tuple[Identities, list[list[int]]]:
    """The viewers, and the viewer of each face in each frame."""
    tracker, log, changes = ViewerTracker(), AppearanceLog(), PictureChangeDetector()
    given = []
    for k, (image, faces) in enumerate(frames):
        change = changes.update(k / RATE, image)
        if change is not None and change.is_cut:
            tracker.cut()
        elif change is not None:
            tracker.convert(change.zoom, change.shift)
            log.convert(change.zoom, change.shift)
        tracks = tracker.assign(k / RATE, faces)
        log.update(k / RATE, image, faces, tracks)
        given.append(tracks)
    found = log.resolve(tracker, (), len(frames), RATE, lambda _: False)
    return found, [
        found.viewer_of(np.array(tracks, dtype=np.int64), np.full(len(tracks), k / RATE)).tolist()
        for k, tracks in enumerate(given)
    ]


SEATS = {0: (90.0, 90.0), 1: (240.0, 90.0), 2: (390.0, 90.0)}


def alone(person: int, x: float = 240.0) -> tuple[Picture, list[FaceBox]]:
    return room({person: (x, 90.0)})


def test_the_same_person_returns_to_an_empty_seat() -> None:
    found, viewers = follow([alone(0)] * 30 + [room({})] * 20 + [alone(0, 250)] * 30)
    assert found.viewers == 1
    assert found.changes == ()
    assert {v for frame in viewers for v in frame} == {0}


def test_another_person_in_the_same_seat_is_another_viewer() -> None:
    found, viewers = follow([alone(0)] * 30 + [room({})] * 20 + [alone(1, 250)] * 30)
    assert found.viewers == 2
    (change,) = found.changes
    assert (change.time, change.certain) == (10.0, True)
    assert set(map(tuple, viewers[:30])).isdisjoint(map(tuple, viewers[50:]))


def test_one_seat_of_three_changes_hands_and_the_first_person_comes_back() -> None:
    taken, left = {**SEATS, 1: (0.0, 0.0)}, {k: v for k, v in SEATS.items() if k != 1}
    del taken[1]
    other = {**left, 4: SEATS[1]}
    frames = (
        [room(SEATS)] * 30 + [room(left)] * 15 + [room(other)] * 30 + [room(left)] * 15 + [room(SEATS)] * 30
    )
    found, viewers = follow(frames)
    assert found.viewers == 4
    assert viewers[0] == viewers[-1]
    assert [round(change.time) for change in found.changes] == [9, 18]


def test_a_tile_that_shows_another_person_without_a_pause() -> None:
    other = {0: SEATS[0], 4: SEATS[1], 2: SEATS[2]}
    found, viewers = follow([room(SEATS)] * 30 + [room(other)] * 30)
    assert found.viewers == 4
    assert (viewers[0][0], viewers[0][2]) == (viewers[-1][0], viewers[-1][2])
    assert viewers[0][1] != viewers[-1][1]


def test_two_tiles_that_change_places_are_followed() -> None:
    swapped = {1: SEATS[0], 0: SEATS[1], 2: SEATS[2]}
    found, viewers = follow([room(SEATS)] * 30 + [room(swapped)] * 30)
    assert found.viewers == 3
    # In both layouts, the faces are listed by person: 0, 1, 2 and then 1, 0, 2.
    assert viewers[-1] == [viewers[0][1], viewers[0][0], viewers[0][2]]


def other_scene(people: dict[int, tuple[float, float]]) -> tuple[Picture, list[FaceBox]]:
    """The same people, in front of something else, so that the picture is cut."""
    image, faces = room(people)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    plain, _ = room({})
    is_wall = (image == plain).all(axis=2)
    stripes = np.where((x // 30 + y // 20) % 2, 230, 20).astype(np.uint8)
    return np.where(is_wall[..., None], stripes[..., None], image), faces


def test_after_a_cut_the_same_person_elsewhere_is_followed_and_a_new_one_is_not() -> None:
    found, viewers = follow(
        [alone(0, 150)] * 30
        + [other_scene({0: (330.0, 110.0)})] * 30
        + [alone(1, 150)] * 30
        + [other_scene({0: (330.0, 110.0)})] * 30
    )
    assert found.viewers == 2
    assert viewers[0] == viewers[30] == viewers[-1] != viewers[60]
    (change,) = found.changes
    assert (change.before, change.time, change.certain) == (-1, 12.0, True)


def test_a_gallery_that_is_laid_out_anew_is_followed() -> None:
    before = {k: (60.0 + 120 * k, 70.0) for k in range(4)}
    after = {2: (120.0, 60.0), 0: (360.0, 60.0), 3: (120.0, 180.0), 1: (360.0, 180.0)}
    found, viewers = follow([room(before)] * 30 + [other_scene(after)] * 30)
    assert found.viewers == 4
    assert viewers[-1] == [viewers[0][person] for person in after]


def test_who_cannot_be_told_apart_is_split_and_reported() -> None:
    """After the cut, somebody with the hair of one person and the clothes of another."""
    image, faces = other_scene({0: (330.0, 110.0)})
    mixed = np.where((image == CLOTHES[0]).all(axis=2)[..., None], np.uint8(CLOTHES[2]), image)
    found, viewers = follow([alone(0, 150)] * 30 + [(mixed, faces)] * 30)
    assert found.viewers == 2
    assert viewers[0] != viewers[-1]
    assert len(found.changes) == 1


def face_only(scene: tuple[Picture, list[FaceBox]]) -> tuple[Picture, list[FaceBox]]:
    """A close-up: neither hair nor clothes are in the picture."""
    image, (face,) = scene
    top, bottom = round(face.top), round(face.bottom)
    return image[top:bottom], [face.converted((1.0, 1.0), (0.0, -float(top)))]


def test_somebody_without_visible_hair_and_clothes_is_split_after_a_cut() -> None:
    before, after = face_only(alone(0)), face_only(other_scene({1: (240.0, 90.0)}))
    found, _ = follow([before] * 40 + [after] * 40)
    assert found.viewers == 2
    assert [(change.before, change.certain) for change in found.changes] == [(-1, False)]


@cache
def wall() -> Picture:
    return room(SEATS)[0]


def changed(image: Picture) -> PictureChange | None:
    detector = PictureChangeDetector()
    detector.update(0.0, wall())
    return detector.update(0.2, image)


def moved(zoom: float, right: float, down: float) -> Picture:
    turned = Image.fromarray(wall()).transform(
        wall().shape[1::-1],
        Image.Transform.AFFINE,
        (1 / zoom, 0, -right / zoom, 0, 1 / zoom, -down / zoom),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(turned)


def test_shifts_and_zooms_are_measured() -> None:
    for zoom, right, down in ((1.0, 120, 20), (1.0, -90, -30), (0.75, 60, 30), (1.3, -70, -30)):
        change = changed(moved(zoom, right, down))
        assert change is not None
        assert not change.is_cut
        for x, y in SEATS.values():
            assert abs(change.zoom[0] * x + change.shift[0] - (zoom * x + right)) < 12
            assert abs(change.zoom[1] * y + change.shift[1] - (zoom * y + down)) < 12


def test_a_picture_of_another_size_is_the_same_picture() -> None:
    for size in ((240, 120), (960, 480), (300, 240)):
        change = changed(np.asarray(Image.fromarray(wall()).resize(size)))
        assert change is not None
        assert (change.is_cut, change.resized) == (False, True)
        assert np.allclose(change.zoom, (size[0] / 480, size[1] / 240), rtol=0.03)


def test_light_noise_and_a_blank_picture_are_no_changes() -> None:
    rng = np.random.default_rng(0)
    assert changed((wall() * 0.4).astype(np.uint8)) is None
    assert changed(np.clip(wall() + rng.normal(0, 20, wall().shape), 0, 255).astype(np.uint8)) is None
    assert changed(np.zeros_like(wall())) is None
    assert changed(room({k: SEATS[k] for k in (0, 1)})[0]) is None


def textured_face(rng: np.random.Generator) -> Picture:
    rough = Image.fromarray(rng.integers(0, 255, (9, 9)).astype(np.uint8)).resize(
        (120, 120), Image.Resampling.BICUBIC
    )
    return np.repeat(np.asarray(rough)[..., None], 3, axis=2)


def watch(faces: Sequence[Picture], times: Sequence[float] | None = None) -> StillFaceDetector:
    """Show pictures of one face, 120 pixels wide, in the middle of a gray frame."""
    detector = StillFaceDetector()
    box = FaceBox(60, 60, 180, 180, 0.9, np.zeros((5, 2), np.float32))
    for k, face in enumerate(faces):
        frame = np.full((240, 240, 3), 128, np.uint8)
        frame[60:180, 60:180] = face
        detector.update(times[k] if times else k / RATE, frame, [box], [0])
    return detector


def with_noise(face: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    return np.clip(face + rng.normal(0, deviation, face.shape), 0, 255).astype(np.uint8)


def test_a_photograph_is_a_picture_in_noise_flicker_and_vibration() -> None:
    rng = np.random.default_rng(1)
    face = textured_face(rng)
    noisy = [with_noise(face, 8, rng) for _ in range(120)]
    flickering = [with_noise((face * rng.uniform(0.4, 1)).astype(np.uint8), 3, rng) for _ in range(120)]
    shaking = [np.roll(with_noise(face, 3, rng), int(rng.integers(-1, 2)), axis=1) for _ in range(120)]
    assert all(watch(faces).is_picture([0]) for faces in (noisy, flickering, shaking))


def test_somebody_who_sleeps_breathes_and_sinks_and_remains_a_viewer() -> None:
    rng = np.random.default_rng(2)
    face = Image.fromarray(textured_face(rng))
    asleep = []
    for k in range(300):
        seconds = k / RATE
        down = 1.2 * np.sin(2 * np.pi * seconds / 4) + 0.05 * seconds  # pixels, of a face of 120
        shifted = face.transform(
            face.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, down), Image.Resampling.BICUBIC
        )
        asleep.append(with_noise(np.asarray(shifted), 3, rng))
    assert not watch(asleep).is_picture([0])


def test_a_short_clip_does_not_prove_that_a_face_is_a_picture() -> None:
    rng = np.random.default_rng(3)
    face = textured_face(rng)
    assert not watch([with_noise(face, 4, rng) for _ in range(50)]).is_picture([0])


def test_a_repeated_picture_is_frozen_from_its_repetition_to_its_end() -> None:
    rng = np.random.default_rng(4)
    moving = [textured_face(rng) for _ in range(20)]
    frozen = watch([*moving, *[moving[-1]] * 30, *moving]).frozen(0)
    assert frozen == [Repetition(19 / RATE, 19 / RATE, 49 / RATE)]
    assert watch(moving).frozen(0) == []
    assert watch([*moving, *[moving[-1]] * 10, *moving]).frozen(0) == []  # two seconds may be a calm person


def turning_face(frames: int, rng: np.random.Generator) -> list[Picture]:
    """A face that sways as people do: never twice in the same way."""
    face, time = Image.fromarray(textured_face(rng)), np.arange(frames)[:, None, None] / RATE
    slow, phases = rng.uniform(0.05, 0.6, (2, 1, 2, 6))
    sway = 3 * np.sin(2 * np.pi * (slow * time + 9 * phases)).sum(axis=2)
    return [
        np.asarray(
            face.transform(face.size, Image.Transform.AFFINE, (1, 0, x, 0, 1, y), Image.Resampling.BILINEAR)
        )
        for x, y in sway
    ]


def pictures_shown(faces: Sequence[Picture]) -> tuple[list[bool], bool]:
    """For each frame, whether it was shown before; and whether the face is only a picture."""
    detector, box = PictureFaceDetector(RATE), FaceBox(60, 60, 180, 180, 0.9, np.zeros((5, 2), np.float32))
    for k, face in enumerate(faces):
        frame = np.full((240, 240, 3), 128, np.uint8)
        frame[60:180, 60:180] = face
        detector.update(k / RATE, frame, [box], [0])
    tracks, times = np.zeros(len(faces), dtype=np.int64), np.arange(len(faces)) / RATE
    found = detector.result(tracks, times, np.tile([60.0, 60, 180, 180], (len(faces), 1)))
    return found.shown_before.tolist(), found.is_picture([TrackPart(0, 0.0, times[-1])])


@pytest.mark.parametrize("seconds", [2, 5, 9])
def test_a_recorder_that_repeats_its_last_seconds_shows_a_viewer_only_once(seconds: int) -> None:
    rng = np.random.default_rng(seconds)
    seen, loop = turning_face(80, rng), round(seconds * RATE)
    repeated = [with_noise(face, 3, rng) for face in seen[-loop:] * 3]
    shown, is_picture = pictures_shown([*seen, *repeated, *turning_face(40, rng)])
    late = shown[80 + loop : 80 + 3 * loop]
    assert not any(shown[:80])
    assert np.mean(late) > 0.95
    assert not any(shown[80 + 3 * loop + 2 :])
    assert not is_picture


@pytest.mark.parametrize("period", [2.0, 4.3, 11.0])
def test_a_screen_that_repeats_a_few_seconds_is_no_viewer(period: float) -> None:
    rng = np.random.default_rng(round(period))
    fine = turning_face(round(20 * period), rng)  # shown four times as fast as they were drawn
    times = np.arange(0, 6 * period, 1 / RATE)
    shown, is_picture = pictures_shown([fine[round(20 * time) % len(fine)] for time in times])
    assert is_picture
    assert np.mean(shown) > 0.6  # if the samples do not fall on the same pictures, two periods are needed


def test_a_file_joined_to_its_copy_shows_a_viewer_twice() -> None:
    seen = turning_face(40, np.random.default_rng(7))
    assert pictures_shown(2 * seen) == ([False] * 80, False)


def test_slides_are_no_viewers_and_a_person_is_one() -> None:
    rng = np.random.default_rng(6)
    slides = [slide for _ in range(5) for slide in [textured_face(rng)] * 25]
    assert pictures_shown(slides)[1]
    assert pictures_shown(turning_face(300, rng)) == ([False] * 300, False)
