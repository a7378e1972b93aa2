"""Out-of-fold predictions: no network predicts a face that it, or a duplicate, was trained on."""

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("cleanlab", reason="needs the lab extra (cleanlab)")
pytest.importorskip("sklearn", reason="needs the lab extra (scikit-learn)")

from sklearn.metrics import roc_auc_score  # noqa: E402

from moviemotion.lab.audit import out_of_fold  # noqa: E402
from moviemotion.lab.audit.label_errors import N_FOLDS, out_of_fold_predictions  # noqa: E402
from moviemotion.lab.data import dataset  # noqa: E402


def test_flipped_labels_are_ranked_first(tmp_path, monkeypatch):
    monkeypatch.setattr(out_of_fold, "MAX_EPOCHS", 16)
    write_faces(tmp_path, train=24)
    faces = dataset.load_faces(tmp_path, "train")
    flipped = np.zeros(len(faces), dtype=bool)
    flipped[5::19] = True
    labels = [
        ("sad" if y == "happy" else "happy") if f else y for y, f in zip(faces.labels, flipped, strict=True)
    ]
    wrong = dataset.FaceSet(faces.names, faces.images, tuple(labels), None)
    opinion = out_of_fold_predictions(wrong, np.arange(len(faces)), seed=1)
    assert roc_auc_score(flipped, opinion.ranking_score) >= 0.9
    assert roc_auc_score(flipped, opinion.margin) >= 0.9


def test_duplicates_stay_in_one_fold_and_each_face_is_predicted_once(monkeypatch):
    fitted = []

    def fit(config, examples, held_out, on_batch_end):
        fitted.append({image.tobytes() for image in examples.images})
        return None, []

    monkeypatch.setattr(out_of_fold, "fit", fit)

    def predict(network, images):
        assert not fitted[-1] & {image.tobytes() for image in images}
        return torch.zeros(len(images), 4)

    monkeypatch.setattr(out_of_fold, "predict_logits", predict)
    rng = np.random.default_rng(2)
    group = rng.integers(0, 40, 120)
    images = np.stack([np.full((48, 48), g, np.uint8) for g in group])
    probabilities = out_of_fold.predict_out_of_fold(
        images, group % 4, group, n_folds=3, label_smoothing=0.1, seed=3
    )
    assert len(fitted) == N_FOLDS
    assert probabilities == pytest.approx(np.full((120, 4), 0.25))
