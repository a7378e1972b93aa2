"""Occlusion augmentation and the occlusion model."""

import numpy as np
import onnxruntime as ort
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("onnx", reason="needs the lab extra (onnx)")

from moviemotion.lab.data.dataset import load_faces  # noqa: E402
from moviemotion.lab.training import occlusion_model  # noqa: E402
from moviemotion.lab.training.occlusion_augmentation import HAND_SHARE, OBJECT_SHARE, OcclusionAugmenter  # noqa: E402


def test_some_faces_are_occluded():
    images, mask = OcclusionAugmenter(1).augment(torch.full((400, 48, 48), 120.0))
    assert images.min() >= 0
    assert images.max() <= 255
    occluded = mask.flatten(1).amax(1) > 0.5
    assert abs(occluded.float().mean() - HAND_SHARE - OBJECT_SHARE) < 0.1
    assert mask.min() == 0
    assert mask.max() == 1
    # On a face of one tone, the strongest edges are those of the hand; side light has softer ones.
    edges = images.diff(dim=1).abs().flatten(1).amax(1)
    assert edges[occluded].median() > 2 * edges[~occluded].median()


def test_occlusions_are_reproducible():
    faces = torch.rand(20, 48, 48) * 255
    for one, other in zip(
        OcclusionAugmenter(2).augment(faces), OcclusionAugmenter(2).augment(faces), strict=True
    ):
        assert torch.equal(one, other)
    assert not torch.equal(OcclusionAugmenter(3).augment(faces)[1], OcclusionAugmenter(2).augment(faces)[1])


def test_the_exported_model_predicts_like_the_network(tmp_path, monkeypatch):
    write_faces(tmp_path)
    monkeypatch.setattr(occlusion_model, "BATCH_SIZE", 8)
    trained = []
    export = occlusion_model._export_onnx

    def record(network, *rest):
        trained.append(network)
        export(network, *rest)

    monkeypatch.setattr(occlusion_model, "_export_onnx", record)
    lines = []
    occlusion_model.train_occlusion_model(
        tmp_path, tmp_path / "cover.onnx", epochs=2, seed=1, print_line=lines.append
    )
    assert lines[-1].startswith("epoch 2 of 2: ")
    faces = load_faces(tmp_path, "test").images.astype(np.float32)
    (cover,) = ort.InferenceSession(str(tmp_path / "cover.onnx")).run(["cover"], {"faces": faces[:, None]})
    assert cover.shape == (len(faces),)
    assert ((cover > 0) & (cover < 1)).all()
    np.testing.assert_allclose(
        cover, occlusion_model.occluded_shares(trained[0], torch.from_numpy(faces)), atol=1e-4
    )
