"""Label errors from labels alone: no network judges a face that it, or a copy of it, was trained on."""

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("cleanlab", reason="needs the lab extra (cleanlab)")
pytest.importorskip("sklearn", reason="needs the lab extra (scikit-learn)")

from moviemotion.lab import dataset, folds  # noqa: E402
from moviemotion.lab.mislabelled import FOLDS, label_opinion  # noqa: E402


def test_flipped_labels_rank_first_and_the_same_seed_says_the_same(tmp_path):
    write_faces(tmp_path, train=90)
    faces = dataset.load_faces(tmp_path, "train")
    flipped = np.arange(5, len(faces), 40)
    labels = list(faces.labels)
    for i in flipped:
        labels[i] = "happy" if labels[i] != "happy" else "sad"
    wrong = dataset.FaceSet(faces.names, faces.images, tuple(labels), None)
    one, two = (label_opinion(wrong, np.arange(len(faces)), seed=1) for _ in range(2))
    assert (one.probabilities == two.probabilities).all()
    first = np.argsort(-one.ranking)[: len(flipped)]
    assert len(set(first) & set(flipped)) >= len(flipped) - 1
    assert one.cleanlab_suspicion[flipped].mean() > np.delete(one.cleanlab_suspicion, flipped).mean()


def test_copies_stay_in_one_fold_and_everybody_is_judged_once(monkeypatch):
    fitted = []

    def fit(recipe, examples, held_out):
        fitted.append({image.tobytes() for image in examples.images})
        return None, []

    monkeypatch.setattr(folds, "fit", fit)

    def judge(network, images):
        assert not fitted[-1] & {image.tobytes() for image in images}
        return torch.zeros(len(images), 4)

    monkeypatch.setattr(folds, "predict_logits", judge)
    rng = np.random.default_rng(2)
    group = rng.integers(0, 40, 120)
    images = np.stack([np.full((48, 48), g, np.uint8) for g in group])
    probabilities = folds.out_of_fold(images, group % 4, group, seed=3)
    assert len(fitted) == FOLDS
    assert probabilities == pytest.approx(np.full((120, 4), 0.25))
