"""Training: interrupted and resumed gives the same weights, and the export reads as the network does."""

import json

import numpy as np
import pytest
from faces_folder import write_faces

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("onnx", reason="needs the lab extra (onnx)")

from moviemotion.errors import MoviemotionError  # noqa: E402
from moviemotion.lab import dataset  # noqa: E402
from moviemotion.lab.card import write_card  # noqa: E402
from moviemotion.lab.evaluation import predict  # noqa: E402
from moviemotion.lab.export import export  # noqa: E402
from moviemotion.lab.networks import NETWORKS  # noqa: E402
from moviemotion.lab.training import Recipe, augment, predict_logits, train  # noqa: E402

RECIPE = Recipe(epochs=1, settling=1, batch=16, learning_rate=0.02, averaging=0.9, validation=0.2)


class KilledError(Exception):
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder, train=16)
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(data, folder, RECIPE, lambda line: None)
    return folder


def test_a_killed_run_goes_on_to_the_same_weights(data, run, tmp_path):
    def kill_after_the_first_epoch(line):
        if line.startswith("epoch 1/"):
            raise KilledError

    with pytest.raises(KilledError):
        train(data, tmp_path, RECIPE, kill_after_the_first_epoch)
    said = []
    train(data, tmp_path, RECIPE, said.append)
    assert any("resuming after epoch 1" in line for line in said)
    resumed, whole = (torch.load(f / "weights.pt", weights_only=True) for f in (tmp_path, run))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_another_recipe_does_not_overwrite_a_run(data, run):
    with pytest.raises(MoviemotionError, match="another recipe"):
        train(data, run, Recipe(epochs=3, batch=16), lambda line: None)
    with pytest.raises(MoviemotionError, match="compact"):
        train(data, run, Recipe(network="huge"), lambda line: None)


def test_the_export_reads_as_the_network_does_and_its_card_says_how_well(data, run, tmp_path):
    export(run, tmp_path / "reader.onnx")
    faces = dataset.load_faces(data, "test")
    network = NETWORKS["compact"]()
    network.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    temperature = json.loads((run / "run.json").read_text())["temperature"]
    direct = torch.softmax(predict_logits(network, faces.images) / temperature, dim=1).numpy()
    assert np.abs(predict(tmp_path / "reader.onnx", faces) - direct).max() < 0.02
    card = write_card(tmp_path / "reader.onnx", data).read_text()
    assert "n=32" in card
    assert "--seed 36" in card


def test_an_unfinished_run_is_not_exported(tmp_path):
    with pytest.raises(MoviemotionError, match=r"run\.json"):
        export(tmp_path, tmp_path / "reader.onnx")


def test_augmentation_keeps_shape_and_repeats_with_its_seed():
    images = torch.rand(6, 1, 48, 48) * 255
    one, two = (augment(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two)
    assert one.shape == images.shape
    assert not torch.equal(one, augment(images, torch.Generator().manual_seed(4)))
