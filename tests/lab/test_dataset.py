"""Reading face sets."""

import os

import numpy as np
import pytest
from faces_folder import write_faces
from PIL import Image

from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset


@pytest.fixture
def data(tmp_path):
    write_faces(tmp_path)
    return tmp_path


def test_a_split_is_read_with_labels_votes_and_both_truths(data):
    faces = dataset.load_faces(data, "test")
    assert faces.images.shape == (32, 48, 48)
    assert set(faces.labels) == {str(e) for e in PROPOSAL_EMOTIONS}
    assert (dataset.label_truth(faces) == dataset.consensus_truth(faces)).all()


def test_other_sizes_and_color_are_converted(data):
    Image.new("RGB", (96, 80), (200, 10, 10)).save(data / "test" / "happy" / "000.png")
    assert dataset.load_faces(data, "test").images.shape == (32, 48, 48)


def test_16_bit_gray_is_converted_to_8_bit(data):
    gray = np.linspace(0, 255, 48 * 48).astype(np.uint8).reshape(48, 48)
    path = data / "test" / "happy" / "000.png"
    Image.fromarray(gray.astype(np.uint16) * 257).save(path)
    faces, issues = dataset.inspect_split(data, "test")
    assert (faces.images[faces.names.index("test/happy/000.png")] == gray).all()
    assert "16 bit" in issues[0].message


def test_votes_for_missing_images_are_one_issue_that_is_not_fatal(data):
    for i in range(3):
        (data / "test" / "happy" / f"00{i}.png").unlink()
    _, issues = dataset.inspect_split(data, "test")
    assert [(issue.path, issue.fatal) for issue in issues] == [("annotations.csv", False)]
    assert "3 missing images" in issues[0].message
    assert "test/happy/000.png" in issues[0].message


def test_a_file_name_that_is_not_unicode_is_reported_in_printable_form(data):
    odd = os.fsencode(data / "test" / "happy") + b"/odd\xff.png"
    os.rename(data / "test" / "happy" / "000.png", odd)  # noqa: PTH104
    with pytest.raises(
        MoviemotionError, match=r"test/happy: the file name odd\?\.png .* rename the file"
    ) as caught:
        dataset.load_faces(data, "test")
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("votes", "truth"),
    [
        ([1, 9, 0, 0, 0, 0, 0, 0, 0, 0], "happy"),
        ([5, 0, 0, 5, 0, 0, 0, 0, 0, 0], None),  # a tie
        ([3, 0, 0, 4, 3, 0, 0, 0, 0, 0], None),  # fewer than five
        ([1, 0, 0, 0, 9, 0, 0, 0, 0, 0], None),  # not one of the four
        ([0, 0, 0, 4, 0, 0, 0, 0, 0, 6], None),  # not a face
        ([0, 1, 5, 1, 1, 1, 1, 0, 0, 0], "surprise"),
    ],
)
def test_consensus_is_a_single_top_vote_of_at_least_five_among_the_four(votes, truth):
    faces = dataset.FaceSet(("x",), np.zeros((1, 48, 48), np.uint8), ("",), np.array([votes]))
    expected = -1 if truth is None else list(PROPOSAL_EMOTIONS).index(truth)
    assert dataset.consensus_truth(faces).tolist() == [expected]


def test_soft_targets_drop_single_votes_and_sum_to_one():
    targets = dataset.soft_targets(np.array([[6, 3, 1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 2, 8]]))
    assert targets[0] == pytest.approx([2 / 3, 1 / 3, 0, 0, 0, 0, 0, 0])
    assert targets[1].sum() == 0


def test_validation_split_keeps_duplicates_together_and_has_all_emotions(data):
    copied = data / "train" / "happy" / "000.png"
    for name in ("001.png", "002.png"):
        (data / "train" / "happy" / name).write_bytes(copied.read_bytes())
    faces = dataset.load_faces(data, "train")
    for seed in range(20):
        held = dataset.stratified_sample_mask(faces, 0.25, seed)
        copies = [
            held[i] for i, key in enumerate(dataset.pixel_keys(faces)) if key == faces.images[0].tobytes()
        ]
        assert len(copies) == 3
        assert len(set(copies)) == 1
        assert len({faces.labels[i] for i in np.flatnonzero(held)}) == 4
        assert 0.15 <= held.mean() <= 0.35


def test_training_never_sees_the_pixels_of_a_test_image(data):
    leaked = data / "test" / "sad" / "000.png"
    leaked.write_bytes((data / "train" / "happy" / "005.png").read_bytes())
    train, test = dataset.load_faces(data, "train"), dataset.load_faces(data, "test")
    assert len(dataset.exclude_duplicates_of(train, test)) == len(train) - 1


def _absent_split(data):
    (data / "test").rename(data / "elsewhere")


def _broken_image(data):
    (data / "test" / "happy" / "000.png").write_bytes(b"not an image")


def _unknown_class(data):
    (data / "test" / "joyous").mkdir()


def _no_images(data):
    for path in (data / "test").glob("*/*.png"):
        path.unlink()


def _missing_votes(data):
    lines = (data / "annotations.csv").read_text().splitlines()
    (data / "annotations.csv").write_text("\n".join(line for line in lines if "test/happy/000" not in line))


def _odd_votes(data):
    text = (data / "annotations.csv").read_text()
    (data / "annotations.csv").write_text(text.replace("test/happy/000.png,2", "test/happy/000.png,two"))


def _lost_column(data):
    text = (data / "annotations.csv").read_text()
    (data / "annotations.csv").write_text(text.replace("sadness", "gloom"))


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (_absent_split, "test"),
        (_broken_image, "000.png"),
        (_unknown_class, "joyous"),
        (_no_images, "no images"),
        (_missing_votes, "test/happy/000.png"),
        (_odd_votes, "annotations.csv"),
        (_lost_column, "sadness"),
    ],
)
def test_invalid_face_sets_are_reported_in_one_line(data, damage, named):
    damage(data)
    with pytest.raises(MoviemotionError, match=named) as caught:
        dataset.load_faces(data, "test")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_photographs_are_rotated_as_their_exif_data_say(data, orientation, stored_as, suffix):
    upright = Image.fromarray(np.add.outer(np.arange(0, 192, 4), np.arange(48)).astype(np.uint8))
    exif = Image.Exif()
    exif[0x112] = orientation
    path = data / "test" / "happy" / f"photo.{suffix}"
    upright.transpose(stored_as).save(path, exif=exif, **({} if suffix == "png" else {"quality": 100}))
    faces, issues = dataset.inspect_split(data, "test")
    image = faces.images[faces.names.index(f"test/happy/photo.{suffix}")]
    assert np.abs(image.astype(int) - np.asarray(upright)).max() <= 6
    assert any(issue.path.endswith(path.name) and "EXIF" in issue.message for issue in issues)


def test_an_upright_photograph_has_no_issue(data):
    exif = Image.Exif()
    exif[0x112] = 1
    Image.new("L", (48, 48), 90).save(data / "test" / "happy" / "photo.jpg", exif=exif)
    _, issues = dataset.inspect_split(data, "test")
    assert not any("photo.jpg" in issue.path and issue.kind == "image format" for issue in issues)


def test_damaged_exif_data_do_not_make_an_image_unreadable(data):
    path = data / "test" / "happy" / "photo.jpg"
    Image.new("L", (48, 48), 90).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12\xff\xff\0\0\0\x01")
    faces, _ = dataset.inspect_split(data, "test")
    assert "test/happy/photo.jpg" in faces.names
