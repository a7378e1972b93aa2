"""The audit finds what was planted, proposes, and leaves the source alone."""

import csv
import hashlib
from collections import Counter

import numpy as np
import planted
import pytest
from faces_folder import write_faces
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("cleanlab", reason="needs the lab extra (cleanlab)")
pytest.importorskip("imagehash", reason="needs the lab extra (imagehash)")

from moviemotion.errors import MoviemotionError
from moviemotion.lab import dataset, splitting
from moviemotion.lab.audit import Judge, audit
from moviemotion.lab.audit_report import audit_lines, write_report
from moviemotion.lab.cleaning import clean, decide, read_decisions, write_decisions
from moviemotion.lab.corruption import corrupted, flat_band
from moviemotion.lab.duplicates import duplicate_pairs, groups
from moviemotion.lab.findings import Choice, Finding, Kind
from moviemotion.lab.mislabelled import Opinion


def picture(seed):
    """A smooth picture that no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC))


def digest(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "faces"
    write_faces(folder, train=6, test=4)
    for k, path in enumerate(sorted(folder.rglob("*.png"))):
        Image.fromarray(picture(k)).save(path)
    return folder


@pytest.mark.parametrize(
    ("plant", "kinds"),
    [
        (planted.solid, {Kind.SOLID}),
        (planted.noise, {Kind.NOISE}),
        (planted.glyph, {Kind.GLYPH}),
    ],
)
def test_planted_corruption_is_found_and_named(plant, kinds):
    rng = np.random.default_rng(7)
    found = corrupted(np.stack([plant(rng) for _ in range(30)]))
    assert len(found) >= 29
    assert sum(one.kind in kinds for one in found) >= 28


def test_a_picture_with_a_black_bar_is_cut_off_by_its_height():
    image = np.random.default_rng(1).integers(0, 256, (48, 48)).astype(np.uint8)
    assert flat_band(image) == 0
    image[:17] = 3
    assert flat_band(image) == 17
    assert flat_band(image.T) == 17


def test_near_copies_meet_their_originals_and_strangers_do_not():
    rng = np.random.default_rng(3)
    originals = np.stack([picture(k) for k in range(60)])
    copies = np.stack([planted.near_copy(image, rng) for image in originals])
    pairs = duplicate_pairs(np.concatenate([originals, copies, originals[:5]]))
    group = groups(125, pairs)
    assert (group[:60] == group[60:120]).mean() >= 0.98
    assert (group[:5] == group[120:]).all()
    assert len(set(group[:60])) == 60
    assert sum(pair.exact for pair in pairs) == 5


def test_a_picture_has_one_finding_for_all_its_copies_and_the_test_split_keeps_its_own(data):
    original = data / "test" / "sad" / "000.png"
    for copy in ("train/sad/copy.png", "train/happy/copy.png", "test/sad/copy.png"):
        (data / copy).write_bytes(original.read_bytes())
    result = audit(data, Judge.READER, say=lambda line: None)
    found = {f.image: f for f in result.of(Kind.DUPLICATE, Kind.CLASS_CONFLICT, Kind.SPLIT_LEAK)}
    assert {f.other.split("/")[0] for f in found.values()} == {"test"}
    assert found["train/happy/copy.png"].kind is Kind.SPLIT_LEAK
    assert "happy here, sad there" in found["train/happy/copy.png"].why
    assert sum(f.kind is Kind.DUPLICATE for f in found.values()) == 1
    assert all(f.choice is Choice.REMOVE for f in found.values())


def test_suspicion_is_the_margin_of_the_best_other_answer():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    opinion = Opinion(probabilities, ("a", "b", "c"), np.array([0, 0, -1]), "a friend", False)
    assert opinion.suspicion[:2] == pytest.approx([-0.5, 0.7])
    assert np.isnan(opinion.suspicion[2])
    assert opinion.best == ("a", "b", "c")
    assert opinion.ranking[1] > opinion.ranking[0]


def test_the_folder_is_left_alone_and_its_clean_copy_follows_the_edited_decisions(data, tmp_path):
    (data / "train" / "happy" / "000.png").write_bytes(b"not a picture")
    Image.fromarray(np.zeros((48, 48), np.uint8)).save(data / "train" / "sad" / "001.png")
    before = digest(data)
    result = audit(data, Judge.READER, say=lambda line: None)
    assert [f.image for f in result.of(Kind.UNREADABLE)] == ["train/happy/000.png"]
    assert [f.image for f in result.of(Kind.SOLID)] == ["train/sad/001.png"]
    page = write_report(result, tmp_path / "audit")
    assert "http" not in page.read_text().replace("http-equiv", "")
    with (tmp_path / "audit" / "findings.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(result.findings)
    assert any("solid" in line for line in audit_lines(result))

    chosen = read_decisions(tmp_path / "audit" / "decisions.csv")
    assert chosen == decide(result.findings)
    edited = [d for d in chosen if d.choice is Choice.REMOVE and not d.image.endswith("sad/001.png")]
    write_decisions(edited, tmp_path / "mine.csv")
    kept = clean(data, tmp_path / "clean", read_decisions(tmp_path / "mine.csv"))
    assert (tmp_path / "clean" / "train" / "sad" / "001.png").is_symlink()
    assert not (tmp_path / "clean" / "train" / "happy" / "000.png").exists()
    with (tmp_path / "clean" / "annotations.csv").open() as file:
        assert len(list(csv.DictReader(file))) == kept
    assert digest(data) == before


def test_relabelled_pictures_move_with_their_votes(data, tmp_path):
    findings = [
        Finding(Kind.MISLABELLED, "train/sad/002.png", 1, "", choice=Choice.RELABEL, new_label="happy")
    ]
    clean(data, tmp_path / "clean", decide(findings), copy=True)
    was, now = dataset.load_faces(data, "train"), dataset.load_faces(tmp_path / "clean", "train")
    assert len(now) == len(was)
    moved = now.names.index("train/happy/002-sad.png")
    old = was.names.index("train/sad/002.png")
    assert now.labels[moved] == "happy"
    assert (now.images[moved] == was.images[old]).all()
    assert (now.votes[moved] == was.votes[old]).all()


@pytest.mark.parametrize("place", [".", "inside", "train"])
def test_a_copy_into_the_source_is_refused(data, place):
    before = digest(data)
    with pytest.raises(MoviemotionError, match="beside it"):
        clean(data, data / place, [])
    assert digest(data) == before


def test_bad_decisions_are_all_listed(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("image,choice,new_label\na.png,burn,\nb.png,relabel,joyous\nc.png,keep,\n")
    with pytest.raises(MoviemotionError) as caught:
        read_decisions(path)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "3"]


def test_every_fault_of_a_folder_is_listed_by_the_audit_and_by_the_refusal(data):
    (data / "train" / "happy" / "000.png").write_bytes(b"not a picture")
    (data / "train" / "sad" / "000.png").write_bytes(b"")
    (data / "train" / "joyous").mkdir()
    Image.new("RGB", (60, 40)).save(data / "train" / "sad" / "colour.png")
    with pytest.raises(MoviemotionError) as caught:
        dataset.load_faces(data, "train")
    lines = str(caught.value).splitlines()
    for name in ("happy/000.png", "sad/000.png", "joyous", "sad/colour.png"):
        assert sum(name in line for line in lines) == 1
    _, faults = dataset.survey(data, "train")
    kinds = Counter(fault.kind for fault in faults)
    assert kinds["unreadable"] == 2
    assert kinds["other form"] == 1
    assert kinds["unknown class"] == 1
    assert kinds["votes"] == 1


def test_one_class_only_is_refused_and_listed(tmp_path):
    (tmp_path / "train" / "sad").mkdir(parents=True)
    Image.fromarray(picture(1)).save(tmp_path / "train" / "sad" / "a.png")
    with pytest.raises(MoviemotionError, match="all pictures are sad"):
        dataset.load_faces(tmp_path, "train")
    result = audit(tmp_path, Judge.LABELS, say=lambda line: None)
    assert result.of(Kind.FOLDER)
    assert "not judged" in result.notes[0]


def test_a_split_keeps_copies_together_carries_votes_and_repeats_with_its_seed(data, tmp_path):
    for k in range(3):
        source = data / "test" / "happy" / f"00{k}.png"
        (data / "train" / "happy" / f"copy{k}.png").write_bytes(source.read_bytes())
    rows = (data / "annotations.csv").read_text()
    votes = ",".join(["1"] * 10)
    (data / "annotations.csv").write_text(
        rows + "".join(f"train/happy/copy{k}.png,{votes}\n" for k in range(3))
    )
    one, two = (splitting.split_faces(data, tmp_path / name, seed=5) for name in ("one", "two"))
    assert one == two
    assert {p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.png")} == {
        p.relative_to(tmp_path / "two") for p in (tmp_path / "two").rglob("*.png")
    }
    assert one.copies == 6
    where = {}
    for path in (tmp_path / "one").rglob("*.png"):
        where.setdefault(path.read_bytes(), set()).add(path.parts[-3])
    assert all(len(splits) == 1 for splits in where.values())
    assert dataset.load_faces(tmp_path / "one", "train").votes is not None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), min_size=40, max_size=200), st.integers(0, 99)
)
def test_groups_are_never_divided_and_shares_are_kept(faces, seed):
    labels = np.array(["abcd"[k] for k, _ in faces])
    group = np.array([g for _, g in faces])
    to = splitting.assign(labels, group, splitting.SHARES, seed)
    assert all(len(set(to[group == g])) == 1 for g in set(group.tolist()))
    largest = np.bincount(group).max()
    for name, share in splitting.SHARES.items():
        assert abs((to == name).sum() - share * len(to)) <= 4 * largest
