"""The audit finds planted issues, proposes actions, and does not change the source."""

import csv
import hashlib
import re
import shutil
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

from moviemotion.cli.entry import main
from moviemotion.errors import MoviemotionError
from moviemotion.lab.audit.audit_report import audit_lines, write_audit_report
from moviemotion.lab.audit.find_issues import SecondOpinion, audit_dataset
from moviemotion.lab.audit.label_errors import LabelPredictions
from moviemotion.lab.data import dataset, splitting
from moviemotion.lab.data.cleaning import (
    propose_decisions,
    read_decisions,
    write_cleaned_copy,
    write_decisions,
)
from moviemotion.lab.data.corruption import find_corrupted_images, flat_band_width
from moviemotion.lab.data.duplicates import duplicate_groups, duplicate_pairs
from moviemotion.lab.data.issues import CleaningAction, Issue, IssueKind


def smooth_image(seed):
    """A smooth image that differs for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC))


def digest(folder):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "faces"
    write_faces(folder, train=6, test=4)
    for k, path in enumerate(sorted(folder.rglob("*.png"))):
        Image.fromarray(smooth_image(k)).save(path)
    return folder


@pytest.mark.parametrize(
    ("plant", "kinds"),
    [
        (planted.solid, {IssueKind.SOLID}),
        (planted.noise, {IssueKind.NOISE}),
        (planted.glyph, {IssueKind.GLYPH}),
    ],
)
def test_planted_corruption_is_found_and_named(plant, kinds):
    rng = np.random.default_rng(7)
    found = find_corrupted_images(np.stack([plant(rng) for _ in range(30)]))
    assert len(found) >= 29
    assert sum(one.kind in kinds for one in found) >= 28


def test_the_width_of_a_flat_band_is_measured():
    image = np.random.default_rng(1).integers(0, 256, (48, 48)).astype(np.uint8)
    assert flat_band_width(image) == 0
    image[:17] = 3
    assert flat_band_width(image) == 17
    assert flat_band_width(image.T) == 17


def test_near_duplicates_are_paired_with_their_originals_only():
    rng = np.random.default_rng(3)
    originals = np.stack([smooth_image(k) for k in range(60)])
    copies = np.stack([planted.near_copy(image, rng) for image in originals])
    pairs = duplicate_pairs(np.concatenate([originals, copies, originals[:5]]))
    group = duplicate_groups(125, pairs)
    assert (group[:60] == group[60:120]).mean() >= 0.98
    assert (group[:5] == group[120:]).all()
    assert len(set(group[:60])) == 60
    assert sum(pair.exact for pair in pairs) == 5


def test_an_image_has_one_issue_for_all_its_duplicates_and_the_one_in_test_is_kept(data):
    original = data / "test" / "sad" / "000.png"
    for copy in ("train/sad/copy.png", "train/happy/copy.png", "test/sad/copy.png"):
        (data / copy).write_bytes(original.read_bytes())
    result = audit_dataset(data, SecondOpinion.EMOTION_MODEL, print_line=lambda line: None)
    found = {
        f.image: f
        for f in result.issues_of_kind(
            IssueKind.DUPLICATE, IssueKind.CROSS_CLASS_DUPLICATE, IssueKind.CROSS_SPLIT_DUPLICATE
        )
    }
    assert {f.duplicate_of.split("/")[0] for f in found.values()} == {"test"}
    assert found["train/happy/copy.png"].kind is IssueKind.CROSS_SPLIT_DUPLICATE
    assert "labeled happy, the other image sad" in found["train/happy/copy.png"].reason
    assert sum(f.kind is IssueKind.DUPLICATE for f in found.values()) == 1
    assert all(f.action is CleaningAction.REMOVE for f in found.values())


def test_labels_are_ranked_by_the_margin_of_the_best_other_answer():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    opinion = LabelPredictions(probabilities, ("a", "b", "c"), np.array([0, 0, -1]), "a model", False)
    assert opinion.margin[:2] == pytest.approx([-0.5, 0.7])
    assert np.isnan(opinion.margin[2])
    assert opinion.predicted_classes == ("a", "b", "c")
    assert opinion.ranking_score[1] > opinion.ranking_score[0]


def test_equal_margins_are_ranked_by_how_often_their_class_is_contradicted():
    """Within a class, labels are ranked by their odds."""
    probabilities = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]] + [[0.6, 0.4]] * 6 + [[0.3, 0.7]] * 4)
    labels = np.array([0] * 10 + [1] * 10)
    opinion = LabelPredictions(probabilities, ("a", "b"), labels, "networks", True)
    assert opinion.ranking_score[10] > opinion.ranking_score[9] > opinion.ranking_score[0]
    assert opinion.ranking_score[10] > opinion.ranking_score[19]


def test_the_source_is_unchanged_and_the_cleaned_copy_follows_edited_decisions(data, tmp_path):
    (data / "train" / "happy" / "000.png").write_bytes(b"not an image")
    Image.fromarray(np.zeros((48, 48), np.uint8)).save(data / "train" / "sad" / "001.png")
    before = digest(data)
    result = audit_dataset(data, SecondOpinion.EMOTION_MODEL, print_line=lambda line: None)
    assert [f.image for f in result.issues_of_kind(IssueKind.UNREADABLE)] == ["train/happy/000.png"]
    assert [f.image for f in result.issues_of_kind(IssueKind.SOLID)] == ["train/sad/001.png"]
    page = write_audit_report(result, tmp_path / "audit")
    assert "http" not in page.read_text().replace("http-equiv", "")
    assert re.search(r"corrupted images \([\d.]+&nbsp;%\)", page.read_text())
    with (tmp_path / "audit" / "issues.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(result.issues)
    assert any("solid" in line for line in audit_lines(result))

    chosen = read_decisions(tmp_path / "audit" / "decisions.csv")
    assert chosen == propose_decisions(result.issues)
    edited = [d for d in chosen if d.action is CleaningAction.REMOVE and not d.image.endswith("sad/001.png")]
    write_decisions(edited, tmp_path / "mine.csv")
    count = write_cleaned_copy(data, tmp_path / "clean", read_decisions(tmp_path / "mine.csv"))
    assert (tmp_path / "clean" / "train" / "sad" / "001.png").is_symlink()
    assert not (tmp_path / "clean" / "train" / "happy" / "000.png").exists()
    with (tmp_path / "clean" / "annotations.csv").open() as file:
        assert len(list(csv.DictReader(file))) == count
    assert digest(data) == before


@pytest.mark.parametrize("place", [("--out", "audit"), ("--out", "x", "--clean", "cleaned")])
def test_outputs_inside_the_data_are_rejected_before_the_audit(data, tmp_path, monkeypatch, capsys, place):
    inside = [str(data / word) if word in ("audit", "cleaned") else word for word in place]
    monkeypatch.setattr("sys.argv", ["moviemotion", "lab", "audit", str(data), *inside])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "is inside" in captured.err


def test_an_audit_reports_its_progress(data):
    last = {}
    audit_dataset(
        data,
        SecondOpinion.EMOTION_MODEL,
        print_line=lambda line: None,
        on_progress=lambda stage, done, total: last.update({stage: (done, total)}),
    )
    assert last["finding corrupted images"] == (40, 40)
    assert last["finding duplicates"] == (9, 9)
    assert "predicting emotions" in last


def test_votes_of_a_missing_image_do_not_prevent_a_cleaned_copy(data, tmp_path):
    (data / "train" / "happy" / "000.png").unlink()
    result = audit_dataset(data, SecondOpinion.EMOTION_MODEL, print_line=lambda line: None)
    assert [f.image for f in result.issues_of_kind(IssueKind.VOTES)] == ["annotations.csv"]
    count = write_cleaned_copy(
        data,
        tmp_path / "clean",
        [d for d in propose_decisions(result.issues) if d.action is CleaningAction.KEEP],
    )
    assert count == sum(sum(row.values()) for row in result.counts.values())


def test_relabeled_images_keep_their_votes(data, tmp_path):
    issues = [
        Issue(
            IssueKind.MISLABELED, "train/sad/002.png", 1, "", action=CleaningAction.RELABEL, new_label="happy"
        )
    ]
    write_cleaned_copy(data, tmp_path / "clean", propose_decisions(issues), copy_files=True)
    was, now = dataset.load_faces(data, "train"), dataset.load_faces(tmp_path / "clean", "train")
    assert len(now) == len(was)
    moved = now.names.index("train/happy/train-sad-002.png")
    old = was.names.index("train/sad/002.png")
    assert now.labels[moved] == "happy"
    assert (now.images[moved] == was.images[old]).all()
    assert (now.votes[moved] == was.votes[old]).all()


@pytest.mark.parametrize("place", [".", "inside", "train", ".."])
def test_a_copy_inside_or_around_the_source_is_rejected(data, place):
    before = digest(data)
    for write_copy in (
        lambda out: write_cleaned_copy(data, out, []),
        lambda out: splitting.split_dataset(data, out),
    ):
        with pytest.raises(MoviemotionError, match="choose a folder outside it"):
            write_copy(data / place)
    assert digest(data) == before


def test_an_output_folder_in_use_is_rejected_before_an_image_is_read(data, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "inspect_split", None)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    for name in ("file", "full"):
        with pytest.raises(MoviemotionError, match=f"{name}: not an empty folder"):
            write_cleaned_copy(data, tmp_path / name, [])
        with pytest.raises(MoviemotionError, match=f"{name}: not an empty folder"):
            splitting.split_dataset(data, tmp_path / name)


def test_a_report_inside_the_data_is_rejected(data):
    result = audit_dataset(data, SecondOpinion.EMOTION_MODEL, print_line=lambda line: None)
    with pytest.raises(MoviemotionError, match="choose a folder outside it"):
        write_audit_report(result, data / "audit")
    assert not (data / "audit").exists()


def test_images_with_the_same_destination_are_all_kept(data, tmp_path):
    Image.fromarray(smooth_image(100)).save(data / "train" / "happy" / "train-sad-002.png")
    issues = [
        Issue(
            IssueKind.MISLABELED,
            f"train/{label}/002.png",
            1,
            "",
            action=CleaningAction.RELABEL,
            new_label="happy",
        )
        for label in ("sad", "neutral", "surprise")
    ]
    for copy in (False, True):
        out = tmp_path / f"clean{copy}"
        written = write_cleaned_copy(data, out, propose_decisions(issues), copy)
        assert len(list(out.rglob("*.png"))) == written == len(list(data.rglob("*.png")))


def test_all_invalid_decisions_are_listed(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("image,action,new_label\na.png,burn,\nb.png,relabel,joyous\nc.png,keep,\n")
    with pytest.raises(MoviemotionError) as caught:
        read_decisions(path)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "3"]


def test_all_errors_of_a_folder_are_listed_by_the_audit_and_by_the_error_message(data):
    (data / "train" / "happy" / "000.png").write_bytes(b"not an image")
    (data / "train" / "sad" / "000.png").write_bytes(b"")
    (data / "train" / "joyous").mkdir()
    Image.new("RGB", (60, 40)).save(data / "train" / "sad" / "color.png")
    with pytest.raises(MoviemotionError) as caught:
        dataset.load_faces(data, "train")
    lines = str(caught.value).splitlines()
    for name in ("happy/000.png", "sad/000.png", "joyous", "sad/color.png"):
        assert sum(name in line for line in lines) == 1
    _, issues = dataset.inspect_split(data, "train")
    kinds = Counter(issue.kind for issue in issues)
    assert kinds["unreadable"] == 2
    assert kinds["image format"] == 1
    assert kinds["unknown class"] == 1
    assert kinds["votes"] == 1


def test_a_single_class_is_rejected_and_listed(tmp_path):
    (tmp_path / "train" / "sad").mkdir(parents=True)
    Image.fromarray(smooth_image(1)).save(tmp_path / "train" / "sad" / "a.png")
    with pytest.raises(MoviemotionError, match="all images are labeled sad"):
        dataset.load_faces(tmp_path, "train")
    lines_printed = []
    result = audit_dataset(tmp_path, SecondOpinion.OUT_OF_FOLD, print_line=lines_printed.append)
    assert result.issues_of_kind(IssueKind.FOLDER)
    assert "not checked" in result.notes[0]
    assert not any("training" in line for line in lines_printed)


@pytest.mark.parametrize("second_opinion", list(SecondOpinion))
def test_where_no_sound_picture_has_a_label_that_is_lines_printed(data, second_opinion, tmp_path):
    (data / "train" / "sad").rename(tmp_path / "other")
    shutil.rmtree(data)
    (data / "train").mkdir(parents=True)
    (tmp_path / "other").rename(data / "train" / "other")
    (data / "train" / "happy").mkdir()
    Image.fromarray(np.zeros((48, 48), np.uint8)).save(data / "train" / "happy" / "black.png")
    result = audit_dataset(data, second_opinion, print_line=lambda line: None)
    assert (result.opinion_source, result.labels_checked) == ("", 0)
    assert result.notes == ("Labels were not checked, because no intact image has a label.",)
    assert write_audit_report(result, tmp_path / "out").exists()


def test_the_emotion_model_checks_two_of_the_four_classes(data, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "moviemotion.lab.audit.find_issues.find_corrupted_images", lambda images, on_progress: []
    )
    for label in ("neutral", "surprise"):
        for split in ("train", "test"):
            shutil.rmtree(data / split / label)
    result = audit_dataset(data, SecondOpinion.EMOTION_MODEL, print_line=lambda line: None)
    assert result.labels_checked == 2 * (6 + 4)
    assert 0 <= result.expected_label_errors <= result.labels_checked


def test_a_split_keeps_duplicates_together_copies_votes_and_is_reproducible(data, tmp_path):
    for k in range(3):
        source = data / "test" / "happy" / f"00{k}.png"
        (data / "train" / "happy" / f"copy{k}.png").write_bytes(source.read_bytes())
    rows = (data / "annotations.csv").read_text()
    votes = ",".join(["1"] * 10)
    (data / "annotations.csv").write_text(
        rows + "".join(f"train/happy/copy{k}.png,{votes}\n" for k in range(3))
    )
    one, two = (splitting.split_dataset(data, tmp_path / name, seed=5) for name in ("one", "two"))
    assert one == two
    assert {p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.png")} == {
        p.relative_to(tmp_path / "two") for p in (tmp_path / "two").rglob("*.png")
    }
    assert one.duplicates == 6
    where = {}
    for path in (tmp_path / "one").rglob("*.png"):
        where.setdefault(path.read_bytes(), set()).add(path.parts[-3])
    assert all(len(splits) == 1 for splits in where.values())
    assert dataset.load_faces(tmp_path / "one", "train").votes is not None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), min_size=40, max_size=200), st.integers(0, 99)
)
def test_groups_stay_together_and_shares_are_met(faces, seed):
    labels = np.array(["abcd"[k] for k, _ in faces])
    group = np.array([g for _, g in faces])
    to = splitting.assign_splits(labels, group, splitting.DEFAULT_SPLIT_SHARES, seed)
    assert all(len(set(to[group == g])) == 1 for g in set(group.tolist()))
    largest = np.bincount(group).max()
    for name, share in splitting.DEFAULT_SPLIT_SHARES.items():
        assert abs((to == name).sum() - share * len(to)) <= 4 * largest
